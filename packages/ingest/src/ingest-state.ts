import { isRanges, type Ranges } from "./ranges.js";

/** What is known of one boot epoch of a device. */
export interface EpochState {
  readonly bootEpoch: number;
  /** Numbers that were admitted. */
  readonly admitted: Ranges;
  /** Numbers that the device has said it lost; one that comes after all is admitted and leaves this list. */
  readonly lost: Ranges;
  /** The last number there is, once a later epoch has begun and told; `null` while more may come. */
  readonly endSeq: number | null;
  /** The collector's clock when the epoch began, at the latest; `null` while unknown. */
  readonly startMs: number | null;
  /** The device's clock and the collector's agreed when it was told. */
  readonly isStartAgreed?: true;
  /** A birth of it came that did not tell when it began: no other will. */
  readonly isStartUntold?: true;
}

/** An epoch that is done with: everything up to `endSeq` was admitted or is lost. */
export interface ClosedEpoch {
  readonly bootEpoch: number;
  readonly endSeq: number;
}

/**
 * What a collector knows of a device's messages. Stored in the transaction that stores the messages themselves, it
 * is what makes each count once. It depends on which messages and births came, not on their order or number.
 */
export interface IngestState {
  readonly formatVersion: 1;
  /** Ascending. */
  readonly epochs: readonly EpochState[];
  /** The newest of the closed epochs, ascending: their stragglers are repeats, and are acknowledged again. */
  readonly closed: readonly ClosedEpoch[];
  /** No epoch up to this one is open any more. */
  readonly closedThrough: number;
  /** Messages lost in closed epochs, and in gaps that are no longer listed. */
  readonly lostBefore: number;
}

/** Clocks that differ by less agree; a window that is further off than this is put right. */
export const clockToleranceMs = 120_000;

/** The bounds of a state. */
export const ingestLimits = {
  /** Open epochs: a device that crashed this often without reaching a collector must wait for older ones to close. */
  epochs: 256,
  /** Ranges ahead of the first gap: what may arrive out of order while something is missing. */
  rangesAhead: 1_024,
  /** Known gaps that are listed; older ones are only counted. */
  gaps: 64,
  /** Closed epochs that are remembered: acknowledge a device at least once in so many messages. */
  closed: 128,
} as const;

/** A device that nothing is known of. */
export const emptyIngestState: IngestState = { formatVersion: 1, epochs: [], closed: [], closedThrough: 0, lostBefore: 0 };

/** The text that a store keeps. */
export function encodeIngestState(state: IngestState): string {
  return JSON.stringify(state);
}

/** The state in a stored text; `undefined` when it is none (damaged, or of a newer version). */
export function decodeIngestState(text: string): IngestState | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isState(json) ? json : undefined;
}

function isState(json: unknown): json is IngestState {
  if (typeof json !== "object" || json === null) return false;
  const state = json as Partial<Record<keyof IngestState, unknown>>;
  return (
    state.formatVersion === 1 &&
    isCount(state.closedThrough) &&
    isCount(state.lostBefore) &&
    Array.isArray(state.epochs) &&
    state.epochs.every(isEpoch) &&
    Array.isArray(state.closed) &&
    state.closed.every(isClosed)
  );
}

function isEpoch(json: unknown): json is EpochState {
  if (typeof json !== "object" || json === null) return false;
  const epoch = json as Partial<Record<keyof EpochState, unknown>>;
  const isTime = epoch.startMs === null || (typeof epoch.startMs === "number" && Number.isFinite(epoch.startMs));
  const isEnd = epoch.endSeq === null || isCount(epoch.endSeq);
  return isCount(epoch.bootEpoch) && isRanges(epoch.admitted) && isRanges(epoch.lost) && isEnd && isTime;
}

function isClosed(json: unknown): json is ClosedEpoch {
  if (typeof json !== "object" || json === null) return false;
  const { bootEpoch, endSeq } = json as Partial<Record<keyof ClosedEpoch, unknown>>;
  return isCount(bootEpoch) && isCount(endSeq);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
