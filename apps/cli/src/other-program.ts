import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { exitCodes, KedgeError } from "@kedge/core";
import { cliCodes } from "./errors.js";

function programOf(app: "collector" | "simulator"): string {
  const missing = (cause?: unknown): KedgeError =>
    new KedgeError(cliCodes.programMissing, `the ${app}'s program is not here`, {
      hint: `Install @kedge/${app} beside @kedge/cli; in a checkout, run: npm run build`,
      context: { exit: "config" },
      cause,
    });
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`@kedge/${app}/package.json`);
  } catch (cause) {
    throw missing(cause);
  }
  const program = join(dirname(manifest), "dist", "main.js");
  if (!existsSync(program)) throw missing();
  return program;
}

/** Runs another program of Kedge in this one's place: it has the terminal, its exit code becomes ours. */
export async function runProgram(app: "collector" | "simulator", args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const child = spawn(process.execPath, [programOf(app), ...args], { stdio: "inherit", env: { ...process.env, ...env } });
  // In a terminal both get Ctrl-C; a supervisor signals us alone. The child ends first, in its own order.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => {};
  process.on("SIGTERM", pass).on("SIGHUP", pass).on("SIGINT", ignore);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" || signal === "SIGTERM" ? exitCodes.ok : exitCodes.error)));
    });
  } finally {
    process.off("SIGTERM", pass).off("SIGHUP", pass).off("SIGINT", ignore);
  }
}
