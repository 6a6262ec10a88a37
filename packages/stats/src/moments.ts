/**
 * Count, mean, sum of squared deviations, smallest and largest of a stream. Mutable on purpose: adding allocates nothing.
 * Empty: count 0, mean 0, m2 0, min +∞, max −∞.
 */
export interface Moments {
  count: number;
  mean: number;
  /** Σ (x − mean)². */
  m2: number;
  min: number;
  max: number;
  /** Values left out: NaN, ±∞ and magnitudes above {@link largestMagnitude}. */
  notANumber: number;
}

/** The largest magnitude whose square, summed over 1e8 values, is still a finite double. */
export const largestMagnitude = 1e150;

/** Moments of nothing yet. */
export function emptyMoments(): Moments {
  return { count: 0, mean: 0, m2: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, notANumber: 0 };
}

/** Takes one value in (Welford 1962). A value that is no usable number is counted and otherwise ignored. */
export function addToMoments(moments: Moments, value: number): void {
  if (!(Math.abs(value) <= largestMagnitude)) {
    moments.notANumber += 1;
    return;
  }
  const count = moments.count + 1;
  const delta = value - moments.mean;
  const mean = moments.mean + delta / count;
  moments.count = count;
  moments.mean = mean;
  moments.m2 += delta * (value - mean);
  if (value < moments.min) moments.min = value;
  if (value > moments.max) moments.max = value;
}

/** The mean of two streams together, of which both have values. Numbers, not objects: asked for each feature of each window of a fleet. */
export function meanOfBoth(count: number, mean: number, otherCount: number, otherMean: number): number {
  const both = count + otherCount;
  return mean * (count / both) + otherMean * (otherCount / both);
}

/** What the squared deviations of two streams together have beside those of each: that their means differ. */
export function squaresBetween(count: number, mean: number, otherCount: number, otherMean: number): number {
  const delta = otherMean - mean;
  return delta * delta * ((count * otherCount) / (count + otherCount));
}

/** The moments of both streams together (Chan, Golub & LeVeque 1979). Commutative bit for bit, associative to rounding; an empty side changes nothing. */
export function mergeMoments(a: Readonly<Moments>, b: Readonly<Moments>): Moments {
  const notANumber = a.notANumber + b.notANumber;
  if (b.count === 0) return { ...a, notANumber };
  if (a.count === 0) return { ...b, notANumber };
  const mean = meanOfBoth(a.count, a.mean, b.count, b.mean);
  const m2 = a.m2 + b.m2 + squaresBetween(a.count, a.mean, b.count, b.mean);
  return { count: a.count + b.count, mean, m2, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), notANumber };
}

/** Sample variance (divisor n − 1); 0 for fewer than two values. */
export function variance(moments: Readonly<Moments>): number {
  return moments.count > 1 ? moments.m2 / (moments.count - 1) : 0;
}

/** Sample standard deviation, in the unit of the values. */
export function standardDeviation(moments: Readonly<Moments>): number {
  return Math.sqrt(variance(moments));
}
