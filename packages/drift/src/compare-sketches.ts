import { featureMeanTest } from "@kedge/stats";
import { type Sketch, squareDistance, varianceOf } from "./sketch.js";

/** How far vectors moved: as a share of readings, with its band and the evidence. */
export interface SketchComparison {
  readonly score: number;
  readonly interval: readonly [number, number];
  readonly pValue: number;
}

/**
 * Holds the vectors of now against the reference's by the means of their random features (maximum mean discrepancy, Gretton et al. 2012).
 *
 * Score: ‖μ − μ_ref‖/√2 less what chance adds, a lower bound of the share of readings that must have moved: two vectors' features are never
 * further apart than √2, so that the means cannot part by more than √2 times that share. A shift of a quarter of a standard deviation
 * along every dimension gives about .1, as it does for the CDF of a single number.
 *
 * Band: one vector more or less moves a mean of n by at most √2/n, so that the distance stays within √(ln(2/.05) (1/m + 1/n)) of its expectation
 * (McDiarmid 1989), which lies between the true distance and the root of its square plus chance.
 */
export function compareSketches(reference: Sketch, current: Sketch): SketchComparison | undefined {
  const { count: m } = reference;
  const { count: n } = current;
  if (m < 1 || n < 1 || reference.mean.length !== current.mean.length) return undefined;
  const square = squareDistance(reference.mean, current.mean);
  const distance = Math.sqrt(square);
  const variance = varianceOf(reference);
  const chance = variance * (1 / m + 1 / n);
  const half = Math.sqrt(Math.log(2 / 0.05) * (1 / m + 1 / n));
  const score = (d: number): number => Math.min(1, Math.sqrt(Math.max(0, d * d - chance) / 2));
  return {
    score: score(distance),
    interval: [score(Math.max(0, distance - half)), Math.min(1, (distance + half) / Math.SQRT2)],
    pValue: reference.spread === null ? boundedPValue(distance - Math.sqrt(chance), 1 / m + 1 / n) : spectralPValue(reference, current, variance),
  };
}

function spectralPValue({ mean, count, spread }: Sketch, current: Sketch, variance: number): number {
  const [two, three] = spread ?? [0, 0];
  const sum = Float64Array.from(current.mean, (v) => v * current.count);
  return featureMeanTest({ rows: current.count, sum }, { rows: count, mean: Float64Array.from(mean), traces: [variance, two, three] }).pValue;
}

/** Without the covariance of the reference: the same bound on one side, which holds for any. */
function boundedPValue(excess: number, noise: number): number {
  return excess > 0 ? Math.exp(-(excess * excess) / noise) : 1;
}
