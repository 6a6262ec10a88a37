import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What a self-test may take. */
export interface SelfTestLimits {
  readonly timeoutMs: number;
  /** Resident memory; looked at 20 times a second, where the system tells (Linux). */
  readonly memoryMiB: number;
}

/** A model that needs a minute or a gibibyte for a few golden cases has no place beside others on a device. */
const limits: SelfTestLimits = { timeoutMs: 60_000, memoryMiB: 1_024 };
const lookEveryMs = 50;

/** The compiled worker: node runs no TypeScript, so tests on the sources take it from the build. */
export function workerPath(): string {
  return fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../dist/self-test-worker.js" : "./self-test-worker.js", import.meta.url));
}

async function residentMiB(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, "utf8").catch(() => "");
  // Pages of 4 KiB; where they are larger, the limit is lower, and still far above what a model's golden cases take.
  return (Number(statm.split(" ")[1] ?? 0) * 4) / 1024;
}

/** When memory runs out all the same, the test ends and not the agent. */
function sacrificeFirst(pid: number): void {
  writeFile(`/proc/${pid}/oom_score_adj`, "1000").catch(() => undefined);
}

/** Runs a bundle's golden inputs in a process of its own; `undefined` when all outputs are as signed, else why not. */
export function runSelfTest(
  bundleDirectory: string,
  options: Partial<SelfTestLimits> & { readonly signal?: AbortSignal; readonly worker?: string } = {},
): Promise<string | undefined> {
  const { timeoutMs, memoryMiB, signal, worker = workerPath() } = { ...limits, ...options };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${memoryMiB}`, worker, bundleDirectory], { stdio: ["ignore", "pipe", "ignore"] });
    const { pid } = child;
    let verdict: string | undefined;
    const kill = (why: string): void => {
      verdict ??= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => kill(`it was not done in ${timeoutMs / 1_000} s`), timeoutMs);
    const watch = setInterval(() => {
      if (pid !== undefined) void residentMiB(pid).then((used) => used > memoryMiB && kill(`it took more than ${memoryMiB} MiB of memory`));
    }, lookEveryMs);
    const giveUp = (): void => kill("it was given up");
    signal?.addEventListener("abort", giveUp, { once: true });
    if (signal?.aborted === true) giveUp();
    if (pid !== undefined) sacrificeFirst(pid);
    let output = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (part: string) => {
      // The worker says one line; whatever else a native library prints must not fill the memory here.
      output = (output + part).slice(-65_536);
    });
    const end = (found: string | undefined): void => {
      clearTimeout(timer);
      clearInterval(watch);
      signal?.removeEventListener("abort", giveUp);
      resolve(found);
    };
    child.on("error", (error) => end(`the self-test could not be started: ${error.message}`));
    child.on("close", (code, by) => end(verdict ?? faultIn(output, code, by)));
  });
}

/** A worker that ends without saying that all is well has not said it: also with exit code 0. */
function faultIn(output: string, code: number | null, by: string | null): string | undefined {
  try {
    const last = JSON.parse(output.trim().split("\n").at(-1) ?? "") as { ok?: unknown; message?: unknown };
    if (last.ok === true && code === 0) return undefined;
    if (typeof last.message === "string") return last.message;
  } catch {
    // No JSON: told below.
  }
  return by === null ? `it ended with exit code ${code ?? "none"} and no verdict` : `it ended by ${by}`;
}
