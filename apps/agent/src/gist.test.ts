import type { DetectedBox } from "@kedge/inference";
import { expect, test } from "vitest";
import { gistOf } from "./gist.js";

const box = (label: string, score: number): DetectedBox => ({ classIndex: 0, label, score, x: 0, y: 0, width: 1, height: 1 });

test("an outcome comes to one word and one number", () => {
  expect(gistOf({ kind: "classification", classIndex: 1, label: "dog", probabilities: Float32Array.of(0.25, 0.75) })).toEqual({ label: "dog", score: 0.75 });
  expect(gistOf({ kind: "regression", value: -3 })).toEqual({ label: "", score: -3 });
  expect(gistOf({ kind: "anomaly", score: 9 })).toEqual({ label: "", score: 9 });
  expect(gistOf({ kind: "detection", boxes: [box("cat", 0.5), box("dog", 0.75)], dropped: 0 })).toEqual({ label: "dog", score: 0.75 });
  expect(gistOf({ kind: "detection", boxes: [], dropped: 0 })).toEqual({ label: "", score: 0 });
});
