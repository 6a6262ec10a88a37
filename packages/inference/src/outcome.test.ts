import type { Tensor } from "@kedge/sensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelSignature, Task } from "./model-signature.js";
import { outcomeOf, softmax } from "./outcome.js";

const signatureOf = (task: Task): ModelSignature => ({ inputs: [], outputs: [], task });
const classesOf = (classes: readonly string[], activation: "probabilities" | "logits"): ModelSignature =>
  signatureOf({ kind: "classification", classes, scores: "s", activation });
const floats = (...v: number[]): Record<string, Tensor> => ({ s: { type: "float32", dims: [1, v.length], values: Float32Array.from(v) } });

describe("classification", () => {
  test("takes probabilities as they are", () => {
    const outcome = outcomeOf(floats(0.25, 0.5, 0.25), classesOf(["a", "b", "c"], "probabilities"));
    expect(outcome).toEqual({ kind: "classification", classIndex: 1, label: "b", probabilities: Float32Array.of(0.25, 0.5, 0.25) });
  });

  test("takes the first of equal scores", () => {
    expect(outcomeOf(floats(0.4, 0.4, 0.2), classesOf(["a", "b", "c"], "probabilities"))).toMatchObject({ classIndex: 0 });
  });

  test("makes probabilities of logits, however large", () => {
    const outcome = outcomeOf(floats(1000, 1000 + Math.log(3)), classesOf(["a", "b"], "logits"));
    expect(outcome).toMatchObject({ label: "b" });
    if (outcome.kind !== "classification") throw new Error(outcome.kind);
    expect(outcome.probabilities[0]).toBeCloseTo(0.25, 4);
    expect(outcome.probabilities[1]).toBeCloseTo(0.75, 4);
  });

  test("reads one score for two classes as the second's", () => {
    expect(outcomeOf(floats(0.75), classesOf(["no", "yes"], "probabilities"))).toMatchObject({ label: "yes", probabilities: Float32Array.of(0.25, 0.75) });
    expect(outcomeOf(floats(-20), classesOf(["no", "yes"], "logits"))).toMatchObject({ label: "no", classIndex: 0 });
  });

  test.each([
    ["a NaN", floats(0.5, Number.NaN, 0.5), 'output "s": expected finite numbers, found NaN at element 1'],
    ["too few scores", floats(0.5), 'output "s": expected 3 scores, one per class, found 1'],
    ["no output", {}, 'output "s": expected a tensor, found nothing'],
    ["strings", { s: { type: "string", dims: [3], values: ["1", "2", "3"] } } as Record<string, Tensor>, "found strings"],
  ])("rejects %s", (_, outputs, message) => {
    expect(outcomeOf(outputs, classesOf(["a", "b", "c"], "logits"))).toEqual({
      kind: "rejected",
      code: "inference/bad-output",
      message: expect.stringContaining(message),
    });
  });
});

describe("one number", () => {
  test("is a value or an anomaly score", () => {
    expect(outcomeOf(floats(2.5), signatureOf({ kind: "regression", output: "s" }))).toEqual({ kind: "regression", value: 2.5 });
    expect(outcomeOf(floats(2.5), signatureOf({ kind: "anomaly", output: "s" }))).toEqual({ kind: "anomaly", score: 2.5 });
    const long: Record<string, Tensor> = { s: { type: "int64", dims: [1], values: BigInt64Array.of(7n) } };
    expect(outcomeOf(long, signatureOf({ kind: "regression", output: "s" }))).toEqual({ kind: "regression", value: 7 });
  });

  test.each([[floats()], [floats(1, 2)]])("is refused when it is not one", (outputs) => {
    expect(outcomeOf(outputs, signatureOf({ kind: "regression", output: "s" }))).toMatchObject({ kind: "rejected" });
  });
});

test("softmax: sums to one, keeps the order, does not change under a shift", () => {
  const logits = fc.array(fc.double({ min: -700, max: 700, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(logits, fc.double({ min: -1e3, max: 1e3, noNaN: true }), (v, shift) => {
      const p = softmax(v);
      expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      for (const [i, q] of softmax(v.map((x) => x + shift)).entries()) expect(q).toBeCloseTo(p[i] ?? Number.NaN, 5);
      for (let i = 1; i < v.length; i += 1) if ((v[i] ?? 0) > (v[i - 1] ?? 0)) expect(p[i] ?? 0).toBeGreaterThanOrEqual(p[i - 1] ?? 0);
    }),
    { seed: 4 },
  );
});
