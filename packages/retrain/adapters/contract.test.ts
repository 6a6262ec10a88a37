import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@kedge/core";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TrainerFixture, trainerLaws } from "../src/contract.js";
import type { Trainer } from "../src/index.js";
import { commandTrainer, tfjsTrainer, trainerKinds } from "./index.js";
import { workerPath } from "./tfjs/tfjs-trainer.js";
import { toyAccuracy, toyJob } from "./toy-job.fixture.js";

let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "kedge-trainers-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A configuration for each kind; the command is the worker itself, which keeps the same protocol. */
const trainers: Readonly<Record<string, () => Trainer>> = {
  tfjs: () => tfjsTrainer.create(tfjsTrainer.config.parse({ kind: "tfjs" }), { workDir: join(dir, "tfjs"), log: silentLog }),
  command: () =>
    commandTrainer.create(commandTrainer.config.parse({ kind: "command", command: process.execPath, args: [workerPath()] }), {
      workDir: join(dir, "command"),
      log: silentLog,
    }),
};

const fixture: TrainerFixture = {
  job: (jobId) => toyJob(dir, jobId),
  longJob: (jobId) => toyJob(dir, jobId, 10_000),
  accuracy: (onnx) => toyAccuracy(onnx, new OnnxruntimeNodeRuntime()),
  never: new AbortController().signal,
  cancellable: () => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort() };
  },
  processes: async () => {
    const found = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" });
    return found.split("\n").filter((line) => line.includes("tfjs-worker.js") && line.includes(dir)).length;
  },
};

test("every kind is tried", () => {
  expect(Object.keys(trainers).sort()).toEqual(trainerKinds.map((k) => k.kind).sort());
});

describe.each(Object.keys(trainers))("the law of trainers: %s", (kind) => {
  test.each(trainerLaws)("$name", { timeout: 60_000 }, async (law) => {
    const trainer = trainers[kind]?.();
    expect(trainer?.kind).toBe(kind);
    if (trainer !== undefined) await law.check(trainer, fixture);
  });
});
