import type { Tensor } from "@kedge/sensor";
import { detect } from "./detection.js";
import type { ModelSignature } from "./model-signature.js";
import { numbersOf, type OutputRejected, rejectOutput } from "./output-numbers.js";
import type { Outcome } from "./prediction.js";

/**
 * The probabilities of logits; subtracting the largest keeps exp within range. Computed in float64, given as float32.
 */
export function softmax(logits: ArrayLike<number>): Float32Array {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i += 1) top = Math.max(top, logits[i] ?? top);
  const parts = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i += 1) {
    const e = Math.exp((logits[i] ?? top) - top);
    parts[i] = e;
    sum += e;
  }
  return Float32Array.from(parts, (e) => e / sum);
}

/** Where the largest score is; the first of equals. */
function argmax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i += 1) if ((scores[i] ?? 0) > (scores[best] ?? 0)) best = i;
  return best;
}

function classify(scores: Float64Array, task: Extract<ModelSignature["task"], { kind: "classification" }>): Outcome | OutputRejected {
  const { classes, activation } = task;
  // One score for two classes is that of the second: how a single sigmoid output is trained.
  if (scores.length === 1 && classes.length === 2) {
    const s = scores[0] ?? 0;
    const p = activation === "logits" ? 1 / (1 + Math.exp(-s)) : s;
    const classIndex = p > 0.5 ? 1 : 0;
    return { kind: "classification", classIndex, label: classes[classIndex] ?? "", probabilities: Float32Array.of(1 - p, p) };
  }
  if (scores.length !== classes.length)
    return rejectOutput(`output "${task.scores}": expected ${classes.length} scores, one per class, found ${scores.length}`);
  // The class is taken from the scores themselves: rounding to float32 may make two probabilities equal.
  const classIndex = argmax(scores);
  const probabilities = activation === "logits" ? softmax(scores) : Float32Array.from(scores);
  return { kind: "classification", classIndex, label: classes[classIndex] ?? "", probabilities };
}

/** What the outputs of one reading (a batch of one) mean in the words of the signature's task. */
export function outcomeOf(outputs: Readonly<Record<string, Tensor>>, signature: ModelSignature): Outcome | OutputRejected {
  const { task } = signature;
  if (task.kind === "detection") return detect(outputs, task);
  const found = numbersOf(outputs, task.kind === "classification" ? task.scores : task.output);
  if ("kind" in found) return found;
  if (task.kind === "classification") return classify(found, task);
  const value = found[0];
  if (value === undefined || found.length !== 1) return rejectOutput(`output "${task.output}": expected one number, found ${found.length}`);
  return task.kind === "regression" ? { kind: "regression", value } : { kind: "anomaly", score: value };
}
