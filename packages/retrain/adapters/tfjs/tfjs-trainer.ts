import { fileURLToPath } from "node:url";
import type { Kind } from "@kedge/core";
import { z } from "zod";
import type { Trainer } from "../../src/index.js";
import { ProcessTrainer, type TrainerDeps } from "../process/process-trainer.js";

const config = z.strictObject({
  kind: z.literal("tfjs"),
  /** Dense nets on thousands of rows take seconds; a quarter of an hour means that something hangs. */
  timeoutMs: z
    .int()
    .min(1000)
    .default(15 * 60_000),
  /** Ingest and alerts must not wait for a training on the same cores. */
  niceness: z.int().min(0).max(19).default(5),
  keepFailed: z.int().min(0).max(1000).default(3),
});

type Config = z.infer<typeof config>;

/** The compiled worker: node runs no TypeScript, so tests on the sources take it from the build. */
export function workerPath(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(isSource ? "../../dist/adapters/tfjs/tfjs-worker.js" : "./tfjs-worker.js", import.meta.url));
}

/** TensorFlow.js on its WASM backend, in a process of its own: a training neither blocks nor bloats the collector. */
export const tfjsTrainer: Kind<typeof config, Config, TrainerDeps, Trainer> = {
  kind: "tfjs",
  summary: "dense nets (classification) by TensorFlow.js on WebAssembly, in a child process; needs nothing else installed",
  config,
  create: ({ timeoutMs, niceness, keepFailed }, deps) =>
    new ProcessTrainer({ kind: "tfjs", command: process.execPath, args: [workerPath()], timeoutMs, graceMs: 2000, niceness, keepFailed }, deps),
};
