import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import { z } from "zod";
import { type RetrainCode, retrainCodes as codes, type TrainingJob, type TrainingOutcome, trainingMetricsSchema } from "../../src/index.js";

/** 256 MiB is far beyond what an edge device loads. */
const maxModelBytes = 256 * 1024 * 1024;
const maxJsonBytes = 1024 * 1024;

const knownCodes = Object.values(codes) as readonly RetrainCode[];
const failureFile = z.object({ code: z.string(), message: z.string(), retryable: z.boolean().default(false) });

/** Makes an empty directory for the job with `job.json` in it. Dataset paths in it are absolute. */
export async function openJobDirectory(workDir: string, job: TrainingJob): Promise<string> {
  const dir = join(resolve(workDir), job.jobId);
  try {
    await rm(dir, { recursive: true, force: true });
    await mkdir(join(dir, "result"), { recursive: true, mode: 0o700 });
    const datasets = job.datasets.map((d) => ({ ...d, path: resolve(d.path) }));
    const warmStart = job.warmStart === undefined ? {} : { warmStart: resolve(job.warmStart) };
    await writeFile(join(dir, "job.json"), `${JSON.stringify({ ...job, datasets, ...warmStart }, null, 2)}\n`, { mode: 0o600 });
    return dir;
  } catch (cause) {
    throw new KedgeError(codes.workDirUnwritable, `making the directory ${dir} of a training job failed: ${messageOf(cause)}`, {
      hint: "give the collector a state directory that it may write to",
      context: { path: dir, exit: "storage" },
      cause,
    });
  }
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array | string> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) return `holds ${size} bytes, more than ${maxBytes}`;
    return new Uint8Array(await readFile(path));
  } catch (error) {
    return messageOf(error);
  }
}

function parseJson(bytes: Uint8Array | string): unknown {
  try {
    return typeof bytes === "string" ? undefined : JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** What the trainer says of its own failure (`result/failure.json`), when it says something. */
export async function readFailure(dir: string): Promise<{ readonly code: RetrainCode; readonly message: string; readonly retryable: boolean } | undefined> {
  const parsed = failureFile.safeParse(parseJson(await readBounded(join(dir, "result", "failure.json"), maxJsonBytes)));
  if (!parsed.success) return undefined;
  const code = knownCodes.find((c) => c === parsed.data.code) ?? codes.trainerFailed;
  return { code, message: parsed.data.message.slice(0, 1000), retryable: parsed.data.retryable };
}

/** Reads `result/model.onnx` and `result/metrics.json` of a trainer that ended well. */
export async function readResult(dir: string, tail: string): Promise<TrainingOutcome> {
  const bad = (message: string): TrainingOutcome => ({ kind: "failed", code: codes.badResult, message, detail: tail, retryable: false });
  const onnx = await readBounded(join(dir, "result", "model.onnx"), maxModelBytes);
  if (typeof onnx === "string") return bad(`the trainer ended well, but result/model.onnx ${onnx}`);
  if (onnx.length === 0) return bad("the trainer ended well, but result/model.onnx is empty");
  const metrics = trainingMetricsSchema.safeParse(parseJson(await readBounded(join(dir, "result", "metrics.json"), maxJsonBytes)));
  if (!metrics.success) return bad("the trainer ended well, but result/metrics.json is no flat object of numbers");
  return { kind: "trained", onnx, metrics: metrics.data };
}

/** Removes the oldest directories of failed jobs but for `keep`, which are there to be looked into. */
export async function pruneJobDirectories(workDir: string, keep: number, running: ReadonlySet<string>): Promise<void> {
  const names = (await readdir(workDir).catch(() => [])).filter((name) => !running.has(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(workDir, name);
      const isJob = await stat(join(path, "job.json"))
        .then((s) => s.isFile())
        .catch(() => false);
      return { path, isJob, atMs: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  const old = found
    .filter((f) => f.isJob)
    .sort((a, b) => b.atMs - a.atMs)
    .slice(keep);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}
