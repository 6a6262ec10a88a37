import { join } from "node:path";
import { type InferenceRuntime, type LoadedModel, type ModelSignature, outcomeOf, type Prediction, type Preprocessing, preprocess } from "@kedge/inference";
import type { CancelSignal, Hyperparameters, LabelledFrames, Trainer, TrainingJob, TrainingProgress } from "@kedge/retrain";
import { type Idx, idxItem, type Reading } from "@kedge/sensor";
import type { Frame } from "./frame-transform.js";

/** Fashion-MNIST's classes; an image's label is a place in this list. */
export const fashionClasses = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"] as const;

/** What the clothes model takes and gives. */
export const fashionSignature: ModelSignature = {
  inputs: [{ name: "pixels", type: "float32", dims: [-1, 784] }],
  outputs: [{ name: "scores", type: "float32", dims: [-1, fashionClasses.length] }],
  task: { kind: "classification", classes: fashionClasses, scores: "scores", activation: "probabilities" },
};

/** A camera's frame of 28×28 bytes becomes 784 numbers from 0 to 1. */
export const fashionPreprocessing: Preprocessing = {
  inputs: { pixels: { from: "image", raw: { type: "uint8", dims: [28, 28] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] } },
};

/**
 * How the first model learns: about 4 s on two quiet cores, .84 right. Longer training would take half a point more
 * now, and leave the retraining, which goes on from these weights, nothing to make up for the knocked frames with.
 */
export const firstTraining: Hyperparameters = { epochs: 8, batchSize: 128, learningRate: 0.002, hidden: [64] };

/** How it learns again, from the running weights on. */
export const retraining: Hyperparameters = { epochs: 12, batchSize: 128, learningRate: 0.003, hidden: [64] };

/**
 * How much a labelled drifted frame counts against an old one. More gains up to 2 points on the drifted frames and
 * costs as much on the clean ones.
 */
export const driftedFrameWeight = 1.5;

/** An image and its class. */
export interface LabelledImage {
  readonly frame: Frame;
  readonly label: number;
}

/** The images by use: see `apps/demo/data/README.md`. No image is in two of them. */
export interface FashionSets {
  readonly train: readonly LabelledImage[];
  readonly heldOut: readonly LabelledImage[];
  readonly stream: readonly LabelledImage[];
  readonly measure: readonly LabelledImage[];
}

function imagesOf(images: Idx, labels: Idx): LabelledImage[] {
  const [height = 0, width = 0] = images.dims;
  return Array.from({ length: images.items }, (_, i) => ({
    frame: { width, height, pixels: idxItem(images, i).values as Uint8Array },
    label: Number(labels.values[i]),
  }));
}

/** Reads the images in `dataDir`. */
export async function readFashion(dataDir: string, readIdx: (path: string) => Promise<Idx>): Promise<FashionSets> {
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    readIdx(join(dataDir, "fashion-train6k-images.gz")),
    readIdx(join(dataDir, "fashion-train6k-labels.gz")),
    readIdx(join(dataDir, "fashion-test2k-images.gz")),
    readIdx(join(dataDir, "fashion-test2k-labels.gz")),
  ]);
  const train = imagesOf(trainImages, trainLabels);
  const test = imagesOf(testImages, testLabels);
  return { train: train.slice(0, 5000), heldOut: train.slice(5000), stream: test.slice(0, 1000), measure: test.slice(1000) };
}

/** Images as a trainer's dataset holds them. */
export function framesOf(images: readonly LabelledImage[]): LabelledFrames {
  const values = new Uint8Array(images.length * 784);
  for (const [i, { frame }] of images.entries()) values.set(frame.pixels, i * 784);
  return { type: "uint8", dims: [28, 28], classes: fashionClasses, values, labels: Uint16Array.from(images, ({ label }) => label) };
}

/** An image as its camera would give it. */
export function readingOf({ frame }: LabelledImage, index: number): Reading {
  return { id: `image-${index}`, atMs: 0, inputs: { image: { type: "uint8", dims: [frame.height, frame.width], values: frame.pixels } } };
}

/** What the model says of each image, in order. A rejected frame or output is a fault of the demo and throws. */
export async function predictAll(model: LoadedModel, images: readonly LabelledImage[], nowMs: () => number): Promise<Prediction[]> {
  const predictions: Prediction[] = [];
  for (const [i, image] of images.entries()) {
    const reading = readingOf(image, i);
    const startedMs = nowMs();
    const ready = preprocess(fashionPreprocessing, fashionSignature, reading);
    if (ready.kind === "rejected") throw new RangeError(ready.message);
    const outcome = outcomeOf(await model.run(ready.inputs), fashionSignature);
    if (outcome.kind === "rejected") throw new RangeError(outcome.message);
    predictions.push({ reading, outcome, latencyMs: nowMs() - startedMs, bundleDigest: "" });
  }
  return predictions;
}

/** Whether each prediction names its image's class. */
export function correctness(predictions: readonly Prediction[], images: readonly LabelledImage[]): boolean[] {
  return predictions.map(({ outcome }, i) => outcome.kind === "classification" && outcome.classIndex === images[i]?.label);
}

/** The share that is true; 0 of none. */
export function shareTrue(correct: readonly boolean[]): number {
  return correct.length === 0 ? 0 : correct.filter(Boolean).length / correct.length;
}

/** What the first training needs of the program. Nothing here opens a file by itself. */
export interface FirstModelParts {
  readonly sets: FashionSets;
  readonly trainer: Trainer;
  readonly runtime: InferenceRuntime;
  writeFrames(path: string, frames: LabelledFrames): Promise<void>;
  writeModel(path: string, onnx: Uint8Array): Promise<void>;
  /** Where `old.frames` and `first.onnx` are put; later trainings read both. */
  readonly dir: string;
  readonly seed: number;
  onProgress(progress: TrainingProgress): void;
  readonly signal: CancelSignal;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

/** A first model, judged on the images held out. */
export interface FirstModel {
  readonly kind: "trained";
  readonly onnx: Uint8Array;
  readonly onnxPath: string;
  /** The dataset it learnt from, for later trainings. */
  readonly oldFramesPath: string;
  readonly oldRows: number;
  /** On the held-out images, in their order: for the reference profile and the golden cases. */
  readonly heldOut: readonly Prediction[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Trains the first model with the same trainer that later retrains it. */
export async function trainFirstModel(parts: FirstModelParts): Promise<FirstModel | { readonly kind: "failed"; readonly message: string }> {
  const { sets, trainer, runtime, dir, seed, nowMs } = parts;
  const oldFramesPath = join(dir, "old.frames");
  const onnxPath = join(dir, "first.onnx");
  await parts.writeFrames(oldFramesPath, framesOf(sets.train));
  const job: TrainingJob = {
    jobId: "first",
    seed,
    signature: fashionSignature,
    preprocessing: fashionPreprocessing,
    classes: fashionClasses,
    datasets: [{ name: "old", path: oldFramesPath, rows: sets.train.length, weight: 1 }],
    hyperparameters: firstTraining,
  };
  const startedMs = nowMs();
  const outcome = await trainer.train(job, parts.onProgress, parts.signal);
  if (outcome.kind === "failed") return { kind: "failed", message: [outcome.message, outcome.detail].filter((t) => t !== "").join("\n") };
  const seconds = (nowMs() - startedMs) / 1000;
  const model = await runtime.load(outcome.onnx, fashionSignature);
  const heldOut = await predictAll(model, sets.heldOut, nowMs);
  await model.dispose();
  await parts.writeModel(onnxPath, outcome.onnx);
  const accuracy = shareTrue(correctness(heldOut, sets.heldOut));
  return {
    kind: "trained",
    onnx: outcome.onnx,
    onnxPath,
    oldFramesPath,
    oldRows: sets.train.length,
    heldOut,
    metrics: { ...outcome.metrics, accuracy },
    seconds,
  };
}
