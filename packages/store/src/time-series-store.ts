import { type DeviceId, InvariantError, type Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { decodeWindow, encodeWindow, type Sample } from "@kedge/wire";
import type { DeadLetter, DeadLetterQuery, DeadLetterTotal, StoredDeadLetter } from "./dead-letter.js";
import type { Fence } from "./leases.js";
import type { DeviceWindows, MergedWindows } from "./merge-windows.js";
import type { SeriesPoint, SeriesQuestion } from "./series.js";

/** A device's ingest state after a batch: opaque to the store, written with the batch or not at all. */
export interface IngestMark {
  readonly deviceId: DeviceId;
  readonly state: unknown;
}

/** A window as the message that it came in, which was found to be sound, with what it is found by: whoever wants to look inside decodes it. */
export interface EncodedWindow extends Omit<Window, "profile" | "detail"> {
  /** Of its profile. */
  readonly rows: number;
  readonly errors: number;
  readonly encoded: Uint8Array;
}

/** A window to be stored; as its message where there is one, so that it need not be encoded again. */
export type ReceivedWindow = Window | EncodedWindow;

/** The message of a window. */
export function messageOfWindow(received: ReceivedWindow): Uint8Array {
  return "encoded" in received ? received.encoded : encodeWindow(received);
}

/** The window in its message. */
export function windowOf(received: ReceivedWindow): Window {
  if ("profile" in received) return received;
  const decoded = decodeWindow(received.encoded);
  if (decoded.kind === "rejected") throw new InvariantError(`a window that was found to be sound cannot be decoded: ${decoded.message}`);
  return decoded.value;
}

/** How many predictions and failed ones a window counts. */
export function totalsOf(received: ReceivedWindow): Pick<EncodedWindow, "rows" | "errors"> {
  const { rows, errors } = "profile" in received ? received.profile : received;
  return { rows, errors };
}

/** What is committed together. */
export interface Batch {
  readonly windows: readonly ReceivedWindow[];
  readonly samples: readonly Sample[];
  readonly marks: readonly IngestMark[];
  /**
   * What must still be held for it to be kept. A store that several processes write refuses the batch whole (`store/fenced`) when one of them is
   * not; one that a single process can open need not look.
   */
  readonly fences?: readonly Fence[];
}

/** How much of a batch was new; the rest was there already and was left as it was. */
export interface Committed {
  readonly inserted: number;
  readonly repeated: number;
}

/**
 * Which windows to read; times in ms since 1970. A window counts where it ends: from `fromMs` to before `toMs`, so that adjoining times
 * share none and lose none. Where only hours or days are kept, they count where they begin. Ascending by start.
 */
export interface WindowQuery {
  readonly deviceIds?: readonly string[];
  readonly bundleDigest?: Sha256;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** The first so many; without it, more than {@link storeLimits.windows} are refused. */
  readonly limit?: number;
}

/** Windows merged by device, in the order of their ids. `others`: windows left out because they count by another spec. */
export interface DeviceProfiles {
  readonly devices: readonly DeviceWindows[];
  readonly others: number;
}

/** Windows merged into one; `merged` is undefined when there were none. */
export interface FleetProfile {
  readonly merged: MergedWindows | undefined;
  readonly devices: number;
  readonly others: number;
}

/** A sample as stored, with its label once somebody gave it one. */
export interface StoredSample {
  readonly id: string;
  readonly sample: Sample;
  readonly label: string | null;
  readonly labelledMs: number | null;
}

/** Which samples to read, oldest first. */
export interface SampleQuery {
  readonly deviceIds?: readonly string[];
  readonly isLabelled?: boolean;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Start behind this sample id. */
  readonly after?: string;
  /** The first so many; without it, more than {@link storeLimits.samples} are refused. */
  readonly limit?: number;
}

/** Until when what is deleted, in ms since 1970; what is not named stays. Windows go by whole hours and hours by whole days, once they are rolled up. */
export interface Retention {
  readonly windowsMs?: number;
  readonly hoursMs?: number;
  readonly daysMs?: number;
  /** Samples without a label. */
  readonly samplesMs?: number;
  readonly deadLettersMs?: number;
  /** Only windows, hours and days of devices in these shards: who writes of them is who may delete. */
  readonly shards?: readonly string[];
}

/** How much is stored. `distinct` counts keys; a difference to `stored` would be a window counted twice. */
export interface StoreCounts {
  readonly stored: number;
  readonly distinct: number;
  readonly rows: number;
  readonly samples: number;
  readonly labelled: number;
  readonly deadLetters: number;
  /** Rows found damaged, and passed over, since the store was opened. */
  readonly damaged: number;
}

/**
 * What devices sent. Laws: a batch is durable, whole or not at all, when `commit` resolves, also against kill -9 and a power cut; a window or
 * sample is kept once by its key, whatever comes again, and in whatever order; reads see all batches that resolved before; the same windows
 * merge to the same bits, in whatever order they came, rolled up or not (but for a whole fleet's means, which then are the same to rounding);
 * commits may overlap, and then share a sync.
 */
export interface TimeSeriesStore {
  /** KedgeError `store/overloaded` (try again later) when too much waits already. */
  commit(batch: Batch): Promise<Committed>;
  /** Of all devices, or of those in some shards. */
  ingestMarks(shards?: readonly string[]): Promise<IngestMark[]>;
  windows(query: WindowQuery): Promise<Window[]>;
  /** The windows of one spec, merged device by device. */
  profilesByDevice(query: Omit<WindowQuery, "limit">, specHash: string): Promise<DeviceProfiles>;
  /** The windows of one spec, merged into one. */
  fleetProfile(query: Omit<WindowQuery, "limit">, specHash: string): Promise<FleetProfile>;
  /** A statistic over time, without holding the windows. */
  series(query: Omit<WindowQuery, "limit">, question: SeriesQuestion): Promise<SeriesPoint[]>;
  samples(query: SampleQuery): Promise<StoredSample[]>;
  sample(id: string): Promise<StoredSample | undefined>;
  /** How many of these samples exist and now carry the label. */
  label(labels: readonly { readonly id: string; readonly label: string }[], atMs: number): Promise<number>;
  /** Deletes the oldest samples, those without a label first, until the rest takes `maxBytes` at most; how many went. */
  trimSamples(maxBytes: number): Promise<number>;
  addDeadLetter(letter: DeadLetter): Promise<void>;
  /** Newest first. */
  deadLetters(query: DeadLetterQuery): Promise<StoredDeadLetter[]>;
  deadLetter(id: number): Promise<StoredDeadLetter | undefined>;
  /** By reason, in their order; also of reasons of which none is kept any more. */
  deadLetterTotals(): Promise<DeadLetterTotal[]>;
  /** Of everything, or of some devices. */
  counts(deviceIds?: readonly string[]): Promise<StoreCounts>;
  /**
   * Others may have written of these shards until now: what was remembered of them is forgotten, and what they left half done is finished. Only
   * of stores that several processes write.
   */
  adopt?(shards: readonly string[]): Promise<void>;
  /** Merges windows of hours that are over into hours, and those into days, with whatever came late; how many were merged. */
  rollUp(nowMs: number): Promise<number>;
  /** How many rows went. */
  deleteBefore(limits: Retention): Promise<number>;
}

/** The id of a sample: its key, in an order that keeps a device's samples together. */
export function sampleId(sample: Pick<Sample, "key">): string {
  return `${sample.key.deviceId}.${sample.key.bootEpoch}.${sample.key.seq}`;
}

/** What a store of windows leaves to another: ingest marks, samples and refused messages. */
export type IngestLedger = Pick<
  TimeSeriesStore,
  | "commit"
  | "ingestMarks"
  | "samples"
  | "sample"
  | "label"
  | "trimSamples"
  | "addDeadLetter"
  | "deadLetters"
  | "deadLetter"
  | "deadLetterTotals"
  | "counts"
  | "deleteBefore"
>;
