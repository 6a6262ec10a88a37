import type { Kind } from "@kedge/core";
import { z } from "zod";
import type { Trainer } from "../../src/index.js";
import { ProcessTrainer, type TrainerDeps } from "../process/process-trainer.js";

const config = z.strictObject({
  kind: z.literal("command"),
  /** A program; no shell reads it. The job directory comes after `args`. */
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  timeoutMs: z
    .int()
    .min(1000)
    .default(6 * 3_600_000),
  graceMs: z.int().min(0).default(10_000),
  niceness: z.int().min(0).max(19).default(5),
  keepFailed: z.int().min(0).max(1000).default(3),
});

type Config = z.infer<typeof config>;

/** Any program as a trainer: PyTorch, scikit-learn, a cluster's client. */
export const commandTrainer: Kind<typeof config, Config, TrainerDeps, Trainer> = {
  kind: "command",
  summary: "runs any program with the job's directory as its last argument; it writes result/model.onnx and result/metrics.json",
  config,
  create: (config, deps) => new ProcessTrainer(config, deps),
};
