import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, type Json } from "./canonical-json.js";

describe("canonical JSON", () => {
  test("the example of RFC 8785, section 3.2.2", () => {
    const value = { numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 1e-27], string: '\u20ac$\u000F\nA\'B"\\\\"/', literals: [null, true, false] };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("is read back by JSON.parse and does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Json);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
        expect(canonicalJson(reversed(value as Json))).toBe(text);
      }),
      { seed: 1 },
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("%s is refused: it has no JSON", (bad) => {
    expect(() => canonicalJson({ deep: [bad] })).toThrow(RangeError);
  });

  test("members that are undefined are left out, as JSON.stringify does", () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  });
});

function reversed(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return (value as Json[]).map(reversed);
  const entries = Object.entries(value as { [key: string]: Json });
  return Object.fromEntries(entries.reverse().map(([k, v]) => [k, reversed(v)]));
}
