import { kolmogorovSf } from "../special/kolmogorov.js";

/** A sample as ascending values; `weights` where each value stands for several rows (a sketch). */
export interface OrderedSample {
  readonly values: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
  /** Rows seen. */
  readonly rows: number;
  /**
   * Of a sketch: the size of the plain sample that has the same rank error ({@link sketchSampleSize}). ∞ or absent when nothing was thrown
   * away. Left out, the sketch's own error would be taken for drift.
   */
  readonly sketchRows?: number;
}

/** What Kolmogorov-Smirnov found; p-value 1 and no rows where a side was empty. */
export interface KolmogorovSmirnovResult {
  /** sup |F_a − F_b|. */
  readonly statistic: number;
  readonly pValue: number;
  /** n of the one-sample problem of the same precision: 1 / (1/m + 1/n + the sketches' shares). */
  readonly effectiveRows: number;
}

/** Copies finite values into an ordered sample. */
export function orderedSample(values: ArrayLike<number>): OrderedSample {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  return { values: sorted, rows: sorted.length };
}

/**
 * The size of a plain sample whose 99 % rank error equals that of a KLL sketch of size k: (1.628/ε(k))², ε(k) = 2.296/k^0.9723
 * (DataSketches' measured error; 1.628 is Kolmogorov's 99 % point). k = 200 gives 14,995; k = 1,024 gives 359,083.
 */
export function sketchSampleSize(k: number): number {
  return ((1.628 * k ** 0.9723) / 2.296) ** 2;
}

function totalWeight(sample: OrderedSample): number {
  if (sample.weights === undefined) return sample.values.length;
  let sum = 0;
  for (let i = 0; i < sample.weights.length; i += 1) sum += sample.weights[i] as number;
  return sum;
}

/** sup |F_a − F_b| of two ordered samples, ties taken together. NaN when either is empty. */
export function cdfDistance(a: OrderedSample, b: OrderedSample): number {
  const wholeA = totalWeight(a);
  const wholeB = totalWeight(b);
  if (wholeA === 0 || wholeB === 0) return Number.NaN;
  let i = 0;
  let j = 0;
  let massA = 0;
  let massB = 0;
  let most = 0;
  while (i < a.values.length && j < b.values.length) {
    const value = Math.min(a.values[i] as number, b.values[j] as number);
    for (; i < a.values.length && (a.values[i] as number) <= value; i += 1) massA += a.weights?.[i] ?? 1;
    for (; j < b.values.length && (b.values[j] as number) <= value; j += 1) massB += b.weights?.[j] ?? 1;
    most = Math.max(most, Math.abs(massA / wholeA - massB / wholeB));
  }
  return most;
}

/** P(D ≥ distance) for two untied samples of m and n, by counting lattice paths (Hodges 1957); m·n steps. */
export function exactKolmogorovSf(m: number, n: number, distance: number): number {
  const limit = (0.5 + Math.floor(distance * m * n - 1e-7)) / (m * n);
  const row = new Float64Array(n + 1);
  for (let j = 0; j <= n; j += 1) row[j] = j / n > limit ? 0 : 1;
  for (let i = 1; i <= m; i += 1) {
    const keep = i / (i + n);
    row[0] = i / m > limit ? 0 : keep * (row[0] as number);
    for (let j = 1; j <= n; j += 1) row[j] = Math.abs(i / m - j / n) > limit ? 0 : keep * (row[j] as number) + (row[j - 1] as number);
  }
  return 1 - (row[n] as number);
}

/** Up to here the exact law is counted (≤ 0.1 ms); beyond, the limit law is near enough and on the safe side. */
const exactLimit = 10_000;

/**
 * Kolmogorov-Smirnov between two samples or sketches. Small plain samples get the exact law; everything else Kolmogorov's limit at the
 * effective n, in which each sketch counts as a sample of its own. Without that, two KLL sketches (k = 200) of 50,000 rows of one and the
 * same distribution are called different in nine cases of ten.
 */
export function kolmogorovSmirnov(a: OrderedSample, b: OrderedSample): KolmogorovSmirnovResult {
  const statistic = cdfDistance(a, b);
  if (Number.isNaN(statistic)) return { statistic: 0, pValue: 1, effectiveRows: 0 };
  const sketched = 1 / (a.sketchRows ?? Number.POSITIVE_INFINITY) + 1 / (b.sketchRows ?? Number.POSITIVE_INFINITY);
  const effectiveRows = 1 / (1 / a.rows + 1 / b.rows + sketched);
  const limit = kolmogorovSf(statistic * Math.sqrt(effectiveRows));
  if (sketched > 0 || a.rows * b.rows > exactLimit) return { statistic, pValue: limit, effectiveRows };
  const exact = exactKolmogorovSf(a.rows, b.rows, statistic);
  // 1 − x has lost its digits down there; the limit law is conservative.
  return { statistic, pValue: exact > 1e-9 ? exact : limit, effectiveRows };
}
