import {
  type AppendOutcome,
  firstEpochAt,
  type HeldRange,
  type Outbox,
  type OutboxKey,
  type OutboxKind,
  type OutboxRecord,
  type OutboxStats,
} from "../../src/index.js";
import { OutboxIndex } from "../outbox-index.js";

/** The bounds of an outbox in memory, and what it starts from. */
export interface MemoryOutboxOptions {
  readonly maxBytes?: number;
  readonly maxRecordBytes?: number;
  /** The boot epoch; by default from the clock. */
  readonly bootEpoch?: number;
}

/** An outbox that lasts as long as the process: for tests, simulations, and devices without a disk. */
export class MemoryOutbox implements Outbox {
  readonly bootEpoch: number;
  readonly #maxBytes: number;
  readonly #maxRecordBytes: number;
  readonly #index: OutboxIndex<Uint8Array>;
  #nextSeq = 1;
  readonly #counts = { droppedRecords: 0, droppedBytes: 0, refused: 0 };

  constructor(options: MemoryOutboxOptions = {}, carried: OutboxIndex<Uint8Array> = new OutboxIndex()) {
    this.#maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
    this.#maxRecordBytes = Math.min(options.maxRecordBytes ?? 4 * 1024 * 1024, this.#maxBytes);
    this.bootEpoch = options.bootEpoch ?? firstEpochAt(Date.now());
    this.#index = carried;
  }

  /** What a restart would find: the same records under their old keys, and a higher boot epoch. */
  restarted(): MemoryOutbox {
    return new MemoryOutbox({ maxBytes: this.#maxBytes, maxRecordBytes: this.#maxRecordBytes, bootEpoch: this.bootEpoch + 1 }, this.#index);
  }

  async append(kind: OutboxKind, encode: (key: OutboxKey) => Uint8Array): Promise<AppendOutcome> {
    const key = { bootEpoch: this.bootEpoch, seq: this.#nextSeq };
    const bytes = new Uint8Array(encode(key));
    if (bytes.length > this.#maxRecordBytes) {
      this.#counts.refused += 1;
      return { kind: "refused", code: "wire/record-too-large", message: `keeping a ${kind} of ${bytes.length} bytes: at most ${this.#maxRecordBytes} fit` };
    }
    while (this.#index.bytes + bytes.length > this.#maxBytes) this.#dropOldest();
    this.#index.add({ ...key, kind, length: bytes.length, place: bytes });
    this.#nextSeq += 1;
    return { kind: "appended", key };
  }

  async peek(most: number, after?: OutboxKey): Promise<readonly OutboxRecord[]> {
    const records: OutboxRecord[] = [];
    for (const { bootEpoch, seq, kind, place } of this.#index.entries(after)) {
      if (records.length >= most) break;
      records.push({ bootEpoch, seq, kind, bytes: place });
    }
    return records;
  }

  async ackThrough(key: OutboxKey): Promise<void> {
    this.#index.ackThrough(key);
  }

  held(): readonly HeldRange[] {
    return this.#index.held({ bootEpoch: this.bootEpoch, seq: this.#nextSeq });
  }

  stats(): OutboxStats {
    return { records: this.#index.records, bytes: this.#index.bytes, ...this.#counts, damagedRecords: 0, damagedBytes: 0 };
  }

  async close(): Promise<void> {}

  #dropOldest(): void {
    this.#counts.droppedRecords += 1;
    this.#counts.droppedBytes += this.#index.shift()?.length ?? 0;
  }
}
