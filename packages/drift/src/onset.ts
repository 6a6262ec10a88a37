import { cellMap } from "./cell-map.js";
import { coarseCounts, expectedShares } from "./coarse-cells.js";
import { addCells, countsOf, sketchAt, total } from "./feature-counts.js";
import type { Node } from "./node-counts.js";
import { type Sketch, yardstickOf } from "./sketch.js";

interface Part {
  readonly startMs: number;
  readonly counts: readonly number[];
  /** Log-likelihood under the reference. */
  readonly asBefore: number;
  /** Of embeddings: how far the sum of the features lies from what the reference expects, and how many there are, on the scale of a χ². */
  readonly shift: readonly number[];
  readonly weight: number;
}

function shiftOf(current: Sketch | undefined, reference: Sketch | undefined): Pick<Part, "shift" | "weight"> {
  if (current === undefined || reference === undefined || current.count === 0 || reference.count === 0) return { shift: [], weight: 0 };
  const weight = current.count / yardstickOf(reference).unit;
  return { shift: current.mean.map((v, i) => weight * (v - (reference.mean[i] ?? 0))), weight };
}

/** Half of the χ² that the vectors' own mean explains: a log-likelihood. */
function explained(shift: readonly number[], weight: number): number {
  return weight === 0 ? 0 : shift.reduce((sum, v) => sum + v * v, 0) / weight / 2;
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
    const place = sketchAt(device.reference, index);
    return (device.parts ?? []).flatMap(({ startMs, cells, sketches }) => {
      const counts = cells[index];
      if (counts === undefined || total(counts) === 0) return [];
      return [{ startMs, counts, asBefore: logLikelihood(counts, expected), ...shiftOf(sketches[index], place) }];
    });
  });
  parts.sort((a, b) => b.startMs - a.startMs);
  let since: number[] = [];
  let asBefore = 0;
  let shift: number[] = [];
  let weight = 0;
  let onset: number | null = null;
  let most = Number.NEGATIVE_INFINITY;
  parts.forEach((part, i) => {
    since = addCells(since, part.counts);
    asBefore += part.asBefore;
    shift = addCells(shift, part.shift);
    weight += part.weight;
    // Windows that start together change together.
    if (parts[i + 1]?.startMs === part.startMs) return;
    const rows = total(since);
    const gain =
      logLikelihood(
        since,
        since.map((c) => c / rows),
      ) -
      asBefore +
      explained(shift, weight);
    if (gain <= most) return;
    most = gain;
    onset = part.startMs;
  });
  return onset;
}
