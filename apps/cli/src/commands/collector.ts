import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { exitCodes, KedgeError } from "@kedge/core";
import type { AddCommands } from "../action.js";
import { cliCodes } from "../errors.js";

function collectorProgram(): string {
  const missing = (cause?: unknown): KedgeError =>
    new KedgeError(cliCodes.collectorMissing, "the collector's program is not here", {
      hint: "Install @kedge/collector beside @kedge/cli; in a checkout, run: npm run build",
      context: { exit: "config" },
      cause,
    });
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve("@kedge/collector/package.json");
  } catch (cause) {
    throw missing(cause);
  }
  const program = join(dirname(manifest), "dist", "main.js");
  if (!existsSync(program)) throw missing();
  return program;
}

/** Runs the collector in this one's place: it has the terminal, its exit code becomes ours. */
export async function runCollector(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [collectorProgram(), ...args], { stdio: "inherit" });
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

/** `kedge collector …`, `backup` and `restore`: listed here; run by the program before anything is parsed, since all their arguments are the collector's. */
export const addCollector: AddCommands = (program, runner) => {
  for (const [name, description, before] of [
    ["collector", "run a collector in this terminal; `kedge collector --help` says what it takes", []],
    ["backup", "copy a collector's data on this machine into a new directory, while it runs or not", ["backup"]],
    ["restore", "put a backup back as a collector's data directory", ["restore"]],
  ] as const) {
    program
      .command(`${name} [arguments...]`)
      .description(description)
      .helpOption(false)
      .allowUnknownOption(true)
      .action(runner.does((_, __, args) => runCollector([...before, ...args])));
  }
};
