import type { WindowKey } from "@kedge/profile";
import type { Ack } from "@kedge/wire";
import { folded } from "./fold.js";
import { type EpochState, type IngestState, ingestLimits } from "./ingest-state.js";
import { added, contiguousFrom1, includes, without } from "./ranges.js";
import type { Refusal } from "./refusal.js";

/** Store the message and this state in one transaction, then acknowledge. `isLate`: it had been given up for lost. */
export interface Admitted {
  readonly kind: "admitted";
  readonly state: IngestState;
  readonly isLate: boolean;
}

/** It is stored already: acknowledge again, change nothing. */
export interface Duplicate {
  readonly kind: "duplicate";
}

/** The number within an epoch, of whichever device. */
export type MessageKey = Pick<WindowKey, "bootEpoch" | "seq">;

/**
 * Takes a message of a device into account, or says why not. Pure, so that the same messages, permuted and repeated,
 * give the same state and the same set of admitted messages (as long as no bound of `ingestLimits` is met).
 */
export function admit(state: IngestState, key: MessageKey): Admitted | Duplicate | Refusal {
  const { bootEpoch, seq } = key;
  if (bootEpoch <= state.closedThrough) {
    // A regressed device (wiped, and its clock unset) would look the same: without proof nothing is acknowledged.
    const isRepeat = state.closed.some((closed) => closed.bootEpoch === bootEpoch && seq <= closed.endSeq);
    return isRepeat ? { kind: "duplicate" } : refusal("ingest/stale", `message ${seq} of boot epoch ${bootEpoch}: that epoch is closed`);
  }
  const at = state.epochs.findIndex((epoch) => epoch.bootEpoch === bootEpoch);
  const known = state.epochs[at];
  if (known === undefined && state.epochs.length >= ingestLimits.epochs) {
    return refusal("ingest/too-many-epochs", `message ${seq} of boot epoch ${bootEpoch}: ${state.epochs.length} earlier epochs are still open`);
  }
  const epoch = known ?? newEpoch(bootEpoch);
  if (includes(epoch.admitted, seq)) return { kind: "duplicate" };
  const isLate = includes(epoch.lost, seq);
  const next: EpochState = {
    ...epoch,
    admitted: added(epoch.admitted, seq, seq),
    lost: isLate ? without(epoch.lost, [seq, seq]) : epoch.lost,
  };
  if (rangesAhead(next) > ingestLimits.rangesAhead) {
    return refusal("ingest/too-far-ahead", `message ${seq} of boot epoch ${bootEpoch}: too much before it is missing`);
  }
  return { kind: "admitted", state: folded(withEpoch(state, next)), isLate };
}

/**
 * What can be acknowledged of an epoch: all up to this number is stored or lost. `undefined` when nothing can be, or
 * the epoch is unknown.
 */
export function ackFor(state: IngestState, bootEpoch: number): Ack | undefined {
  const closed = state.closed.find((epoch) => epoch.bootEpoch === bootEpoch);
  if (closed !== undefined) return { bootEpoch, seq: closed.endSeq };
  const epoch = state.epochs.find((e) => e.bootEpoch === bootEpoch);
  const seq = epoch === undefined ? 0 : throughOf(epoch);
  return seq === 0 ? undefined : { bootEpoch, seq };
}

/** How far an epoch's messages are stored or known to be lost, without a hole. */
export function throughOf(epoch: EpochState): number {
  return contiguousFrom1(epoch.admitted, epoch.lost);
}

/** An epoch that nothing came of. */
export function newEpoch(bootEpoch: number): EpochState {
  return { bootEpoch, admitted: [], lost: [], endSeq: null, startMs: null };
}

/** The state with an epoch put in its place. */
export function withEpoch(state: IngestState, epoch: EpochState): IngestState {
  const { epochs } = state;
  const last = epochs[epochs.length - 1];
  if (last?.bootEpoch === epoch.bootEpoch) return { ...state, epochs: [...epochs.slice(0, -1), epoch] };
  const others = epochs.filter((e) => e.bootEpoch !== epoch.bootEpoch);
  return { ...state, epochs: [...others.filter((e) => e.bootEpoch < epoch.bootEpoch), epoch, ...others.filter((e) => e.bootEpoch > epoch.bootEpoch)] };
}

function rangesAhead(epoch: EpochState): number {
  // Ranges alternate with gaps, and each gap that is known to be lost frees one.
  return (epoch.admitted.length - epoch.lost.length) / 2;
}

function refusal(code: Refusal["code"], message: string): Refusal {
  return { kind: "refused", code, message, key: null };
}
