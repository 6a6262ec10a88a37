import { describe, expect, test } from "vitest";
import { checkPreprocessing, checkSignature, compareInterface } from "./check-signature.js";
import { deriveSignature, plainPreprocessing } from "./derive-signature.js";
import type { ModelSignature, TensorSpec } from "./model-signature.js";
import type { InputPreprocessing } from "./preprocessing.js";
import { modelSignatureSchema, preprocessingSchema } from "./schema.js";

const x: TensorSpec = { name: "x", type: "float32", dims: [-1, 784] };
const scores: TensorSpec = { name: "scores", type: "float32", dims: [-1, 3] };
const task: ModelSignature["task"] = { kind: "classification", classes: ["a", "b", "c"], scores: "scores", activation: "probabilities" };
const good: ModelSignature = { inputs: [x], outputs: [scores], task };
const image: InputPreprocessing = { from: "image", raw: { type: "uint8", dims: [28, 28] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] };

describe("checkSignature", () => {
  test("a sound one has no faults", () => {
    expect(checkSignature(good)).toEqual([]);
    expect(checkSignature({ ...good, outputs: [{ ...scores, dims: [-1, 1] }], task: { ...task, classes: ["no", "yes"] } })).toEqual([]);
  });
  test.each<[Partial<ModelSignature>, string]>([
    [{ inputs: [] }, "the model has no input"],
    [{ inputs: [x, x] }, 'two inputs are named "x"'],
    [{ outputs: [{ ...scores, name: "other" }] }, 'the task reads output "scores", but the outputs are "other"'],
    [{ outputs: [{ ...scores, type: "string" }] }, "holds strings"],
    [{ outputs: [{ ...scores, dims: [-1, 4] }] }, 'output "scores" holds 4 scores, but there are 3 classes'],
    [{ task: { ...task, classes: ["a", "a", "b"] } }, 'two classes are named "a"'],
    [{ task: { ...task, classes: ["a"] } }, "two classes at least"],
  ])("names the fault of %j", (change, fault) => {
    expect(checkSignature({ ...good, ...change }).join("; ")).toContain(fault);
  });
});

describe("checkPreprocessing", () => {
  test("a sound one has no faults", () => {
    expect(checkPreprocessing({ inputs: { x: image } }, good)).toEqual([]);
    expect(checkPreprocessing(plainPreprocessing(good), good)).toEqual([]);
  });
  test.each<[Record<string, InputPreprocessing>, string]>([
    [{}, 'nothing says where input "x" comes from'],
    [{ x: image, z: image }, 'the model has no input "z"'],
    [{ x: { ...image, raw: { type: "uint8", dims: [28, 27] } } }, "has 756 elements, but the model takes 784"],
    [{ x: { ...image, from: ["a", "b"] } }, "comes from one reading input, not from 2"],
    [{ x: { ...image, raw: { type: "string", dims: [784] } } }, "string cannot become float32"],
    [{ x: { ...image, steps: [{ op: "standardise", mean: [0, 1], sd: [1, 1] }] } }, "2 means for 28 columns"],
    [{ x: { ...image, steps: [{ op: "standardise", mean: [0], sd: [0] }] } }, "deviations positive"],
    [{ x: { ...image, steps: [{ op: "clip", low: 2, high: 1 }] } }, "low 2 must not be above high 1"],
    [{ x: { ...image, steps: [{ op: "scale", by: Number.NaN, offset: 0 }] } }, "must be finite"],
  ])("names the fault of %j", (inputs, fault) => {
    expect(checkPreprocessing({ inputs }, good).join("; ")).toContain(fault);
  });
  test("steps are only for float32", () => {
    const whole: ModelSignature = { ...good, inputs: [{ ...x, type: "uint8" }] };
    expect(checkPreprocessing({ inputs: { x: image } }, whole).join()).toContain("steps give float32, but the model takes uint8");
  });
});

describe("compareInterface", () => {
  test("free dimensions fit any size; outputs left out are no fault", () => {
    expect(compareInterface(good, { inputs: [{ ...x, dims: [1, -1] }], outputs: [scores, { ...scores, name: "more" }] })).toEqual([]);
  });
  test("a rank, a type or a missing name is a fault", () => {
    expect(compareInterface(good, { inputs: [{ ...x, dims: [784] }], outputs: [scores] })).toHaveLength(1);
    expect(compareInterface(good, { inputs: [{ ...x, type: "uint8" }], outputs: [scores] })).toHaveLength(1);
    expect(compareInterface(good, { inputs: [x], outputs: [] })[0]).toContain("the model has none");
  });
});

describe("deriveSignature", () => {
  const model = { inputs: [x], outputs: [scores] };
  test("a classification from the model alone", () => {
    expect(deriveSignature(model, { task: "classification" })).toEqual({ ...model, task: { ...task, classes: ["0", "1", "2"] } });
  });
  test("says what cannot be told", () => {
    const free = { inputs: [x], outputs: [{ ...scores, dims: [-1, -1] }] };
    expect(() => deriveSignature(free, { task: "classification" })).toThrow('cannot tell how many classes output "scores" scores');
    const two = { inputs: [x], outputs: [scores, { ...scores, name: "more" }] };
    expect(() => deriveSignature(two, { task: "regression" })).toThrow("cannot tell which output");
    expect(deriveSignature(two, { task: "regression", output: "more" }).task).toEqual({ kind: "regression", output: "more" });
    expect(() => deriveSignature(two, { task: "anomaly", output: "none" })).toThrow('no output "none"');
  });
});

describe("schemas", () => {
  test("read what they describe and refuse unknown keys", () => {
    expect(modelSignatureSchema.parse(JSON.parse(JSON.stringify(good)))).toEqual(good);
    expect(preprocessingSchema.parse({ inputs: { x: image } })).toEqual({ inputs: { x: image } });
    expect(modelSignatureSchema.safeParse({ ...good, extra: 1 }).success).toBe(false);
    expect(preprocessingSchema.safeParse({ inputs: { x: { ...image, steps: [{ op: "blur" }] } } }).success).toBe(false);
  });
});
