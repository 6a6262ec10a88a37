import { KedgeError } from "@kedge/core";
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { storeCodes, storeLimits } from "../../src/index.js";
import { inTransaction, pause } from "./transaction.js";

interface Waiting {
  readonly size: number;
  write(): void;
  committed(): void;
  failed(error: unknown): void;
}

/**
 * Writes that come at the same time share one transaction: a sync to disk costs milliseconds, however much it covers.
 * Bounded; what does not fit is refused, and whoever sent it keeps it.
 */
export class GroupCommit {
  readonly #db: DatabaseSyncInstance;
  readonly #fault: (error: unknown) => Error;
  readonly #undone: () => void;
  #waiting: Waiting[] = [];
  #pending = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;

  /** `undone` is called after a transaction was taken back, to forget what was learnt in it. */
  constructor(db: DatabaseSyncInstance, on: { readonly fault: (error: unknown) => Error; readonly undone: () => void }) {
    this.#db = db;
    this.#fault = on.fault;
    this.#undone = on.undone;
  }

  /** Runs `write` in a transaction with others, and settles once it is committed. `size`: how many rows it writes. */
  run<T>(size: number, write: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new KedgeError(storeCodes.closed, "writing to a store that was closed", { context: { exit: "storage" } }));
    if (this.#pending > 0 && this.#pending + size > storeLimits.pending) {
      const message = `committing ${size} rows failed: ${this.#pending} wait already`;
      return Promise.reject(
        new KedgeError(storeCodes.overloaded, message, { hint: "The disk is slower than what comes in; devices send again.", retryable: true }),
      );
    }
    return new Promise((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        size,
        write() {
          result = write();
        },
        committed: () => resolve(result),
        failed: reject,
      });
      this.#pending += size;
      this.#running ??= this.#drain();
    });
  }

  /** Settles when everything that was given is written; takes nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // One turn of the loop later, whatever else the sockets brought is here to share the sync.
      await pause();
      this.#commit(this.#next());
    }
    this.#running = undefined;
  }

  #next(): Waiting[] {
    let size = 0;
    let count = 0;
    for (const { size: more } of this.#waiting) {
      if (count > 0 && size + more > storeLimits.group) break;
      size += more;
      count += 1;
    }
    this.#pending -= size;
    return this.#waiting.splice(0, count);
  }

  #commit(group: readonly Waiting[]): void {
    try {
      inTransaction(this.#db, () => {
        for (const one of group) one.write();
      });
    } catch (error) {
      this.#undone();
      const fault = this.#fault(error);
      for (const one of group) one.failed(fault);
      return;
    }
    for (const one of group) one.committed();
  }
}
