import { canonicalJson, type Json } from "@kedge/core";
import type { Tensor } from "@kedge/sensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareGolden } from "./compare-golden.js";
import { encodeGolden, parseGolden } from "./golden.js";
import { tinyParts } from "./tiny-bundle.fixture.js";

const float = (...values: number[]): Tensor => ({ type: "float32", dims: [values.length], values: Float32Array.from(values) });
const tensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc.array(fc.float(), { maxLength: 9 }).map((v) => float(...v)),
  fc.uint8Array({ maxLength: 9 }).map((v): Tensor => ({ type: "uint8", dims: [v.length], values: v })),
  fc.uint8Array({ max: 1, maxLength: 9 }).map((v): Tensor => ({ type: "bool", dims: [v.length, 1], values: v })),
  fc.array(fc.integer(), { maxLength: 9 }).map((v): Tensor => ({ type: "int32", dims: [1, v.length], values: Int32Array.from(v) })),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 9 })
    .map((v): Tensor => ({ type: "int64", dims: [v.length], values: BigInt64Array.from(v) })),
  fc.array(fc.string(), { maxLength: 9 }).map((v): Tensor => ({ type: "string", dims: [v.length], values: v })),
);
const tensors = fc.dictionary(fc.stringMatching(/^[a-z:/0]{1,9}$/), tensor, { maxKeys: 3 }).map((d) => ({ ...d }));

test("a golden file comes back from its bytes", () => {
  const cases = fc.array(fc.record({ inputs: tensors, outputs: tensors }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.record({ tolerance: fc.double({ min: 0, max: 1, noNaN: true }).map((t) => t + 0), cases }), (golden) => {
      expect(parseGolden(encodeGolden(golden))).toEqual({ kind: "parsed", golden });
    }),
    { seed: 11 },
  );
});

describe("a golden file that is none", () => {
  const good = JSON.parse(Buffer.from(encodeGolden(tinyParts.golden)).toString()) as { cases: { inputs: { x: Record<string, unknown> } }[] } & Record<
    string,
    unknown
  >;
  const wrong: readonly [string, (g: typeof good) => void, string][] = [
    ["no case", (g) => g.cases.splice(0), "cases"],
    ["a tolerance below zero", (g) => void Object.assign(g, { tolerance: -1 }), "tolerance"],
    ["values that do not fill the shape", (g) => void Object.assign(g.cases[0]?.inputs.x ?? {}, { dims: [1, 5] }), "expected 20 bytes"],
    ["a shape past all memory", (g) => void Object.assign(g.cases[0]?.inputs.x ?? {}, { dims: [2147483647, 2147483647] }), "bytes for"],
    ["no base64", (g) => void Object.assign(g.cases[0]?.inputs.x ?? {}, { base64: "%%%%" }), "cases.0.inputs.x"],
    ["an unknown type", (g) => void Object.assign(g.cases[0]?.inputs.x ?? {}, { type: "float16" }), "cases.0.inputs.x"],
    ["another format", (g) => void Object.assign(g, { formatVersion: 2 }), "formatVersion"],
  ];
  test.each(wrong)("%s", (_, spoil, words) => {
    const golden = structuredClone(good);
    spoil(golden);
    expect(parseGolden(Buffer.from(canonicalJson(golden as unknown as Json)))).toMatchObject({
      kind: "rejected",
      code: "registry/invalid-golden",
      message: expect.stringContaining(words),
    });
  });

  test("no JSON", () => {
    expect(parseGolden(Uint8Array.of(1, 2))).toMatchObject({ code: "registry/invalid-golden" });
  });
});

describe("comparing", () => {
  const expected = { inputs: {}, outputs: { y: float(1, 2, Number.NaN) } };

  test("differences up to the tolerance pass, and the largest is told", () => {
    const found = compareGolden(expected, { y: float(1.0625, 2, Number.NaN), other: float(9) }, 0.0625);
    expect(found).toEqual({ kind: "match", largestDifference: 0.0625 });
  });

  const bad: readonly [string, Readonly<Record<string, Tensor>>, string][] = [
    ["a difference past the tolerance", { y: float(1, 2.5, Number.NaN) }, "expected 2 at element 1, found 2.5"],
    ["NaN for a number", { y: float(Number.NaN, 2, Number.NaN) }, "found NaN"],
    ["a number for NaN", { y: float(1, 2, 3) }, "expected NaN"],
    ["an infinity", { y: float(Number.POSITIVE_INFINITY, 2, Number.NaN) }, "found Infinity"],
    ["another shape", { y: { ...float(1, 2, 3), dims: [3, 1] } }, "expected float32 [3], found float32 [3, 1]"],
    ["fewer values than the shape says", { y: { ...float(1, 2), dims: [3] } }, "expected float32 [3]"],
    ["another type", { y: { type: "int32", dims: [3], values: Int32Array.of(1, 2, 3) } }, "found int32"],
    ["no output", {}, "no such output"],
  ];
  test.each(bad)("%s does not", (_, found, words) => {
    expect(compareGolden(expected, found, 0.1)).toMatchObject({ kind: "mismatch", output: "y", message: expect.stringContaining(words) });
  });

  test("strings and 64-bit integers are compared as they are", () => {
    const outputs = { s: { type: "string", dims: [1], values: ["a"] }, i: { type: "int64", dims: [1], values: BigInt64Array.of(2n ** 60n) } } as const;
    expect(compareGolden({ inputs: {}, outputs }, outputs, 0)).toMatchObject({ kind: "match" });
    expect(compareGolden({ inputs: {}, outputs }, { ...outputs, s: { ...outputs.s, values: ["b"] } }, 1e9)).toMatchObject({ output: "s" });
    expect(compareGolden({ inputs: {}, outputs }, { ...outputs, i: { ...outputs.i, values: BigInt64Array.of(2n ** 60n + 1n) } }, 0)).toMatchObject({
      output: "i",
    });
  });
});
