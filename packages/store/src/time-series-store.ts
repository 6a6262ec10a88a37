import type { DeviceId, Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import type { Sample } from "@kedge/wire";

/** A device's ingest state after a batch: opaque to the store, written with the batch or not at all. */
export interface IngestMark {
  readonly deviceId: DeviceId;
  readonly state: unknown;
}

/** A message that could not be taken, kept for people to look at. */
export interface DeadLetter {
  readonly atMs: number;
  readonly deviceId: string;
  readonly leaf: string;
  readonly reason: string;
  readonly message: string;
  readonly bytes: Uint8Array;
}

/** What is committed together. */
export interface Batch {
  readonly windows: readonly Window[];
  readonly samples: readonly Sample[];
  readonly marks: readonly IngestMark[];
}

/** How much of a batch was new; the rest was there already and was left as it was. */
export interface Committed {
  readonly inserted: number;
  readonly repeated: number;
}

/** Which windows to read; times in ms since 1970, windows that end after `fromMs` and begin before `toMs`. Ascending by start. */
export interface WindowQuery {
  readonly deviceIds?: readonly string[];
  readonly bundleDigest?: Sha256;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly limit?: number;
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
  readonly limit?: number;
}

/** How much is stored. `distinct` counts keys; a difference to `stored` would be a window counted twice. */
export interface StoreCounts {
  readonly stored: number;
  readonly distinct: number;
  readonly rows: number;
  readonly samples: number;
  readonly labelled: number;
  readonly deadLetters: number;
}

/**
 * What devices sent. Laws: a batch is durable, whole or not at all, when `commit` resolves, also against kill -9 and a power cut; a window or
 * sample is kept once by its key, whatever comes again; reads see all batches that resolved before.
 */
export interface TimeSeriesStore {
  commit(batch: Batch): Promise<Committed>;
  ingestMarks(): Promise<IngestMark[]>;
  windows(query: WindowQuery): Promise<Window[]>;
  samples(query: SampleQuery): Promise<StoredSample[]>;
  sample(id: string): Promise<StoredSample | undefined>;
  /** How many of these samples exist and now carry the label. */
  label(labels: readonly { readonly id: string; readonly label: string }[], atMs: number): Promise<number>;
  addDeadLetter(letter: DeadLetter): Promise<void>;
  deadLetters(limit: number): Promise<DeadLetter[]>;
  counts(): Promise<StoreCounts>;
  /** Windows, samples without a label and dead letters that ended before; how many rows went. */
  deleteBefore(beforeMs: number): Promise<number>;
}

/** The id of a sample: its key, in an order that keeps a device's samples together. */
export function sampleId(sample: Pick<Sample, "key">): string {
  return `${sample.key.deviceId}.${sample.key.bootEpoch}.${sample.key.seq}`;
}
