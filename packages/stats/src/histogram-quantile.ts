/** A histogram with the range of what was counted. Bin i holds `cuts[i-1] < v <= cuts[i]`; the outer bins end at `min` and `max`. */
export interface RangedHistogram {
  readonly counts: readonly number[];
  /** Interior cut points, strictly ascending: one fewer than counts. */
  readonly cuts: readonly number[];
  readonly min: number;
  readonly max: number;
}

/**
 * The value below which a share `q` (0 to 1) of the counted values lies: exactly in the right bin, and within it as if its values
 * were spread evenly; never outside `min` and `max`. `null` when nothing was counted.
 */
export function histogramQuantile({ counts, cuts, min, max }: RangedHistogram, q: number): number | null {
  let total = 0;
  for (const n of counts) total += n;
  if (total === 0) return null;
  const wanted = Math.min(1, Math.max(0, q)) * total;
  let below = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const inBin = counts[i] ?? 0;
    if (inBin > 0 && below + inBin >= wanted) {
      const low = Math.max(min, cuts[i - 1] ?? min);
      const high = Math.min(max, cuts[i] ?? max);
      const value = low + (high - low) * ((wanted - below) / inBin);
      return Math.min(max, Math.max(min, value));
    }
    below += inBin;
  }
  return max;
}
