import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLog } from "@kedge/core";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { readLabelledFrames, tfjsTrainer, writeLabelledFrames } from "@kedge/retrain/adapters";
import { readIdxFile } from "@kedge/sensor/adapters";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FashionSets, type FirstModelParts, framesOf, readFashion, shareTrue, trainFirstModel } from "./first-model.js";

let dir = "";
let sets: FashionSets;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "kedge-first-"));
  sets = await readFashion(fileURLToPath(new URL("../data", import.meta.url)), readIdxFile);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const parts = (): FirstModelParts => ({
  sets: { ...sets, train: sets.train.slice(0, 600), heldOut: sets.heldOut.slice(0, 200) },
  trainer: tfjsTrainer.create(tfjsTrainer.config.parse({ kind: "tfjs" }), { workDir: join(dir, "work"), log: silentLog }),
  runtime: new OnnxruntimeNodeRuntime(),
  writeFrames: writeLabelledFrames,
  writeModel: (path, onnx) => writeFile(path, onnx),
  dir,
  seed: 1,
  onProgress() {},
  signal: new AbortController().signal,
  nowMs: () => performance.now(),
});

test("no image is used twice", () => {
  expect([sets.train, sets.heldOut, sets.stream, sets.measure].map((s) => s.length)).toEqual([5000, 1000, 1000, 1000]);
  const all = [...sets.train, ...sets.heldOut, ...sets.stream, ...sets.measure];
  const contents = new Set(all.map(({ frame }) => Buffer.from(frame.pixels).toString("latin1")));
  expect(contents.size).toBe(all.length);
  expect(new Set(all.map(({ label }) => label)).size).toBe(10);
});

test("a first model learns from few images, and is judged on others", { timeout: 60_000 }, async () => {
  const first = await trainFirstModel(parts());
  if (first.kind === "failed") throw new Error(first.message);
  expect(first.heldOut).toHaveLength(200);
  expect(first.metrics["accuracy"]).toBeGreaterThan(0.6);
  expect(first.metrics["rows"]).toBe(600);
  expect(new Uint8Array(await readFile(first.onnxPath))).toEqual(first.onnx);
  expect(await readLabelledFrames(first.oldFramesPath)).toEqual(framesOf(sets.train.slice(0, 600)));
});

test("a training that fails says so", { timeout: 60_000 }, async () => {
  const lost = { ...parts(), writeFrames: async () => {}, dir: join(dir, "nowhere") };
  expect(await trainFirstModel(lost)).toEqual({ kind: "failed", message: expect.stringContaining("old.frames") });
});

test("a share of none is none", () => {
  expect(shareTrue([])).toBe(0);
  expect(shareTrue([true, false, true, true])).toBe(0.75);
});
