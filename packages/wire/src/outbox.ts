import type { HeldRange } from "./messages.js";

/** Names a record: the agent start that made it, and its place in it (from 1). */
export interface OutboxKey {
  readonly bootEpoch: number;
  readonly seq: number;
}

/** What a record is. */
export type OutboxKind = "window" | "sample" | "event";

/** A record that waits for its acknowledgement. */
export interface OutboxRecord extends OutboxKey {
  readonly kind: OutboxKind;
  readonly bytes: Uint8Array;
}

/** What became of an append. A refused record has used no number. */
export type AppendOutcome =
  | { readonly kind: "appended"; readonly key: OutboxKey }
  | { readonly kind: "refused"; readonly code: "wire/record-too-large"; readonly message: string };

/** How full the outbox is and what its bounds have cost since it was opened. */
export interface OutboxStats {
  /** Not acknowledged yet. */
  readonly records: number;
  readonly bytes: number;
  /** Unacknowledged records dropped for want of room, oldest first. */
  readonly droppedRecords: number;
  readonly droppedBytes: number;
  /** Damaged stretches found since it was opened (a torn end among them), and their bytes. */
  readonly damagedRecords: number;
  readonly damagedBytes: number;
  /** Appends refused because the record was larger than any record may be. */
  readonly refused: number;
}

/**
 * What a device has to say and nobody has stored yet. Laws:
 * - `append` gives each record the next number of this boot epoch, and lets `encode` write it into the record; when it
 *   resolves, the record is as durable as the outbox was opened to be. When `encode` throws, or there is no room on the
 *   disk, nothing has changed and no number is used.
 * - `peek` gives unacknowledged records in the order (epoch, number), earlier epochs first; with `after`, those behind
 *   that key. It may give fewer than asked (large ones), but none only when there are none. It removes nothing.
 * - `ackThrough(epoch, seq)` drops the records of that epoch up to that number, and no other; it may be repeated, and
 *   may name what was never appended.
 * - A new opening of the same store has a higher boot epoch, and holds every unacknowledged record under its old key.
 *   An acknowledgement may be forgotten by a crash; a durable record may not.
 * - Its size is bounded: to make room, the oldest records go first, and are counted.
 */
export interface Outbox {
  readonly bootEpoch: number;
  append(kind: OutboxKind, encode: (key: OutboxKey) => Uint8Array): Promise<AppendOutcome>;
  peek(most: number, after?: OutboxKey): Promise<readonly OutboxRecord[]>;
  ackThrough(key: OutboxKey): Promise<void>;
  /** What is held, in ranges without holes, ascending; the last one is this boot epoch's, also when it holds nothing. */
  held(): readonly HeldRange[];
  stats(): OutboxStats;
  close(): Promise<void>;
}

/** Orders keys by epoch, then by number. */
export function compareKeys(a: OutboxKey, b: OutboxKey): number {
  return a.bootEpoch - b.bootEpoch || a.seq - b.seq;
}

/**
 * The boot epoch of an outbox that remembers none: seconds since 2020-01-01, so that a device whose state was wiped
 * does not use its old epochs again; 1 when the clock is unset. Later starts add 1.
 */
export function firstEpochAt(nowMs: number): number {
  return Math.max(1, Math.min(0xffff_fffe, Math.floor((nowMs - Date.UTC(2020, 0, 1)) / 1000)));
}
