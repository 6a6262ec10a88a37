import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonText } from "./json-text.js";

/** JSON knows one zero. */
const oneZero = (text: string): string => text.replaceAll(/(?<![\d.e])-0(?![\d.])/g, "0");

test("what is taken comes back deep-equal", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain: unknown = JSON.parse(oneZero(JSON.stringify(value)));
      expect(JSON.parse(jsonText(plain, "it"))).toEqual(plain);
    }),
    { seed: 1 },
  );
});

test("anything at all is either taken and comes back, or refused", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true }), (value) => {
      let text: string;
      try {
        text = jsonText(value, "it");
      } catch (error) {
        expect((error as Error).name).toBe("InvariantError");
        return;
      }
      expect(jsonText(JSON.parse(text), "it")).toBe(text);
    }),
    { seed: 2, numRuns: 1_000 },
  );
});

test("a refusal names the place", () => {
  expect(() => jsonText({ a: [1, { b: Number.NaN }] }, "incident in_1")).toThrow("incident in_1 cannot be stored: a.1.b is NaN, which JSON cannot carry");
  expect(() => jsonText({ a: new Uint8Array(1) }, "x")).toThrow("a is a Uint8Array");
  expect(() => jsonText(undefined, "x")).toThrow("it is undefined");
});
