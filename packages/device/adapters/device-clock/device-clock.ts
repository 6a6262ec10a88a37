import { readFile, rename, writeFile } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import type { Clock } from "@kedge/core";

/** A clock with the time since the agent started, which goes on while the machine sleeps. */
export interface DeviceTime extends Clock {
  uptimeMs(): number;
}

/** Where the time is noted, so that the next start knows it. */
export interface TimeNote {
  /** Empty where nothing is noted. */
  read(): Promise<string>;
  write(text: string): Promise<void>;
}

/** The note in a device's state directory. */
export function fileNote(stateDir: string): TimeNote {
  const path = join(stateDir, "last-time");
  return {
    read: () => readFile(path, "utf8").catch(() => ""),
    async write(text) {
      await writeFile(`${path}.new`, text, { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
  };
}

const keepEveryMs = 15_000;

/** Between what times the device's certificate says that it is: no clock before them can be right. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What the system tells. */
export interface SystemTime extends Clock {
  /** Time since the machine was switched on, sleep included. */
  upMs(): number;
}

const systemTime: SystemTime = { nowMs: () => Date.now(), monotonicMs: () => performance.now(), upMs: () => uptime() * 1_000 };

/**
 * The time of a device that may have no clock of its own. A system clock that is older than the device's certificate was never set: then time goes on
 * from the latest that is known, which is the certificate's begin, or what an earlier start noted, or what the
 * collector said since. So what is counted stays in order, and near to where it belongs even if nobody ever learns when this start began; where the
 * collector knows, it puts windows right by {@link uptimeMs}.
 */
export class DeviceClock implements DeviceTime {
  readonly #system: SystemTime;
  readonly #note: TimeNote;
  readonly #validity: Validity;
  readonly #startedUpMs: number;
  /** Where the time was, and how long the machine had been up, when somebody last knew. */
  #known: { readonly atMs: number; readonly upMs: number };
  #timer: NodeJS.Timeout | undefined;

  private constructor(note: TimeNote, validity: Validity, noted: number, system: SystemTime) {
    this.#system = system;
    this.#note = note;
    this.#validity = validity;
    this.#startedUpMs = system.upMs();
    this.#known = { atMs: Math.max(validity.notBeforeMs, noted), upMs: this.#startedUpMs };
  }

  static async open(note: TimeNote, validity: Validity, system: SystemTime = systemTime): Promise<DeviceClock> {
    const text = await note.read();
    // A clock that once was far ahead must not be believed for ever.
    const noted = /^\d{1,15}\n$/.test(text) && Number(text) <= validity.notAfterMs ? Number(text) : 0;
    return new DeviceClock(note, validity, noted, system);
  }

  /** Whether the system's clock was ever set. */
  get isSet(): boolean {
    return this.#system.nowMs() >= this.#validity.notBeforeMs;
  }

  nowMs(): number {
    return this.isSet ? this.#system.nowMs() : this.#known.atMs + this.#system.upMs() - this.#known.upMs;
  }

  monotonicMs(): number {
    return this.#system.monotonicMs();
  }

  uptimeMs(): number {
    return this.#system.upMs() - this.#startedUpMs;
  }

  /** Somebody who has a clock says what time it is. */
  learn(atMs: number): void {
    if (!this.isSet && atMs >= this.#validity.notBeforeMs && atMs <= this.#validity.notAfterMs) this.#known = { atMs, upMs: this.#system.upMs() };
  }

  /** Notes the time now and again. That it cannot be noted, on a full disk, only makes the next start know less. */
  start(): void {
    void this.note();
    this.#timer = setInterval(() => void this.note(), keepEveryMs);
  }

  async note(): Promise<void> {
    const nowMs = Math.floor(this.nowMs());
    if (nowMs > this.#validity.notAfterMs) return;
    try {
      await this.#note.write(`${nowMs}\n`);
    } catch {}
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.note();
  }
}
