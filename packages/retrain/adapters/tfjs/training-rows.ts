import { KedgeError } from "@kedge/core";
import { applySteps, checkPreprocessing, checkSignature, type InputPreprocessing, type TensorSpec } from "@kedge/inference";
import { elementCount } from "@kedge/sensor";
import { retrainCodes as codes, type LabelledFrames, type TrainingJob } from "../../src/index.js";
import { readLabelledFrames } from "../frames-file.js";

/** All rows of a job, preprocessed: row `i` is `values[i · size …]`, its class `labels[i]`, its weight `weights[i]`. */
export interface TrainingRows {
  readonly count: number;
  readonly size: number;
  readonly values: Float32Array;
  readonly labels: Int32Array;
  readonly weights: Float32Array;
}

/** What a dense net is made of: one input, one output of scores. */
export interface DenseTask {
  readonly input: TensorSpec;
  readonly rule: InputPreprocessing;
  readonly scores: string;
  readonly activation: "probabilities" | "logits";
}

/** A gibibyte of float32: more does not belong on the machine that watches a fleet. */
const maxValues = 268_435_456;

export function unsupportedJob(message: string): KedgeError {
  return new KedgeError(codes.unsupportedJob, `training failed: ${message}`, { hint: "use the command trainer for what dense nets cannot do" });
}

/** What the job asks for, when it is a classification of one float32 input. */
export function denseTask(job: TrainingJob): DenseTask {
  const { signature, preprocessing } = job;
  const faults = [...checkSignature(signature), ...checkPreprocessing(preprocessing, signature)];
  if (faults.length > 0) throw unsupportedJob(faults.join("; "));
  const { task } = signature;
  if (task.kind !== "classification") throw unsupportedJob(`a ${task.kind} is asked for, dense nets here learn classes`);
  if (task.classes.join("\n") !== job.classes.join("\n")) throw unsupportedJob("the job's classes are not those of its signature");
  const [input, ...more] = signature.inputs;
  const rule = input === undefined ? undefined : preprocessing.inputs[input.name];
  if (input === undefined || rule === undefined || more.length > 0)
    throw unsupportedJob(`a model of ${signature.inputs.length} inputs is asked for, dense nets here take one`);
  if (input.type !== "float32" || input.dims.slice(1).includes(-1)) throw unsupportedJob(`input "${input.name}" must be float32 of a known shape`);
  if (signature.outputs.length !== 1) throw unsupportedJob(`a model of ${signature.outputs.length} outputs is asked for`);
  if ((signature.outputs[0]?.dims.at(-1) ?? -1) !== job.classes.length) throw unsupportedJob("one score per class is needed in the output");
  return { input, rule, scores: task.scores, activation: task.activation };
}

function checkDataset(name: string, frames: LabelledFrames, job: TrainingJob, rule: InputPreprocessing): void {
  const fault = (what: string): KedgeError => new KedgeError(codes.badFrames, `dataset "${name}": ${what}`);
  if (frames.classes.join("\n") !== job.classes.join("\n")) throw fault("its classes are not those of the job");
  const type = rule.raw?.type ?? "float32";
  const dims = rule.raw?.dims ?? [typeof rule.from === "string" ? 1 : rule.from.length];
  if (frames.type !== type || frames.dims.join() !== dims.join()) {
    throw fault(`expected ${type} rows of [${dims.join(", ")}], found ${frames.type} rows of [${frames.dims.join(", ")}]`);
  }
}

/** Reads and preprocesses the job's datasets, with the very steps that a device runs on a reading. */
export async function readTrainingRows(job: TrainingJob, { rule }: DenseTask): Promise<TrainingRows> {
  const sets: { readonly frames: LabelledFrames; readonly weight: number }[] = [];
  for (const { name, path, rows, weight } of job.datasets) {
    const frames = await readLabelledFrames(path);
    checkDataset(name, frames, job, rule);
    if (frames.labels.length !== rows) throw new KedgeError(codes.badFrames, `dataset "${name}": the job says ${rows} rows, found ${frames.labels.length}`);
    sets.push({ frames, weight });
  }
  const count = sets.reduce((n, s) => n + s.frames.labels.length, 0);
  const dims = sets[0]?.frames.dims ?? [];
  const size = elementCount(dims);
  if (count === 0) throw unsupportedJob("the datasets hold no rows");
  if (count * size > maxValues) throw unsupportedJob(`${count} rows of ${size} values are more than ${maxValues} values`);
  const out: TrainingRows = { count, size, values: new Float32Array(count * size), labels: new Int32Array(count), weights: new Float32Array(count) };
  let row = 0;
  for (const { frames, weight } of sets) {
    applySteps(rule.steps, (i) => frames.values[i] ?? 0, frames.values.length, dims.at(-1) ?? 1, out.values, row * size);
    out.labels.set(frames.labels, row);
    out.weights.fill(weight, row, row + frames.labels.length);
    row += frames.labels.length;
  }
  const wrong = out.values.findIndex((v) => !Number.isFinite(v));
  if (wrong >= 0) throw new KedgeError(codes.badFrames, `row ${Math.floor(wrong / size)} holds ${out.values[wrong]} after preprocessing`);
  return out;
}
