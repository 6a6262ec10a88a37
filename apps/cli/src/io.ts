import { homedir } from "node:os";
import { setTimeout as after } from "node:timers/promises";
import type { Fetch } from "@kedge/api";
import type { Clock } from "@kedge/core";
import { httpFetch } from "./http-fetch.js";

/** Where text goes. */
export interface Output {
  readonly isTerminal: boolean;
  write(text: string): void;
}

/** All of the outside that a command touches beside files: tests give their own. */
export interface Io {
  /** Data. */
  readonly stdout: Output;
  /** Messages. */
  readonly stderr: Output;
  /** All of standard input. */
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly clock: Clock;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Settles after `ms`, or when the signal says so. */
  readonly sleep: (ms: number) => Promise<void>;
  /** A way to collectors whose certificates the authority `ca` (PEM) signed. */
  readonly fetchWith: (ca: string | undefined) => Fetch;
}

/** The process's own outside. */
export function processIo(signal: AbortSignal): Io {
  const output = (stream: NodeJS.WriteStream): Output => ({ isTerminal: stream.isTTY === true, write: (text) => void stream.write(text) });
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    stdin: async () => {
      let text = "";
      for await (const part of process.stdin.setEncoding("utf8")) text += String(part);
      return text;
    },
    env: process.env,
    home: homedir(),
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    signal,
    sleep: (ms) => after(ms, undefined, { signal }).catch(() => {}),
    fetchWith: (ca) => httpFetch({ ca, signal }),
  };
}
