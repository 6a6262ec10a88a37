import { join } from "node:path";
import { normal, seededRandom } from "@kedge/core";
import { type InferenceRuntime, type ModelSignature, outcomeOf, type Preprocessing, preprocess } from "@kedge/inference";
import type { LabelledFrames, TrainingJob } from "../src/index.js";
import { writeLabelledFrames } from "./frames-file.js";

export const toyClasses = ["low", "high", "far"] as const;

export const toySignature: ModelSignature = {
  inputs: [{ name: "x", type: "float32", dims: [-1, 2] }],
  outputs: [{ name: "scores", type: "float32", dims: [-1, 3] }],
  task: { kind: "classification", classes: toyClasses, scores: "scores", activation: "probabilities" },
};

export const toyPreprocessing: Preprocessing = {
  inputs: { x: { from: "point", raw: { type: "float32", dims: [2] }, steps: [{ op: "standardise", mean: [100, 0], sd: [10, 1] }] } },
};

/** Three clouds of points that lines can part. */
export function toyFrames(rows = 300, seed = 1): LabelledFrames {
  const random = seededRandom(seed);
  const labels = Uint16Array.from({ length: rows }, (_, i) => i % 3);
  const centres = [
    [80, -2],
    [120, 2],
    [80, 2],
  ] as const;
  const values = Float32Array.from([...labels].flatMap((l) => [(centres[l]?.[0] ?? 0) + 3 * normal(random), (centres[l]?.[1] ?? 0) + 0.3 * normal(random)]));
  return { type: "float32", dims: [2], classes: toyClasses, values, labels };
}

/** A job on toy frames, written into `dir`. */
export async function toyJob(dir: string, jobId: string, epochs = 15): Promise<TrainingJob> {
  const path = join(dir, `${jobId}.frames`);
  const frames = toyFrames();
  await writeLabelledFrames(path, frames);
  return {
    jobId,
    seed: 7,
    signature: toySignature,
    preprocessing: toyPreprocessing,
    classes: toyClasses,
    datasets: [{ name: "toy", path, rows: frames.labels.length, weight: 1 }],
    hyperparameters: { epochs, batchSize: 32, learningRate: 0.02, hidden: [8] },
  };
}

/** The share of toy frames that a model gets right, judged as a device would: preprocess, run, outcome. */
export async function toyAccuracy(onnx: Uint8Array, runtime: InferenceRuntime, signature: ModelSignature = toySignature): Promise<number> {
  const model = await runtime.load(onnx, signature);
  const frames = toyFrames(90, 2);
  let right = 0;
  for (const [i, label] of frames.labels.entries()) {
    const point = { type: "float32" as const, dims: [2], values: frames.values.slice(2 * i, 2 * i + 2) };
    const ready = preprocess(toyPreprocessing, signature, { id: `p${i}`, atMs: 0, inputs: { point } });
    if (ready.kind === "rejected") throw new Error(ready.message);
    const outcome = outcomeOf(await model.run(ready.inputs), signature);
    if (outcome.kind === "classification" && outcome.classIndex === label) right += 1;
  }
  await model.dispose();
  return right / frames.labels.length;
}
