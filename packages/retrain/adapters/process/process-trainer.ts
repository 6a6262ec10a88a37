import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Log } from "@kedge/core";
import { z } from "zod";
import {
  type CancelSignal,
  retrainCodes as codes,
  type Trainer,
  type TrainingJob,
  type TrainingOutcome,
  type TrainingProgress,
  trainingJobSchema,
} from "../../src/index.js";
import { openJobDirectory, pruneJobDirectories, readFailure, readResult } from "./job-directory.js";
import { type ProgramEnd, runProgram } from "./run-program.js";

/** What every trainer needs of the program: where job directories go, and a log. */
export interface TrainerDeps {
  readonly workDir: string;
  readonly log: Log;
}

/** A program that trains in a job directory, given as its last argument. */
export interface TrainerProgram {
  readonly kind: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly niceness: number;
  /** How many directories of failed jobs to leave for inspection. */
  readonly keepFailed: number;
}

/** One line of progress on standard output; other lines are the program's own business. */
const progressLine = z.object({ share: z.number().min(0).max(1), message: z.string().max(1000), loss: z.number().optional() });

function progressOf(line: string): TrainingProgress | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const parsed = progressLine.safeParse(JSON.parse(line));
    if (!parsed.success) return undefined;
    const { share, message, loss } = parsed.data;
    return loss === undefined ? { share, message } : { share, message, loss };
  } catch {
    return undefined;
  }
}

/**
 * Trains by running a program with a job directory. It reads `job.json` there, reports progress as lines of JSON
 * (`{"share": 0.5, "message": "epoch 8 of 15", "loss": 0.3}`), and writes `result/model.onnx` and
 * `result/metrics.json`; exit code 0 says that they are whole. It may say why it failed in `result/failure.json`
 * (`{"code", "message", "retryable"}`). It should end when its standard input ends.
 */
export class ProcessTrainer implements Trainer {
  readonly kind: string;
  readonly #program: TrainerProgram;
  readonly #deps: TrainerDeps;
  readonly #running = new Set<string>();

  constructor(program: TrainerProgram, deps: TrainerDeps) {
    this.kind = program.kind;
    this.#program = program;
    this.#deps = deps;
  }

  async train(job: TrainingJob, onProgress: (progress: TrainingProgress) => void, signal: CancelSignal): Promise<TrainingOutcome> {
    const checked = trainingJobSchema.safeParse(job);
    if (!checked.success) return refuse(`the job is wrong: ${z.prettifyError(checked.error).replaceAll("\n", " ")}`);
    if (this.#running.has(job.jobId)) return refuse(`job ${job.jobId} is being trained already`);
    this.#running.add(job.jobId);
    try {
      return await this.#trainIn(await openJobDirectory(this.#deps.workDir, job), onProgress, signal);
    } finally {
      this.#running.delete(job.jobId);
      await pruneJobDirectories(resolve(this.#deps.workDir), this.#program.keepFailed, this.#running);
    }
  }

  async #trainIn(dir: string, onProgress: (progress: TrainingProgress) => void, signal: CancelSignal): Promise<TrainingOutcome> {
    const { command, args, timeoutMs, graceMs, niceness } = this.#program;
    const onLine = (line: string): void => {
      const progress = progressOf(line);
      if (progress === undefined) this.#deps.log.debug({ trainer: this.kind }, line);
      else onProgress(progress);
    };
    const end = await runProgram({ command, args: [...args, dir], cwd: dir, timeoutMs, graceMs, niceness }, onLine, signal);
    const outcome = end.kind === "ended" && end.exitCode === 0 ? await readResult(dir, end.tail) : await this.#failure(end, dir);
    if (outcome.kind === "trained" || outcome.code === codes.cancelled) await rm(dir, { recursive: true, force: true });
    else this.#deps.log.warn({ trainer: this.kind, dir, code: outcome.code, detail: outcome.detail }, outcome.message);
    return outcome;
  }

  async #failure(end: ProgramEnd, dir: string): Promise<TrainingOutcome> {
    const { command, timeoutMs } = this.#program;
    switch (end.kind) {
      case "not-started":
        return { kind: "failed", code: codes.trainerMissing, message: `starting the trainer ${command} failed: ${end.message}`, detail: "", retryable: false };
      case "cancelled":
        return { kind: "failed", code: codes.cancelled, message: "the training was stopped", detail: end.tail, retryable: false };
      case "timed-out":
        return { kind: "failed", code: codes.timedOut, message: `the training took longer than ${timeoutMs} ms`, detail: end.tail, retryable: true };
      case "ended": {
        const own = await readFailure(dir);
        if (own !== undefined) return { kind: "failed", ...own, detail: end.tail };
        const how = end.exitSignal === null ? `exit code ${end.exitCode}` : `signal ${end.exitSignal}`;
        return { kind: "failed", code: codes.trainerFailed, message: `the trainer ended with ${how}`, detail: end.tail, retryable: end.exitSignal !== null };
      }
    }
  }
}

function refuse(message: string): TrainingOutcome {
  return { kind: "failed", code: codes.unsupportedJob, message, detail: "", retryable: false };
}
