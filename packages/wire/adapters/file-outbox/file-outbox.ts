import { KedgeError, messageOf } from "@kedge/core";
import {
  type AppendOutcome,
  firstEpochAt,
  type HeldRange,
  type Outbox,
  type OutboxKey,
  type OutboxKind,
  type OutboxRecord,
  type OutboxStats,
  wireErrors,
} from "../../src/index.js";
import type { OutboxIndex } from "../outbox-index.js";
import { startEpoch } from "./boot-epoch.js";
import { systemCode } from "./durable-files.js";
import { loadSegments, type Place } from "./load-segments.js";
import { headerBytes, recordAt, recordHeadBytes, segmentRecord } from "./segment-format.js";
import { SegmentFile } from "./segment-file.js";

/** Where an outbox lies, and its bounds. */
export interface FileOutboxOptions {
  /** A folder of its own, which one process at a time uses. */
  readonly folder: string;
  /** Bytes on disk. To make room the oldest segment goes; 64 MiB by default. */
  readonly maxBytes?: number;
  /** A segment's size: what is dropped at once. By default an eighth of `maxBytes`, at most 1 MiB. */
  readonly segmentBytes?: number;
  /** Largest record; 4 MiB by default, at most a quarter of `maxBytes`. */
  readonly maxRecordBytes?: number;
  /**
   * `always`: an append is on the disk when it resolves. `interval`: it is handed to the operating system, survives the
   * end of the process, and is on the disk `syncEveryMs` later; a power cut loses at most that much.
   */
  readonly sync?: "always" | "interval";
  readonly syncEveryMs?: number;
  /** The boot epoch where none was before; by default from the clock. */
  readonly firstEpoch?: number;
}

interface Bounds {
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly maxRecordBytes: number;
}

/** Records given out by one peek have no more bytes than this, or are one. */
const maxPeekBytes = 4 * 1024 * 1024;

/** An outbox in append-only files. Operations run one after the other; each leaves the files whole. */
export class FileOutbox implements Outbox {
  readonly bootEpoch: number;
  readonly #folder: string;
  readonly #bounds: Bounds;
  readonly #isAlways: boolean;
  readonly #index: OutboxIndex<Place>;
  /** Ascending; records go into the last one. */
  readonly #segments: SegmentFile[];
  readonly #counts: { droppedRecords: number; droppedBytes: number; damagedRecords: number; damagedBytes: number; refused: number };
  #nextSeq = 1;
  #nextSegment: number;
  #tail: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isDirty = false;
  #isClosed = false;

  private constructor(options: FileOutboxOptions, found: Awaited<ReturnType<typeof loadSegments>>, bootEpoch: number) {
    this.#folder = options.folder;
    this.#bounds = boundsOf(options);
    this.#isAlways = options.sync !== "interval";
    this.bootEpoch = bootEpoch;
    this.#index = found.index;
    this.#segments = found.segments;
    this.#nextSegment = found.nextSegment;
    this.#counts = { droppedRecords: 0, droppedBytes: 0, refused: 0, damagedRecords: found.damagedRecords, damagedBytes: found.damagedBytes };
    if (this.#isAlways) return;
    this.#timer = setInterval(() => void this.#syncIfDirty().catch(() => {}), options.syncEveryMs ?? 1_000);
    this.#timer.unref();
  }

  static async open(options: FileOutboxOptions): Promise<FileOutbox> {
    boundsOf(options);
    try {
      const found = await loadSegments(options.folder);
      const first = options.firstEpoch ?? firstEpochAt(Date.now());
      const outbox = new FileOutbox(options, found, await startEpoch(options.folder, { inRecords: found.lastEpoch, first }));
      await outbox.#removeEmpty();
      return outbox;
    } catch (error) {
      throw storageFault(wireErrors.outboxUnreadable, `opening the outbox in ${options.folder}`, error);
    }
  }

  append(kind: OutboxKind, encode: (key: OutboxKey) => Uint8Array): Promise<AppendOutcome> {
    return this.#inTurn(async () => {
      const key = { bootEpoch: this.bootEpoch, seq: this.#nextSeq };
      const bytes = encode(key);
      if (bytes.length > this.#bounds.maxRecordBytes) {
        this.#counts.refused += 1;
        const message = `keeping a ${kind} of ${bytes.length} bytes: at most ${this.#bounds.maxRecordBytes} fit`;
        return { kind: "refused", code: "wire/record-too-large", message };
      }
      const segment = await this.#write(kind, key, bytes);
      this.#index.add({ ...key, kind, length: bytes.length, place: segment });
      this.#nextSeq += 1;
      return { kind: "appended", key };
    });
  }

  peek(most: number, after?: OutboxKey): Promise<readonly OutboxRecord[]> {
    return this.#inTurn(async () => {
      const records: OutboxRecord[] = [];
      let bytes = 0;
      for (const entry of this.#index.entries(after)) {
        if (records.length >= most || (records.length > 0 && bytes + entry.length > maxPeekBytes)) break;
        const payload = await this.#read(entry.place, entry);
        if (payload === undefined) continue;
        records.push({ bootEpoch: entry.bootEpoch, seq: entry.seq, kind: entry.kind, bytes: payload });
        bytes += entry.length;
      }
      return records;
    });
  }

  ackThrough(key: OutboxKey): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#index.ackThrough(key).length === 0) return;
      // Not synced: a forgotten acknowledgement costs a repeat, which the collector knows for one. For the same reason
      // a full disk does not matter here.
      const active = this.#segments.at(-1);
      await active?.append(segmentRecord(active.number, { key, kind: "ack", bytes: new Uint8Array(0) }), false).catch(() => {});
      await this.#removeEmpty();
    });
  }

  held(): readonly HeldRange[] {
    return this.#index.held({ bootEpoch: this.bootEpoch, seq: this.#nextSeq });
  }

  stats(): OutboxStats {
    return { records: this.#index.records, bytes: this.#index.bytes, ...this.#counts };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    clearInterval(this.#timer);
    const last = this.#inTurn(() => this.#sync());
    this.#isClosed = true;
    try {
      await last;
    } finally {
      for (const segment of this.#segments) await segment.rest().catch(() => {});
    }
  }

  /** Writes a record, dropping the oldest ones as far as the bound demands. A full disk drops nothing: whoever appends may wait for room. */
  async #write(kind: OutboxKind, key: OutboxKey, bytes: Uint8Array): Promise<Place> {
    const size = recordHeadBytes + bytes.length;
    try {
      const segment = await this.#segmentFor(size);
      const record = segmentRecord(segment.number, { key, kind, bytes });
      const offset = await segment.append(record, this.#isAlways);
      this.#isDirty = !this.#isAlways;
      return { segment, offset };
    } catch (error) {
      throw storageFault(wireErrors.outboxUnwritable, `writing to the outbox in ${this.#folder}`, error);
    }
  }

  /** The segment that the next record goes into, with room made for it. */
  async #segmentFor(size: number): Promise<SegmentFile> {
    const { maxBytes, segmentBytes } = this.#bounds;
    const active = this.#segments.at(-1);
    const isFull = active === undefined || (active.end > headerBytes && active.end + size > segmentBytes);
    const needed = size + (isFull ? headerBytes : 0);
    while (this.#segments.reduce((sum, { end }) => sum + end, needed) > maxBytes && (await this.#dropOldest())) {
      if (this.#segments.length === 0) return this.#segmentFor(size);
    }
    if (!isFull && active !== undefined) return active;
    if (active !== undefined) {
      // Whoever syncs later knows only the last segment.
      if (this.#isDirty) await active.sync();
      await active.rest();
    }
    const segment = await SegmentFile.create(this.#folder, this.#nextSegment);
    this.#nextSegment += 1;
    this.#segments.push(segment);
    return segment;
  }

  async #dropOldest(): Promise<boolean> {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return false;
    const gone = this.#index.removeAt((place) => place.segment === oldest);
    this.#counts.droppedRecords += gone.length;
    this.#counts.droppedBytes += gone.reduce((sum, { length }) => sum + length, 0);
    await oldest.remove();
    return true;
  }

  /** Removes the segments in which nothing waits; the last one only when it is no longer small. */
  async #removeEmpty(): Promise<void> {
    const used = new Set<SegmentFile>();
    for (const { place } of this.#index.entries()) used.add(place.segment);
    const isKept = (segment: SegmentFile, i: number) => used.has(segment) || (i === this.#segments.length - 1 && segment.end < this.#bounds.segmentBytes / 2);
    const empty = this.#segments.filter((segment, i) => !isKept(segment, i));
    for (const segment of empty) {
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      await segment.remove();
    }
  }

  /** A record's payload; one that has become unreadable is given up and counted. */
  async #read(place: Place, entry: OutboxKey & { readonly length: number }): Promise<Uint8Array | undefined> {
    const { segment, offset } = place;
    const bytes = await segment.read(offset, recordHeadBytes + entry.length).catch((error: unknown) => {
      throw storageFault(wireErrors.outboxUnreadable, `reading the outbox in ${this.#folder}`, error);
    });
    const found = recordAt(bytes, 0, segment.number);
    if (found?.seq === entry.seq && found.bootEpoch === entry.bootEpoch) return new Uint8Array(bytes.subarray(recordHeadBytes));
    this.#index.removeAt((other) => other === place);
    this.#counts.damagedRecords += 1;
    this.#counts.damagedBytes += recordHeadBytes + entry.length;
    return undefined;
  }

  #syncIfDirty(): Promise<void> {
    return this.#isDirty && !this.#isClosed ? this.#inTurn(() => this.#sync()) : Promise.resolve();
  }

  async #sync(): Promise<void> {
    await this.#segments.at(-1)?.sync();
    this.#isDirty = false;
  }

  /** Runs one operation after the other; the next one runs whatever became of the last. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      return Promise.reject(new KedgeError(wireErrors.outboxClosed, `using the outbox in ${this.#folder}: it is closed`));
    }
    const turn = this.#tail.then(run);
    this.#tail = turn.catch(() => {});
    return turn;
  }
}

/** Opens the outbox in a folder, which is made if it is not there; a new boot epoch begins. */
export function openFileOutbox(options: FileOutboxOptions): Promise<FileOutbox> {
  return FileOutbox.open(options);
}

function boundsOf(options: FileOutboxOptions): Bounds {
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  const segmentBytes = options.segmentBytes ?? Math.min(1024 * 1024, maxBytes / 8);
  const maxRecordBytes = Math.min(options.maxRecordBytes ?? 4 * 1024 * 1024, maxBytes / 4);
  if (!(maxBytes >= 4_096) || !(segmentBytes > 0 && segmentBytes <= maxBytes / 2)) {
    throw new KedgeError(wireErrors.invalidOptions, `opening the outbox in ${options.folder} with ${maxBytes} bytes in segments of ${segmentBytes}`, {
      hint: "an outbox has at least 4096 bytes, and segments of at most half of that",
      context: { exit: "config" },
    });
  }
  return { maxBytes, segmentBytes, maxRecordBytes };
}

function storageFault(code: string, what: string, cause: unknown): KedgeError {
  if (cause instanceof KedgeError) return cause;
  return new KedgeError(code, `${what}: ${messageOf(cause)}`, {
    hint: "check that the folder can be written by this user and that the disk has room",
    context: { exit: "storage", code: systemCode(cause) },
    retryable: true,
    cause,
  });
}
