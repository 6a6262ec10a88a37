import type { Random } from "@kedge/core";
import type { CategoricalFeatureSpec, CategoricalSummary, NumericFeatureSpec, NumericSummary } from "@kedge/profile";

/** Draws numbers as a reference's histogram has them. */
export interface NumberDraw {
  readonly mean: number;
  readonly sd: number;
  /** Share of the values that are missing, not a number or of the wrong type. */
  readonly missing: number;
  draw(random: Random): number;
}

/** Draws words as a reference has them. */
export interface WordDraw {
  readonly missing: number;
  draw(random: Random): string;
}

/** A word that no reference knows. */
export const strangeWord = "(other)";

function cumulative(counts: readonly number[]): Float64Array {
  const sums = new Float64Array(counts.length);
  let sum = 0;
  counts.forEach((count, i) => {
    sum += count;
    sums[i] = sum;
  });
  return sums;
}

/** The first place whose sum is above `at`. */
function placeOf(sums: Float64Array, at: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] as number) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Of a reference without a single value everything is missing. */
export function numberDraw(spec: NumericFeatureSpec, summary: NumericSummary): NumberDraw {
  const { counts, count, missing, notANumber, wrongType, mean, m2 } = summary;
  const sums = cumulative(counts);
  const all = count + missing + notANumber + wrongType;
  const low = Math.min(spec.low, summary.min);
  const high = Math.max(spec.high, summary.max);
  const edges = Float64Array.from([low, ...spec.cuts.map((cut) => Math.min(high, Math.max(low, cut))), high]);
  return {
    mean,
    sd: count < 2 ? 0 : Math.sqrt(m2 / count),
    missing: all === 0 || count === 0 ? 1 : 1 - count / all,
    draw(random) {
      const bin = placeOf(sums, random() * count);
      const from = edges[bin] as number;
      const to = edges[bin + 1] as number;
      // A bin holds its upper edge and not its lower one: 1 − u lies in (0, 1].
      return from + (1 - random()) * (to - from);
    },
  };
}

export function wordDraw(spec: CategoricalFeatureSpec, { counts, other, missing, wrongType, count }: CategoricalSummary): WordDraw {
  const sums = cumulative([...counts, other]);
  const all = count + missing + wrongType;
  return {
    missing: all === 0 || count === 0 ? 1 : 1 - count / all,
    draw: (random) => spec.categories[placeOf(sums, random() * count)] ?? strangeWord,
  };
}
