import type { Tensor } from "@kedge/sensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkSignature } from "./check-signature.js";
import { deriveSignature } from "./derive-signature.js";
import { type DetectionTask, maxBoxes, type ModelSignature, modelSignatureSchema, outcomeOf } from "./index.js";

const task: DetectionTask = {
  kind: "detection",
  classes: ["background", "cat", "dog"],
  boxes: "b",
  scores: "s",
  labels: "l",
  count: null,
  layout: "xyxy",
  frame: null,
  minScore: 0.5,
};
const signature = (changes: Partial<DetectionTask> = {}): ModelSignature => ({
  inputs: [{ name: "x", type: "uint8", dims: [-1, 8] }],
  outputs: [
    { name: "b", type: "float32", dims: [1, -1, 4] },
    { name: "s", type: "float32", dims: [1, -1] },
    { name: "l", type: "int64", dims: [1, -1] },
    { name: "n", type: "float32", dims: [1] },
  ],
  task: { ...task, ...changes },
});

function outputs(boxes: readonly number[], scores: readonly number[], labels: readonly number[], count = scores.length): Record<string, Tensor> {
  return {
    b: { type: "float32", dims: [1, boxes.length / 4, 4], values: Float32Array.from(boxes) },
    s: { type: "float32", dims: [1, scores.length], values: Float32Array.from(scores) },
    l: { type: "int64", dims: [1, labels.length], values: BigInt64Array.from(labels, BigInt) },
    n: { type: "float32", dims: [1], values: Float32Array.of(count) },
  };
}

describe("a detector's outputs", () => {
  const quarter = [0.25, 0.5, 0.5, 1];

  test("are boxes above the least score, in shares of the frame", () => {
    const outcome = outcomeOf(outputs([...quarter, ...quarter], [0.75, 0.25], [2, 1]), signature());
    expect(outcome).toEqual({
      kind: "detection",
      boxes: [{ classIndex: 2, label: "dog", score: 0.75, x: 0.25, y: 0.5, width: 0.25, height: 0.5 }],
      dropped: 0,
    });
  });

  test.each<[Partial<DetectionTask>, readonly number[]]>([
    [{ layout: "xyxy" }, [0.25, 0.5, 0.5, 1]],
    [{ layout: "yxyx" }, [0.5, 0.25, 1, 0.5]],
    [{ layout: "cxcywh" }, [0.375, 0.75, 0.25, 0.5]],
    [{ layout: "xywh" }, [0.25, 0.5, 0.25, 0.5]],
    [{ layout: "xyxy", frame: { width: 200, height: 100 } }, [50, 50, 100, 100]],
    [{ layout: "cxcywh", frame: { width: 200, height: 100 } }, [75, 75, 50, 50]],
  ])("are the same boxes in the layout %j", (changes, numbers) => {
    const outcome = outcomeOf(outputs(numbers, [1], [1]), signature(changes));
    expect(outcome).toMatchObject({ boxes: [{ label: "cat", x: 0.25, y: 0.5, width: 0.25, height: 0.5 }] });
  });

  test("are no more than their count says, and none may be", () => {
    const three = outputs([...quarter, ...quarter, ...quarter], [1, 1, 1], [1, 1, 1], 2);
    expect(outcomeOf(three, signature({ count: "n" }))).toMatchObject({ boxes: [{}, {}] });
    expect(outcomeOf(outputs([], [], []), signature())).toEqual({ kind: "detection", boxes: [], dropped: 0 });
    expect(outcomeOf(outputs(quarter, [1], [1], -3), signature({ count: "n" }))).toMatchObject({ boxes: [] });
  });

  test("beyond what is kept are dropped and counted", () => {
    const n = maxBoxes + 9;
    const many = outputs(
      Array.from({ length: 4 * n }, () => 0.5),
      new Array<number>(n).fill(0.9),
      new Array<number>(n).fill(1),
    );
    const outcome = outcomeOf(many, signature());
    expect(outcome.kind === "detection" && [outcome.boxes.length, outcome.dropped]).toEqual([maxBoxes, 9]);
  });

  test("of a class that has no name are called by its number", () => {
    expect(outcomeOf(outputs(quarter, [1], [90]), signature())).toMatchObject({ boxes: [{ classIndex: 90, label: "90" }] });
    expect(outcomeOf(outputs(quarter, [1], [-1]), signature())).toMatchObject({ boxes: [{ label: "-1" }] });
  });

  test.each([
    ["other lengths", outputs([1, 2, 3], [1], [1]), "four, one and one number a box, found 3, 1, 1"],
    ["a NaN", outputs([1, 2, 3, Number.NaN], [1], [1]), 'output "b": expected finite numbers'],
    ["nothing", {}, 'output "b": expected a tensor, found nothing'],
  ])("with %s are rejected", (_, odd, message) => {
    expect(outcomeOf(odd as Record<string, Tensor>, signature())).toMatchObject({
      kind: "rejected",
      code: "inference/bad-output",
      message: expect.stringContaining(message) as string,
    });
  });

  test("of any numbers are boxes or a rejection", () => {
    const numbers = fc.array(fc.float(), { maxLength: 12 });
    fc.assert(
      fc.property(numbers, numbers, fc.array(fc.integer({ min: -9, max: 200 }), { maxLength: 12 }), (b, s, l) => {
        const outcome = outcomeOf(outputs(b, s, l), signature());
        expect(["detection", "rejected"]).toContain(outcome.kind);
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});

describe("a detector's signature", () => {
  test("is sound, and survives the way through a bundle", () => {
    expect(checkSignature(signature())).toEqual([]);
    expect(modelSignatureSchema.parse(JSON.parse(JSON.stringify(signature())))).toEqual(signature());
    expect(modelSignatureSchema.safeParse(signature({ minScore: 2 })).success).toBe(false);
  });

  test.each<[Partial<DetectionTask>, string]>([
    [{ boxes: "none" }, 'the task reads output "none"'],
    [{ count: "none" }, 'the task reads output "none"'],
    [{ boxes: "n" }, 'output "n" holds 1 numbers a box and not 4'],
    [{ classes: [] }, "needs a class"],
    [{ classes: ["cat", "cat"] }, 'two classes are named "cat"'],
  ])("names the fault of %j", (changes, fault) => {
    expect(checkSignature(signature(changes)).join("; ")).toContain(fault);
  });

  const exported = {
    inputs: signature().inputs,
    outputs: ["detection_boxes", "detection_scores", "detection_classes", "num_detections"].map((name) => ({ name, type: "float32" as const, dims: [1] })),
  };

  test("is known by what exporters call outputs", () => {
    expect(deriveSignature(exported, { task: "detection", classes: ["a"], detection: { layout: "yxyx", minScore: 0.3 } }).task).toEqual({
      kind: "detection",
      classes: ["a"],
      boxes: "detection_boxes",
      scores: "detection_scores",
      labels: "detection_classes",
      count: "num_detections",
      layout: "yxyx",
      frame: null,
      minScore: 0.3,
    });
  });

  test("needs words where names do not tell", () => {
    const bare = { inputs: exported.inputs, outputs: signature().outputs };
    expect(() => deriveSignature(bare, { task: "detection", classes: ["a"] })).toThrow(/which output holds the boxes and the scores and the class numbers/);
    expect(() => deriveSignature(exported, { task: "detection" })).toThrow(/class numbers mean/);
    expect(() => deriveSignature(bare, { task: "detection", classes: ["a"], detection: { boxes: "q" } })).toThrow(/no output "q"/);
    const named = { boxes: "b", scores: "s", labels: "l" };
    expect(deriveSignature(bare, { task: "detection", classes: ["a"], detection: named }).task).toMatchObject({ ...named, count: null, layout: "xyxy" });
  });
});
