import { KedgeError } from "@kedge/core";
import type { ModelSignature, Preprocessing } from "@kedge/inference";
import type { LabelledFrames } from "@kedge/retrain";
import { readInput } from "@kedge/sample";
import { elementCount, isTensor, type Tensor } from "@kedge/sensor";
import type { StoredSample } from "@kedge/store";

/** The one raw tensor input that can be learned from, and its name in readings. */
export interface FrameInput {
  readonly from: string;
  readonly type: "uint8" | "float32";
  readonly dims: readonly number[];
}

/** What a model's frames are. Models with several inputs, or columns, are retrained elsewhere (the `command` trainer, `kedge model push`). */
export function frameInputOf(preprocessing: Preprocessing): FrameInput {
  const [input, ...more] = Object.values(preprocessing.inputs);
  const type = input?.raw?.type;
  if (input === undefined || more.length > 0 || typeof input.from !== "string" || input.raw === null || (type !== "uint8" && type !== "float32")) {
    throw new KedgeError("collector/not-retrainable", "this collector retrains models with one uint8 or float32 tensor input", {
      hint: "Retrain it elsewhere and bring it with `kedge model push`.",
    });
  }
  return { from: input.from, type, dims: input.raw.dims.map((d) => (d === -1 ? 1 : d)) };
}

/** The classes of a classification. */
export function classesOf(signature: ModelSignature): readonly string[] {
  if (signature.task.kind !== "classification")
    throw new KedgeError("collector/not-retrainable", "this collector retrains classifications only", {
      hint: "Retrain the model elsewhere and bring it with `kedge model push`.",
    });
  return signature.task.classes;
}

/** One sample of each content, in the order given: a frame that was sent twice must not count twice. */
export function distinct(samples: readonly StoredSample[]): StoredSample[] {
  return [...new Map(samples.map((s) => [s.sample.contentSha256, s])).values()];
}

/** Labelled samples as frames; those that do not fit the model's input or have a label that is no class are left out. */
export function framesOfSamples(samples: readonly StoredSample[], input: FrameInput, classes: readonly string[]): LabelledFrames {
  const size = elementCount(input.dims);
  const rows = samples.flatMap(({ sample, label }) => {
    const raw = sample.inputs.find((i) => i.name === input.from);
    const tensor = raw === undefined ? undefined : readInput(raw);
    const index = label === null ? -1 : classes.indexOf(label);
    return tensor !== undefined && isTensor(tensor) && tensor.type === input.type && tensor.values.length === size && index >= 0
      ? [{ values: tensor.values as Uint8Array | Float32Array, index }]
      : [];
  });
  const values = input.type === "uint8" ? new Uint8Array(rows.length * size) : new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    values.set(row.values, i * size);
  });
  return { type: input.type, dims: input.dims, classes, values, labels: Uint16Array.from(rows, (r) => r.index) };
}

/** Both sets in one. They must be of the same shape and classes. */
export function concatFrames(a: LabelledFrames, b: LabelledFrames): LabelledFrames {
  const values = a.type === "uint8" ? new Uint8Array(a.values.length + b.values.length) : new Float32Array(a.values.length + b.values.length);
  values.set(a.values);
  values.set(b.values, a.values.length);
  const labels = new Uint16Array(a.labels.length + b.labels.length);
  labels.set(a.labels);
  labels.set(b.labels, a.labels.length);
  return { ...a, values, labels };
}

/** Row `index` as the raw tensor of a reading. */
export function frameTensor(frames: LabelledFrames, index: number): Tensor {
  const size = elementCount(frames.dims);
  return { type: frames.type, dims: frames.dims, values: frames.values.slice(index * size, (index + 1) * size) };
}
