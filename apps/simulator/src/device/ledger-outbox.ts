import type { AppendOutcome, HeldRange, Outbox, OutboxKey, OutboxKind, OutboxRecord, OutboxStats } from "@kedge/wire";
import type { MemoryOutbox } from "@kedge/wire/adapters";

/** What became of the windows of some devices. */
export interface WindowCounts {
  /** Put into an outbox. */
  produced: number;
  /** The collector said that it has them. */
  acknowledged: number;
  /** Lost to the outbox's bound, before any acknowledgement. */
  dropped: number;
}

/** Told of each window that is acknowledged: how long after its end. */
export type OnAcknowledged = (latencyMs: number) => void;

interface Waiting {
  readonly seq: number;
  readonly endedAtMs: number;
}

/** A device's outbox that counts what becomes of its windows, over all starts of the device. */
export class LedgerOutbox implements Outbox {
  readonly #inner: MemoryOutbox;
  readonly #counts: WindowCounts;
  readonly #onAcknowledged: OnAcknowledged;
  /** Windows that wait for their acknowledgement, by boot epoch and in order. */
  readonly #waiting: Map<number, Waiting[]>;
  #endedAtMs = 0;

  constructor(
    inner: MemoryOutbox,
    deps: { readonly counts: WindowCounts; readonly onAcknowledged: OnAcknowledged },
    waiting: Map<number, Waiting[]> = new Map(),
  ) {
    this.#inner = inner;
    this.#counts = deps.counts;
    this.#onAcknowledged = deps.onAcknowledged;
    this.#waiting = waiting;
  }

  /** What a restart of the device finds. */
  restarted(): LedgerOutbox {
    return new LedgerOutbox(this.#inner.restarted(), { counts: this.#counts, onAcknowledged: this.#onAcknowledged }, this.#waiting);
  }

  get bootEpoch(): number {
    return this.#inner.bootEpoch;
  }

  /** The next window ended then (monotonic). */
  stamp(endedAtMs: number): void {
    this.#endedAtMs = endedAtMs;
  }

  async append(kind: OutboxKind, encode: (key: OutboxKey) => Uint8Array): Promise<AppendOutcome> {
    const endedAtMs = this.#endedAtMs;
    const outcome = await this.#inner.append(kind, encode);
    if (outcome.kind !== "appended" || kind !== "window") return outcome;
    const { bootEpoch, seq } = outcome.key;
    const waiting = this.#waiting.get(bootEpoch) ?? [];
    this.#waiting.set(bootEpoch, waiting);
    waiting.push({ seq, endedAtMs });
    this.#counts.produced += 1;
    this.#forgetDropped();
    return outcome;
  }

  /** Of windows that made way for newer ones no acknowledgement comes that means anything. */
  #forgetDropped(): void {
    if (this.#inner.stats().droppedRecords === 0) return;
    const held = this.#inner.held();
    for (const [epoch, waiting] of this.#waiting) {
      const kept = waiting.filter(({ seq }) => held.some((h) => h.bootEpoch === epoch && h.oldestSeq <= seq && seq < h.nextSeq));
      this.#counts.dropped += waiting.length - kept.length;
      this.#waiting.set(epoch, kept);
    }
  }

  peek(most: number, after?: OutboxKey): Promise<readonly OutboxRecord[]> {
    return this.#inner.peek(most, after);
  }

  async ackThrough(key: OutboxKey): Promise<void> {
    await this.#inner.ackThrough(key);
    const waiting = this.#waiting.get(key.bootEpoch);
    if (waiting === undefined) return;
    const nowMs = performance.now();
    let done = 0;
    while (done < waiting.length && (waiting[done] as Waiting).seq <= key.seq) {
      this.#onAcknowledged(nowMs - (waiting[done] as Waiting).endedAtMs);
      done += 1;
    }
    this.#counts.acknowledged += done;
    if (done === waiting.length) this.#waiting.delete(key.bootEpoch);
    else waiting.splice(0, done);
  }

  held(): readonly HeldRange[] {
    return this.#inner.held();
  }

  stats(): OutboxStats {
    return this.#inner.stats();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
