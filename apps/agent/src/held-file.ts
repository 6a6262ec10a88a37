import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { DeviceId } from "@kedge/core";
import type { ClosedWindow } from "@kedge/profile";
import { decodeWindow, encodeWindow, type OutboxKey, wireLimits } from "@kedge/wire";

/** What waited when the agent ended; `releasedAs`: it was about to go into the outbox as this record. */
export interface FoundHeld {
  readonly window: ClosedWindow;
  readonly releasedAs: (OutboxKey & { readonly bytes: Uint8Array }) | undefined;
}

const waiting = 0;
const releasing = 1;

/**
 * The window that waits to be sent, kept over restarts: one byte that says whether it is being put into the outbox, then the window as on the
 * wire, under its number once it has one. Each write replaces the file whole (temporary file, fsync, rename), and blocks: it is small, and the
 * outbox gives a number only to somebody who does not wait. So the rows of a window are, after any crash, either here or in the outbox.
 */
export class HeldFile {
  readonly #path: string;
  readonly #deviceId: DeviceId;
  #isThere = false;

  constructor(path: string, deviceId: DeviceId) {
    this.#path = path;
    this.#deviceId = deviceId;
  }

  /** Whether something waits on the disk. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** What waits; `undefined` when nothing does, a text when it cannot be read. */
  read(): FoundHeld | string | undefined {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(this.#path);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : String((error as NodeJS.ErrnoException).code);
    }
    this.#isThere = true;
    if (bytes.length > wireLimits.windowBytes + 1) return `it has ${bytes.length} bytes`;
    const decoded = decodeWindow(bytes.subarray(1));
    if (decoded.kind === "rejected") return decoded.message;
    // The time since the start of an agent that is no more says nothing about this one.
    const { key, uptimeMs: _, ...window } = decoded.value;
    return { window, releasedAs: bytes[0] === releasing ? { bootEpoch: key.bootEpoch, seq: key.seq, bytes: bytes.subarray(1) } : undefined };
  }

  keep(window: ClosedWindow): void {
    this.#write(waiting, encodeWindow({ ...window, key: { deviceId: this.#deviceId, bootEpoch: 1, seq: 1 } }));
  }

  /** Notes that the window goes into the outbox as these bytes, which hold its number. */
  release(encoded: Uint8Array): void {
    this.#write(releasing, encoded);
  }

  remove(): void {
    if (!this.#isThere) return;
    rmSync(this.#path, { force: true });
    this.#sync(dirname(this.#path), "r");
    this.#isThere = false;
  }

  #write(state: number, encoded: Uint8Array): void {
    const next = `${this.#path}.new`;
    const file = openSync(next, "w", 0o600);
    try {
      writeSync(file, Uint8Array.of(state));
      writeSync(file, encoded);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, this.#path);
    this.#sync(dirname(this.#path), "r");
    this.#isThere = true;
  }

  #sync(path: string, flags: string): void {
    const file = openSync(path, flags);
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
