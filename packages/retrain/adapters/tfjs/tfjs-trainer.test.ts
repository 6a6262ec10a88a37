import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@kedge/core";
import { inspectOnnx, OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TrainingJob, TrainingOutcome } from "../../src/index.js";
import { writeLabelledFrames } from "../frames-file.js";
import { exportOnnx } from "../onnx-export/export-onnx.js";
import { toyAccuracy, toyFrames, toyJob, toySignature } from "../toy-job.fixture.js";
import { tfjsTrainer } from "./tfjs-trainer.js";
import { readDenseWeights } from "./warm-start.js";

const runtime = new OnnxruntimeNodeRuntime();
let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "kedge-tfjs-"));
  await tf.setBackend("cpu");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function train(job: TrainingJob): Promise<TrainingOutcome> {
  const trainer = tfjsTrainer.create(tfjsTrainer.config.parse({ kind: "tfjs" }), { workDir: join(dir, "work"), log: silentLog });
  return trainer.train(job, () => {}, new AbortController().signal);
}

async function trained(job: TrainingJob) {
  const outcome = await train(job);
  if (outcome.kind === "failed") throw new Error(`${outcome.message}\n${outcome.detail}`);
  return outcome;
}

const scaled = (by: number): TrainingJob["preprocessing"] => ({
  inputs: { x: { from: "p", raw: { type: "float32", dims: [2] }, steps: [{ op: "scale", by, offset: 0 }] } },
});

describe("the tfjs trainer", { timeout: 60_000 }, () => {
  test("gives a model with the job's names, and its metrics", async () => {
    const { onnx, metrics } = await trained(await toyJob(dir, "names"));
    expect(await inspectOnnx(onnx)).toEqual({ inputs: toySignature.inputs, outputs: toySignature.outputs });
    expect(metrics).toMatchObject({ rows: 300, epochs: 15, parameters: 2 * 8 + 8 + 8 * 3 + 3, warmStarted: 0 });
    expect(metrics["trainAccuracy"]).toBeGreaterThan(0.95);
  });

  test("leaves the softmax to the device when logits are asked for", async () => {
    const job = await toyJob(dir, "logits");
    const task = toySignature.task.kind === "classification" ? { ...toySignature.task, activation: "logits" as const } : toySignature.task;
    const signature = { ...toySignature, task };
    const { onnx } = await trained({ ...job, signature });
    expect(await toyAccuracy(onnx, runtime, signature)).toBeGreaterThan(0.95);
  });

  test("starts from another model's weights when the layers are the same", async () => {
    const job = await toyJob(dir, "cold");
    const path = join(dir, "start.onnx");
    await writeFile(path, (await trained(job)).onnx);
    const short = { ...job, jobId: "warm", hyperparameters: { ...job.hyperparameters, epochs: 1, learningRate: 1e-6 } };
    const warm = await trained({ ...short, warmStart: path });
    const cold = await trained(short);
    expect(warm.metrics).toMatchObject({ warmStarted: 1 });
    expect(warm.metrics["finalLoss"]).toBeLessThan((cold.metrics["finalLoss"] ?? 0) / 3);
    const wider = await trained({ ...short, warmStart: path, hyperparameters: { ...short.hyperparameters, hidden: [9] } });
    expect(wider.metrics).toMatchObject({ warmStarted: 0 });
  });

  test("a heavier dataset wins where two disagree", async () => {
    const job = await toyJob(dir, "weights");
    const frames = toyFrames();
    const path = join(dir, "swapped.frames");
    await writeLabelledFrames(path, { ...frames, labels: frames.labels.map((l) => (l === 0 ? 1 : l === 1 ? 0 : 2)) });
    const own = job.datasets[0];
    if (own === undefined) throw new Error("no dataset");
    const other = { name: "swapped", path, rows: 300, weight: 1 };
    const light = await trained({ ...job, datasets: [{ ...own, weight: 5 }, other] });
    const heavy = await trained({ ...job, datasets: [own, { ...other, weight: 5 }] });
    expect(await toyAccuracy(light.onnx, runtime)).toBeGreaterThan(0.95);
    expect(await toyAccuracy(heavy.onnx, runtime)).toBeLessThan(0.4);
  });

  test.each<[string, (job: TrainingJob) => TrainingJob, string, string]>([
    [
      "a regression",
      (j) => ({ ...j, signature: { ...j.signature, task: { kind: "regression", output: "scores" } } }),
      "retrain/unsupported-job",
      "a regression is asked for",
    ],
    ["other classes", (j) => ({ ...j, classes: ["a", "b", "c"] }), "retrain/unsupported-job", "are not those of its signature"],
    [
      "frames of another shape",
      (j) => ({ ...j, preprocessing: { inputs: { x: { from: "p", raw: { type: "uint8", dims: [2] }, steps: [] } } } }),
      "retrain/bad-frames",
      "expected uint8 rows of [2], found float32 rows of [2]",
    ],
    ["another number of rows", (j) => ({ ...j, datasets: j.datasets.map((d) => ({ ...d, rows: 7 })) }), "retrain/bad-frames", "the job says 7 rows, found 300"],
    ["steps that overflow", (j) => ({ ...j, preprocessing: scaled(1e38) }), "retrain/bad-frames", "row 0 holds Infinity after preprocessing"],
    [
      "weights that run away",
      (j) => ({ ...j, preprocessing: scaled(2e36), hyperparameters: { ...j.hyperparameters, hidden: [64, 64] } }),
      "retrain/diverged",
      "in epoch 1",
    ],
  ])("refuses %s by name", async (_, change, code, message) => {
    expect(await train(change(await toyJob(dir, "refused")))).toMatchObject({ kind: "failed", code, message: expect.stringContaining(message) });
  });

  test("refuses frames that were altered", async () => {
    const job = await toyJob(dir, "torn");
    await writeFile(job.datasets[0]?.path ?? "", "x", { flag: "a" });
    expect(await train(job)).toMatchObject({ kind: "failed", code: "retrain/frames-unreadable", message: expect.stringContaining("torn.frames") });
  });
});

test("weights are read only from models of our own make", () => {
  const net = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  expect(readDenseWeights(exportOnnx(net))).toMatchObject([{ inputs: 3, outputs: 2 }]);
  expect(readDenseWeights(Uint8Array.of(1, 2, 3))).toBeUndefined();
  expect(readDenseWeights(exportOnnx(tf.sequential({ layers: [tf.layers.dense({ units: 2, useBias: false, inputShape: [3] })] })))).toBeUndefined();
});
