import { type EpochState, type IngestState, ingestLimits } from "./ingest-state.js";
import { added, contiguousFrom1, lastOf, type Ranges, sizeOf } from "./ranges.js";

/** Closes the epochs that are complete, oldest first, and keeps the list of gaps short. */
export function folded(state: IngestState): IngestState {
  let { epochs, closed, closedThrough, lostBefore } = state;
  for (;;) {
    const oldest = epochs[0];
    if (oldest === undefined || oldest.endSeq === null || contiguousFrom1(oldest.admitted, oldest.lost) < oldest.endSeq) break;
    const endSeq = Math.max(oldest.endSeq, lastOf(oldest.admitted));
    closed = [...closed, { bootEpoch: oldest.bootEpoch, endSeq }].slice(-ingestLimits.closed);
    closedThrough = oldest.bootEpoch;
    lostBefore += sizeOf(oldest.lost);
    epochs = epochs.slice(1);
  }
  if (epochs.every(({ lost }) => lost.length <= 2 * ingestLimits.gaps)) {
    return epochs === state.epochs ? state : { ...state, epochs, closed, closedThrough, lostBefore };
  }
  const shortened = epochs.map(withFewerGaps);
  const forgotten = shortened.reduce((sum, { lost }) => sum + lost, 0);
  return { ...state, epochs: shortened.map(({ epoch }) => epoch), closed, closedThrough, lostBefore: lostBefore + forgotten };
}

/** The oldest gaps are counted and then taken for admitted: what still comes from them is a repeat. */
function withFewerGaps(epoch: EpochState): { epoch: EpochState; lost: number } {
  const surplus = epoch.lost.slice(0, Math.max(0, epoch.lost.length - 2 * ingestLimits.gaps));
  if (surplus.length === 0) return { epoch, lost: 0 };
  let admitted: Ranges = epoch.admitted;
  for (let i = 0; i < surplus.length; i += 2) admitted = added(admitted, surplus[i] ?? 0, surplus[i + 1] ?? 0);
  return { epoch: { ...epoch, admitted, lost: epoch.lost.slice(surplus.length) }, lost: sizeOf(surplus) };
}
