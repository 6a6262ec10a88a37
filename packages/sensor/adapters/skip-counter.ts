import type { Log } from "@kedge/core";
import type { SourceCounts } from "../src/index.js";

/** Counts what a source read and skipped; says the first skip of each thousand, so that a broken sensor fills no log. */
export class SkipCounter {
  readonly #log: Log;
  readonly #source: string;
  #read = 0;
  #skipped = 0;
  #lastSkip: string | null = null;

  constructor(log: Log, source: string) {
    this.#log = log;
    this.#source = source;
  }

  readOne(): void {
    this.#read += 1;
  }

  skip(code: string, message: string): void {
    if (this.#skipped % 1000 === 0) this.#log.warn({ code, source: this.#source, skipped: this.#skipped + 1 }, `a reading was skipped: ${message}`);
    this.#skipped += 1;
    this.#lastSkip = `${code}: ${message}`;
  }

  counts(): SourceCounts {
    return { read: this.#read, skipped: this.#skipped, lastSkip: this.#lastSkip };
  }
}
