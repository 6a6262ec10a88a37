import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import { messageOf } from "@kedge/core";
import type { CancelSignal } from "../../src/index.js";

/** What to run, and how long it may take. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
  /** From being asked to end (SIGTERM) to being killed. */
  readonly graceMs: number;
  /** How much the program steps back for others (0 to 19). */
  readonly niceness: number;
}

/** How a program ended. `tail` is the end of its standard error. */
export type ProgramEnd =
  | { readonly kind: "ended"; readonly exitCode: number | null; readonly exitSignal: string | null; readonly tail: string }
  | { readonly kind: "timed-out" | "cancelled"; readonly tail: string }
  | { readonly kind: "not-started"; readonly message: string };

/** Enough for a stack trace. */
const tailBytes = 4096;

/** A longer line on standard output is no progress report; it is dropped as it comes. */
const maxLineBytes = 65_536;

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let part = "";
  let isTooLong = false;
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const [first = "", ...rest] = chunk.split("\n");
    part += isTooLong ? "" : first;
    for (const next of rest) {
      if (!isTooLong) onLine(part);
      isTooLong = false;
      part = next;
    }
    isTooLong ||= part.length > maxLineBytes;
    if (isTooLong) part = "";
  });
}

/** Signals the program and all that it started: it leads a process group of its own. */
function signalAll(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
    child.kill(signal);
  }
}

function stepBack(child: ChildProcess, niceness: number): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, niceness);
  } catch {
    // It has ended already, or the machine does not let us: a courtesy, not a need.
  }
}

/**
 * Runs a program to its end, without a shell. It reads end-of-file on standard input when this process dies, so a
 * well-behaved trainer ends then too. Settles after the program and its output have ended, however that came about.
 */
export function runProgram(program: Program, onLine: (line: string) => void, cancel: CancelSignal): Promise<ProgramEnd> {
  if (cancel.aborted) return Promise.resolve({ kind: "cancelled", tail: "" });
  return new Promise((resolve) => {
    const child = spawn(program.command, [...program.args], { cwd: program.cwd, stdio: ["pipe", "pipe", "pipe"], detached: process.platform !== "win32" });
    stepBack(child, program.niceness);
    let tail = "";
    let ended: "timed-out" | "cancelled" | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (why: "timed-out" | "cancelled"): void => {
      if (ended !== undefined) return;
      ended = why;
      signalAll(child, "SIGTERM");
      killTimer = setTimeout(() => signalAll(child, "SIGKILL"), program.graceMs);
    };
    const onAbort = (): void => stop("cancelled");
    const timer = setTimeout(() => stop("timed-out"), program.timeoutMs);
    const settle = (end: ProgramEnd): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      cancel.removeEventListener("abort", onAbort);
      resolve(end);
    };
    cancel.addEventListener("abort", onAbort);
    child.stdin.on("error", () => undefined);
    eachLine(child.stdout, onLine);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-tailBytes);
    });
    child.on("error", (error) => {
      if (child.pid === undefined) settle({ kind: "not-started", message: messageOf(error) });
    });
    child.on("close", (exitCode, exitSignal) => {
      // What the program left behind in its group must not outlive it.
      signalAll(child, "SIGKILL");
      settle(ended === undefined ? { kind: "ended", exitCode, exitSignal, tail: tail.trim() } : { kind: ended, tail: tail.trim() });
    });
  });
}
