import { cellMap, coarseCounts, expectedShares } from "./coarse-cells.js";
import { addCells, countsOf, total } from "./feature-counts.js";
import type { Node } from "./node-counts.js";

interface Part {
  readonly startMs: number;
  readonly counts: readonly number[];
  /** Log-likelihood under the reference. */
  readonly asBefore: number;
}

function logLikelihood(counts: readonly number[], shares: readonly number[]): number {
  return counts.reduce((sum, c, i) => (c > 0 ? sum + c * Math.log(shares[i] ?? 0) : sum), 0);
}

/**
 * When a feature began to differ at a node: the start of a window, ms since 1970, such that taking all windows before it for draws from the
 * reference and all from it on for draws from one other distribution is likeliest (maximum likelihood of one change point; Hinkley 1970). The
 * first window's start means then or earlier. `null` without windows.
 */
export function onsetOf(node: Node, index: number, isOrdered: boolean): number | null {
  const first = node.devices.map((d) => countsOf(d.reference, index)).find((c) => c !== undefined);
  const map = cellMap(first?.cells.length ?? 0, isOrdered);
  const parts: Part[] = node.devices.flatMap((device) => {
    const reference = coarseCounts(device.reference, index, map);
    if (reference === undefined) return [];
    const expected = expectedShares(reference);
    return (device.parts ?? []).flatMap(({ startMs, cells }) => {
      const counts = cells[index];
      return counts === undefined || total(counts) === 0 ? [] : [{ startMs, counts, asBefore: logLikelihood(counts, expected) }];
    });
  });
  parts.sort((a, b) => b.startMs - a.startMs);
  let since: number[] = [];
  let asBefore = 0;
  let onset: number | null = null;
  let most = Number.NEGATIVE_INFINITY;
  parts.forEach((part, i) => {
    since = addCells(since, part.counts);
    asBefore += part.asBefore;
    // Windows that start together change together.
    if (parts[i + 1]?.startMs === part.startMs) return;
    const rows = total(since);
    const gain =
      logLikelihood(
        since,
        since.map((c) => c / rows),
      ) - asBefore;
    if (gain <= most) return;
    most = gain;
    onset = part.startMs;
  });
  return onset;
}
