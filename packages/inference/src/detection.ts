import type { Tensor } from "@kedge/sensor";
import type { Task } from "./model-signature.js";
import { numbersOf, type OutputRejected, rejectOutput } from "./output-numbers.js";
import type { DetectedBox, Outcome } from "./prediction.js";

/** What the outputs of a detector mean. */
export type DetectionTask = Extract<Task, { kind: "detection" }>;

/** Boxes of one frame that are kept; what a model gives beyond them is counted as dropped. Detectors give 100 to 300 at most. */
export const maxBoxes = 256;

/** Left, top, width and height of four numbers, in shares of the frame. */
function placeOf({ layout, frame }: DetectionTask, [a, b, c, d]: readonly [number, number, number, number]): Pick<DetectedBox, "x" | "y" | "width" | "height"> {
  const [w, h] = [frame?.width ?? 1, frame?.height ?? 1];
  switch (layout) {
    case "xyxy":
      return { x: a / w, y: b / h, width: (c - a) / w, height: (d - b) / h };
    case "yxyx":
      return { x: b / w, y: a / h, width: (d - b) / w, height: (c - a) / h };
    case "cxcywh":
      return { x: (a - c / 2) / w, y: (b - d / 2) / h, width: c / w, height: d / h };
    case "xywh":
      return { x: a / w, y: b / h, width: c / w, height: d / h };
  }
}

/**
 * The boxes of one frame, from three tensors in the form that detectors with their own suppression give: coordinates [N, 4], scores [N] and class
 * numbers [N], with or without a batch of one before; of N the first `count` when there is such an output. Those below `minScore` are
 * padding or noise and no boxes. A class number that has no name is its own.
 */
export function detect(outputs: Readonly<Record<string, Tensor>>, task: DetectionTask): Outcome | OutputRejected {
  const places = numbersOf(outputs, task.boxes);
  const scores = numbersOf(outputs, task.scores);
  const labels = numbersOf(outputs, task.labels);
  const counts = task.count === null ? undefined : numbersOf(outputs, task.count);
  if ("kind" in places) return places;
  if ("kind" in scores) return scores;
  if ("kind" in labels) return labels;
  if (counts !== undefined && "kind" in counts) return counts;
  const rows = scores.length;
  if (places.length !== 4 * rows || labels.length !== rows) {
    return rejectOutput(
      `outputs "${task.boxes}", "${task.scores}", "${task.labels}": expected four, one and one number a box, found ${places.length}, ${rows}, ${labels.length}`,
    );
  }
  const given = Math.min(rows, Math.max(0, Math.floor(counts?.[0] ?? rows)));
  const boxes: DetectedBox[] = [];
  let dropped = 0;
  for (let i = 0; i < given; i += 1) {
    const score = scores[i] ?? 0;
    if (score < task.minScore) continue;
    if (boxes.length >= maxBoxes) {
      dropped += 1;
      continue;
    }
    const classIndex = Math.round(labels[i] ?? 0);
    const place = placeOf(task, [places[4 * i] ?? 0, places[4 * i + 1] ?? 0, places[4 * i + 2] ?? 0, places[4 * i + 3] ?? 0]);
    boxes.push({ classIndex, label: task.classes[classIndex] ?? String(classIndex), score, ...place });
  }
  return { kind: "detection", boxes, dropped };
}
