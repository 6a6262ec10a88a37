import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { KedgeError } from "@kedge/core";

/** A program that the demo started. */
export interface Started {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** The exit code (or signal) once it ended. */
  readonly ended: Promise<number | string>;
}

interface Entry {
  readonly started: Started;
  readonly child: ChildProcess;
  isRunning: boolean;
}

/** The demo's child processes: started with a log file each, ended in reverse order, none left behind. */
export class Processes {
  readonly #entries: Entry[] = [];
  #isEnding = false;
  #onDeath: (name: string, how: number | string, logPath: string) => void = () => {};

  /** Called when a process ends although nobody asked it to. */
  onUnexpectedEnd(listener: (name: string, how: number | string, logPath: string) => void): void {
    this.#onDeath = listener;
  }

  /** Starts `node args…`; what it prints goes to `logPath`. */
  start(name: string, args: readonly string[], logPath: string, env: Readonly<Record<string, string>> = {}): Started {
    const log = createWriteStream(logPath, { flags: "a" });
    // A group of its own: Ctrl-C in the terminal reaches the demo alone, which ends its children in order.
    const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    if (child.pid === undefined) throw new KedgeError("demo/process-not-started", `starting ${name} (${args[0] ?? ""}) failed`);
    const ended = new Promise<number | string>((resolve) => {
      child.on("close", (code, signal) => {
        log.end();
        resolve(code ?? signal ?? "unknown");
      });
    });
    const started: Started = { name, pid: child.pid, logPath, ended };
    const entry: Entry = { started, child, isRunning: true };
    this.#entries.push(entry);
    void ended.then((how) => {
      entry.isRunning = false;
      if (!this.#isEnding) this.#onDeath(name, how, logPath);
    });
    return started;
  }

  /** Asks every process to end, last started first; what has not ended after `graceMs` is killed. */
  async endAll(graceMs = 8_000): Promise<void> {
    this.#isEnding = true;
    for (const { child, started, isRunning } of this.#entries.slice().reverse()) {
      if (!isRunning) continue;
      child.kill("SIGTERM");
      const timer = setTimeout(() => this.#killGroup(started.pid), graceMs);
      await started.ended;
      clearTimeout(timer);
    }
  }

  /** For the way out that cannot wait (an exit under way): kills whatever still runs. */
  killAll(): void {
    this.#isEnding = true;
    for (const { started, isRunning } of this.#entries) if (isRunning) this.#killGroup(started.pid);
  }

  #killGroup(pid: number): void {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It ended by itself in the meantime.
    }
  }

  /** Resident memory of this process and all that still run, in MiB (proportional share where Linux tells it). */
  memoryMiB(): number {
    const pids = [process.pid, ...this.#entries.filter((e) => e.isRunning).map((e) => e.started.pid)];
    return pids.reduce((sum, pid) => sum + residentKib(pid), 0) / 1024;
  }
}

/** Proportional resident memory of a process and its children in KiB; 0 where the system does not tell. */
function residentKib(pid: number): number {
  try {
    const own = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const below = pid === process.pid || children === "" ? [] : children.split(/\s+/).map(Number);
    return Number(own?.[1] ?? 0) + below.reduce((sum, child) => sum + residentKib(child), 0);
  } catch {
    return 0;
  }
}
