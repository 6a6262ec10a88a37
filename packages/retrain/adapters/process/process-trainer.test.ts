import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@kedge/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TrainingOutcome, TrainingProgress } from "../../src/index.js";
import { commandTrainer } from "../command/command-trainer.js";
import { workerPath } from "../tfjs/tfjs-trainer.js";
import { toyJob } from "../toy-job.fixture.js";
import { openJobDirectory } from "./job-directory.js";

let dir = "";
let workDir = "";
const never = new AbortController().signal;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "kedge-command-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  workDir = await mkdtemp(join(dir, "work-"));
});

const result = 'const fs = require("node:fs"); const dir = process.argv[1]; const put = (name, text) => fs.writeFileSync(dir + "/result/" + name, text);';

async function trainBy(
  code: string,
  options: { readonly timeoutMs?: number; readonly jobId?: string; readonly progress?: TrainingProgress[] } = {},
): Promise<TrainingOutcome> {
  const config = commandTrainer.config.parse({
    kind: "command",
    command: process.execPath,
    args: ["-e", result + code],
    timeoutMs: options.timeoutMs ?? 20_000,
    graceMs: 200,
  });
  const trainer = commandTrainer.create(config, { workDir, log: silentLog });
  return trainer.train(await toyJob(dir, options.jobId ?? "job"), (p) => options.progress?.push(p), never);
}

describe("a command", () => {
  test("gets the job and gives the model, its metrics and progress; its directory goes", async () => {
    const progress: TrainingProgress[] = [];
    const code =
      'const job = JSON.parse(fs.readFileSync(dir + "/job.json")); console.log("starting"); console.log(JSON.stringify({share: 0.5, message: "half", loss: 1.5})); console.log("{broken"); console.log(JSON.stringify({share: 7, message: "x"})); put("model.onnx", job.jobId); put("metrics.json", JSON.stringify({accuracy: 0.9}));';
    const outcome = await trainBy(code, { jobId: "good", progress });
    expect(outcome).toEqual({ kind: "trained", onnx: new Uint8Array(Buffer.from("good")), metrics: { accuracy: 0.9 } });
    expect(progress).toEqual([{ share: 0.5, message: "half", loss: 1.5 }]);
    expect(await readdir(workDir)).toEqual([]);
  });

  test.each<[string, string, Partial<Extract<TrainingOutcome, { kind: "failed" }>>]>([
    [
      "an exit code",
      'console.error("out of memory"); process.exit(9)',
      { code: "retrain/trainer-failed", message: "the trainer ended with exit code 9", detail: "out of memory", retryable: false },
    ],
    ["a signal", 'process.kill(process.pid, "SIGKILL")', { code: "retrain/trainer-failed", message: "the trainer ended with signal SIGKILL", retryable: true }],
    [
      "its own word",
      'put("failure.json", JSON.stringify({code: "retrain/diverged", message: "NaN", retryable: true})); process.exit(1)',
      { code: "retrain/diverged", message: "NaN", retryable: true },
    ],
    [
      "a code it made up",
      'put("failure.json", JSON.stringify({code: "mine/own", message: "no GPU"})); process.exit(1)',
      { code: "retrain/trainer-failed", message: "no GPU", retryable: false },
    ],
    ["no model", 'put("metrics.json", "{}")', { code: "retrain/bad-result", message: expect.stringContaining("model.onnx") }],
    ["an empty model", 'put("model.onnx", ""); put("metrics.json", "{}")', { code: "retrain/bad-result", message: expect.stringContaining("is empty") }],
    [
      "metrics that are none",
      'put("model.onnx", "x"); put("metrics.json", JSON.stringify({a: "b"}))',
      { code: "retrain/bad-result", message: expect.stringContaining("metrics.json") },
    ],
  ])("that ends with %s fails by name", async (_, code, expected) => {
    expect(await trainBy(code)).toMatchObject({ kind: "failed", ...expected });
  });

  test("that takes too long fails as such, and may be tried again", async () => {
    expect(await trainBy("setInterval(() => {}, 1000)", { timeoutMs: 1000 })).toMatchObject({ code: "retrain/timed-out", retryable: true });
  });

  test("that is not installed fails as such", async () => {
    const trainer = commandTrainer.create(commandTrainer.config.parse({ kind: "command", command: "no-such-trainer" }), { workDir, log: silentLog });
    expect(await trainer.train(await toyJob(dir, "none"), () => {}, never)).toMatchObject({
      code: "retrain/trainer-missing",
      message: expect.stringContaining("no-such-trainer"),
    });
  });

  test("the same job twice at once is refused", async () => {
    const trainer = commandTrainer.create(
      commandTrainer.config.parse({ kind: "command", command: process.execPath, args: ["-e", "setTimeout(() => {}, 300)"] }),
      { workDir, log: silentLog },
    );
    const job = await toyJob(dir, "twice");
    const [first, second] = await Promise.all([trainer.train(job, () => {}, never), trainer.train(job, () => {}, never)]);
    expect(first).toMatchObject({ code: "retrain/bad-result" });
    expect(second).toMatchObject({ code: "retrain/unsupported-job", message: expect.stringContaining("being trained already") });
  });

  test("failed directories are kept for inspection, up to the bound; strangers' files are left alone", async () => {
    await mkdir(join(workDir, "not-a-job"));
    for (const jobId of ["f1", "f2", "f3", "f4", "f5"]) await trainBy("process.exit(1)", { jobId });
    expect((await readdir(workDir)).sort()).toEqual(["f3", "f4", "f5", "not-a-job"]);
  });

  test("leftovers of an earlier run of the job are not taken for its result", async () => {
    await trainBy('put("model.onnx", "old"); put("metrics.json", "{}"); process.exit(1)', { jobId: "again" });
    expect(await trainBy("", { jobId: "again" })).toMatchObject({ code: "retrain/bad-result" });
  });
});

test("a work directory that cannot be made is a fault of the machine", async () => {
  const file = join(dir, "a-file");
  await writeFile(file, "");
  await chmod(file, 0o400);
  await expect(openJobDirectory(file, await toyJob(dir, "nowhere"))).rejects.toMatchObject({
    code: "retrain/work-dir-unwritable",
    context: { exit: "storage" },
    hint: expect.any(String),
  });
});

test("the tfjs worker ends when the program that started it does", async () => {
  const jobDir = await openJobDirectory(workDir, await toyJob(dir, "orphan", 10_000));
  const child = spawn(process.execPath, [workerPath(), jobDir], { stdio: ["pipe", "pipe", "ignore"] });
  const started = new Promise<void>((done) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.includes("epoch 3 ")) done();
    });
  });
  const ended = new Promise((done) => child.on("close", done));
  await started;
  child.stdin.end();
  expect(await ended).toBe(1);
}, 20_000);
