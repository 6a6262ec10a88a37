import { type OrderedSample, sketchSampleSize } from "../hypothesis/kolmogorov-smirnov.js";
import type { KllSketch } from "./kll-sketch.js";

/** The sketch as weighted values in order, ready for {@link kolmogorovSmirnov}. While it is exact it counts as a plain sample. */
export function kllSample(sketch: Readonly<KllSketch>): OrderedSample {
  const items: { value: number; weight: number }[] = [];
  sketch.levels.forEach((level, height) => {
    for (const value of level) items.push({ value, weight: 2 ** height });
  });
  items.sort((a, b) => a.value - b.value);
  const sample = { values: Float64Array.from(items, (i) => i.value), weights: Float64Array.from(items, (i) => i.weight), rows: sketch.n };
  return sketch.levels.length > 1 ? { ...sample, sketchRows: sketchSampleSize(sketch.minK) } : sample;
}

/** The share of values ≤ `value`, within {@link kllRankError}. NaN for an empty sketch. */
export function kllRank(sketch: Readonly<KllSketch>, value: number): number {
  let below = 0;
  sketch.levels.forEach((level, height) => {
    for (const item of level) if (item <= value) below += 2 ** height;
  });
  return sketch.n > 0 ? below / sketch.n : Number.NaN;
}

/** The smallest value kept with at least share `rank` (0…1) at or below it; 0 gives the smallest seen, 1 the largest. NaN for an empty sketch. */
export function kllQuantile(sketch: Readonly<KllSketch>, rank: number): number {
  if (sketch.n === 0 || !(rank >= 0 && rank <= 1)) return Number.NaN;
  if (rank === 0) return sketch.min;
  if (rank === 1) return sketch.max;
  const { values, weights } = kllSample(sketch);
  const wanted = Math.ceil(rank * sketch.n);
  let below = 0;
  for (let i = 0; i < values.length; i += 1) {
    below += weights?.[i] ?? 1;
    if (below >= wanted) return values[i] as number;
  }
  return sketch.max;
}

/** The rank error that 99 % of sketches of this k stay below: 2.296 / k^0.9723 (DataSketches' measurement). 0 while the sketch is exact. */
export function kllRankError(sketch: Readonly<KllSketch>): number {
  return sketch.levels.length > 1 ? 2.296 / sketch.minK ** 0.9723 : 0;
}
