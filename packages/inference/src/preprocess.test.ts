import type { Reading, Tensor } from "@kedge/sensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelSignature, TensorSpec } from "./model-signature.js";
import { preprocess } from "./preprocess.js";
import type { InputPreprocessing, Preprocessing } from "./preprocessing.js";

const task = { kind: "regression", output: "y" } as const;
const signatureOf = (...inputs: TensorSpec[]): ModelSignature => ({ inputs, outputs: [{ name: "y", type: "float32", dims: [-1, 1] }], task });
const readingOf = (inputs: Reading["inputs"]): Reading => ({ id: "r", atMs: 0, inputs });
const float = (dims: readonly number[], ...values: number[]): Tensor => ({ type: "float32", dims, values: Float32Array.from(values) });
const one = (rule: InputPreprocessing): Preprocessing => ({ inputs: { x: rule } });

const image: InputPreprocessing = { from: "image", raw: { type: "uint8", dims: [2, 2] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] };
const flat = signatureOf({ name: "x", type: "float32", dims: [-1, 4] });
const pixels: Tensor = { type: "uint8", dims: [2, 2], values: Uint8Array.of(0, 51, 102, 255) };

describe("a tensor", () => {
  test("is scaled, shaped for a batch of one, and rounded once", () => {
    const made = preprocess(one(image), flat, readingOf({ image: pixels }));
    expect(made).toEqual({
      kind: "preprocessed",
      inputs: { x: { type: "float32", dims: [1, 4], values: Float32Array.of(0, 51 * (1 / 255), 102 * (1 / 255), 255 * (1 / 255)) } },
    });
  });

  test("steps run in order", () => {
    const rule: InputPreprocessing = {
      from: "image",
      raw: image.raw,
      steps: [
        { op: "clip", low: 50, high: 100 },
        { op: "standardise", mean: [50], sd: [2] },
        { op: "scale", by: 10, offset: 1 },
      ],
    };
    const made = preprocess(one(rule), flat, readingOf({ image: pixels }));
    expect(made.kind === "preprocessed" && [...(made.inputs["x"]?.values ?? [])]).toEqual([1, 6, 251, 251]);
  });

  test("standardise by column follows the last dimension", () => {
    const rule: InputPreprocessing = { from: "image", raw: image.raw, steps: [{ op: "standardise", mean: [0, 51], sd: [1, 51] }] };
    const made = preprocess(one(rule), flat, readingOf({ image: pixels }));
    expect(made.kind === "preprocessed" && [...(made.inputs["x"]?.values ?? [])]).toEqual([0, 0, 102, 4]);
  });

  test("a free dimension takes what is left", () => {
    const signature = signatureOf({ name: "x", type: "float32", dims: [-1, 2, -1] });
    const made = preprocess(one({ from: "s", raw: { type: "float32", dims: [-1] }, steps: [] }), signature, readingOf({ s: float([6], 1, 2, 3, 4, 5, 6) }));
    expect(made.kind === "preprocessed" && made.inputs["x"]?.dims).toEqual([1, 2, 3]);
  });

  test("int64 passes untouched", () => {
    const values = BigInt64Array.of(2n ** 62n, -1n);
    const made = preprocess(
      one({ from: "i", raw: { type: "int64", dims: [2] }, steps: [] }),
      signatureOf({ name: "x", type: "int64", dims: [-1, 2] }),
      readingOf({ i: { type: "int64", dims: [2], values } }),
    );
    expect(made).toEqual({ kind: "preprocessed", inputs: { x: { type: "int64", dims: [1, 2], values } } });
  });
});

describe("columns", () => {
  test("are stacked in their order; booleans are 0 and 1", () => {
    const made = preprocess(
      one({ from: ["b", "a", "c"], raw: null, steps: [] }),
      signatureOf({ name: "x", type: "float32", dims: [-1, 3] }),
      readingOf({ a: 1.5, b: true, c: -2, unused: "z" }),
    );
    expect(made.kind === "preprocessed" && [...(made.inputs["x"]?.values ?? [])]).toEqual([1, 1.5, -2]);
  });

  test("keep their digits until the steps are done", () => {
    const made = preprocess(
      one({ from: ["t"], raw: null, steps: [{ op: "standardise", mean: [1_700_000_000_000], sd: [1] }] }),
      signatureOf({ name: "x", type: "float32", dims: [-1, 1] }),
      readingOf({ t: 1_700_000_000_001 }),
    );
    expect(made.kind === "preprocessed" && made.inputs["x"]?.values[0]).toBe(1);
  });

  test("become integers only when they are", () => {
    const signature = signatureOf({ name: "x", type: "int64", dims: [-1, 1] });
    const rule = one({ from: "n", raw: null, steps: [] });
    const made = preprocess(rule, signature, readingOf({ n: 7 }));
    expect(made.kind === "preprocessed" && made.inputs["x"]?.values).toEqual(BigInt64Array.of(7n));
    expect(preprocess(rule, signature, readingOf({ n: 7.5 }))).toMatchObject({
      code: "inference/out-of-range",
      message: 'input "n": expected what fits int64, found 7.5 at element 0',
    });
  });

  test("strings stay strings", () => {
    const made = preprocess(one({ from: ["w"], raw: null, steps: [] }), signatureOf({ name: "x", type: "string", dims: [-1, 1] }), readingOf({ w: "été" }));
    expect(made).toMatchObject({ inputs: { x: { type: "string", dims: [1, 1], values: ["été"] } } });
  });
});

describe("a bad reading is rejected, saying what was expected and found", () => {
  const cases: readonly [string, Reading["inputs"], string, string][] = [
    ["absent", {}, "inference/missing-input", 'input "image": expected a uint8 tensor of shape [2, 2], found nothing'],
    ["null", { image: null }, "inference/missing-input", "found null"],
    ["a number for a tensor", { image: 3 }, "inference/wrong-type", "found the number 3"],
    ["another type", { image: float([2, 2], 1, 2, 3, 4) }, "inference/wrong-type", "found a float32 tensor of shape [2, 2]"],
    [
      "another shape",
      { image: { ...pixels, dims: [4] } },
      "inference/wrong-shape",
      "expected a uint8 tensor of shape [2, 2], found a uint8 tensor of shape [4]",
    ],
    ["too few elements", { image: { ...pixels, values: Uint8Array.of(1) } }, "inference/wrong-shape", "expected 4 elements for shape [2, 2], found 1"],
    ["values of another kind", { image: { ...pixels, values: Float32Array.of(1, 2, 3, 4) } }, "inference/wrong-type", "not kept as uint8"],
    ["an inherited name", Object.create({ image: pixels }) as Reading["inputs"], "inference/missing-input", "found nothing"],
  ];
  test.each(cases)("%s", (_, inputs, code, message) => {
    const made = preprocess(one(image), flat, readingOf(inputs));
    expect(made).toMatchObject({ kind: "rejected", code, input: "image", message: expect.stringContaining(message) });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d", (bad) => {
    const rule: InputPreprocessing = { from: "s", raw: { type: "float32", dims: [4] }, steps: [{ op: "clip", low: 0, high: 1 }] };
    const made = preprocess(one(rule), flat, readingOf({ s: float([4], 0, 0, bad, 0) }));
    expect(made).toMatchObject({ code: "inference/not-finite", message: `input "s": expected finite numbers, found ${bad} at element 2` });
  });

  test("what overflows float32 in preprocessing", () => {
    const rule: InputPreprocessing = { from: ["n"], raw: null, steps: [{ op: "scale", by: 1e39, offset: 0 }] };
    const made = preprocess(one(rule), signatureOf({ name: "x", type: "float32", dims: [-1, 1] }), readingOf({ n: 1 }));
    expect(made).toMatchObject({ code: "inference/not-finite", message: expect.stringContaining("after preprocessing, found Infinity at element 0 (from 1)") });
  });

  test("a model input that the preprocessing forgot", () => {
    expect(preprocess({ inputs: {} }, flat, readingOf({ x: pixels }))).toMatchObject({ code: "inference/missing-input", input: "x" });
  });
});

test("any reading gives a full finite tensor or a rejection with a code, and never throws", () => {
  const tensor = fc.record({
    type: fc.constantFrom("float32", "uint8", "int32", "string"),
    dims: fc.array(fc.integer({ min: -2, max: 5 }), { maxLength: 3 }),
    values: fc.oneof(
      fc.array(fc.double()).map((v) => Float32Array.from(v)),
      fc.uint8Array({ maxLength: 8 }),
      fc.array(fc.string()),
    ),
  });
  const input = fc.oneof(tensor, fc.double(), fc.string(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("image", "x"), input), fc.boolean(), (inputs, asColumns) => {
      const rule: InputPreprocessing = asColumns ? { from: ["image", "x"], raw: null, steps: [] } : image;
      const signature = asColumns ? signatureOf({ name: "x", type: "float32", dims: [-1, 2] }) : flat;
      const made = preprocess(one(rule), signature, readingOf(inputs as Reading["inputs"]));
      if (made.kind === "rejected") return made.code.startsWith("inference/") && made.message.length > 10;
      const values = made.inputs["x"]?.values as Float32Array;
      return values.length === (asColumns ? 2 : 4) && values.every(Number.isFinite);
    }),
    { seed: 20, numRuns: 500 },
  );
});
