import { readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import type * as Tf from "@tensorflow/tfjs";
import { retrainCodes as codes, type TrainingJob, type TrainingProgress, trainingJobSchema } from "../../src/index.js";
import { trainDense } from "./train-dense.js";
import { denseTask, readTrainingRows } from "./training-rows.js";
import { readDenseWeights } from "./warm-start.js";

async function loadTensorflow(): Promise<typeof Tf> {
  const tf = await import("@tensorflow/tfjs");
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  if (!(await tf.setBackend("wasm"))) throw new KedgeError(codes.trainerMissing, "the WASM backend of TensorFlow.js cannot be loaded");
  await tf.ready();
  return tf;
}

/** The model's file comes last and in one piece: with it the result is whole. */
async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.tmp`, content);
  await rename(`${path}.tmp`, path);
}

function report(progress: TrainingProgress): void {
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}

async function trainIn(dir: string): Promise<void> {
  const job: TrainingJob = trainingJobSchema.parse(JSON.parse(await readFile(join(dir, "job.json"), "utf8")));
  const task = denseTask(job);
  const rows = await readTrainingRows(job, task);
  const start = job.warmStart === undefined ? undefined : readDenseWeights(await readFile(job.warmStart));
  report({ share: 0, message: `${rows.count} rows are read` });
  const { onnx, metrics } = await trainDense(
    await loadTensorflow(),
    rows,
    {
      inputName: task.input.name,
      inputDims: task.input.dims.slice(1),
      outputName: task.scores,
      classes: job.classes.length,
      activation: task.activation,
      hyperparameters: job.hyperparameters,
      seed: job.seed,
      start,
    },
    report,
  );
  await writeWhole(join(dir, "result", "metrics.json"), `${JSON.stringify(metrics)}\n`);
  await writeWhole(join(dir, "result", "model.onnx"), onnx);
}

const [, , dir = "."] = process.argv;

// The program that started this one is gone when its end of the pipe is.
process.stdin.on("end", () => process.exit(1)).resume();

try {
  await trainIn(dir);
  process.exitCode = 0;
} catch (error) {
  const isOurs = error instanceof KedgeError;
  const failure = { code: isOurs ? error.code : codes.trainerFailed, message: messageOf(error), retryable: isOurs && error.retryable };
  await writeFile(join(dir, "result", "failure.json"), JSON.stringify(failure)).catch(() => undefined);
  process.stderr.write(`${error instanceof Error ? error.stack : messageOf(error)}\n`);
  process.exitCode = 1;
}
process.stdin.destroy();
