import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Seconds and memory that a self-test may take. */
const timeoutMs = 60_000;
const heapMiB = 512;

/** Runs a bundle's golden inputs in a process of its own; `undefined` when all outputs are as signed, else why not. */
export function runSelfTest(
  bundleDirectory: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<string | undefined> {
  const worker = fileURLToPath(new URL("./self-test-worker.js", import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, worker, bundleDirectory], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (part: string) => {
      // The worker says one line; whatever else a native library prints must not fill the memory here.
      if (output.length < 65_536) output += part;
    });
    const limit = options.timeoutMs ?? timeoutMs;
    const timer = setTimeout(() => child.kill("SIGKILL"), limit);
    const giveUp = (): boolean => child.kill("SIGKILL");
    options.signal?.addEventListener("abort", giveUp, { once: true });
    child.on("error", (error) => resolve(`the self-test could not be started: ${error.message}`));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", giveUp);
      if (code === 0) resolve(undefined);
      else if (signal !== null) resolve(signal === "SIGKILL" ? `it was not done in ${limit / 1_000} s, or took too much memory` : `it ended by ${signal}`);
      else resolve(messageIn(output) ?? `it ended with exit code ${code ?? "none"}`);
    });
  });
}

function messageIn(output: string): string | undefined {
  try {
    const last = JSON.parse(output.trim().split("\n").at(-1) ?? "") as { message?: unknown };
    return typeof last.message === "string" ? last.message : undefined;
  } catch {
    return undefined;
  }
}
