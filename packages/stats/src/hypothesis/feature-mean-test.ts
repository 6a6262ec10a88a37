import { type FeatureSum, mapInto, type RandomFeatures } from "../random-features.js";
import { gammaQ } from "../special/gamma.js";
import type { TestResult } from "./chi-square.js";
import { nothingToCompare } from "./chi-square.js";

/** What the centre knows of the reference: the mean of φ over its rows, and three traces of φ's covariance C. */
export interface FeatureReference {
  readonly rows: number;
  readonly mean: Float64Array;
  /** tr C, tr C², tr C³: all of C's spectrum that the test needs. */
  readonly traces: readonly [number, number, number];
}

/** Summarises reference vectors once, centrally: O(rows·F²) time. Vectors that cannot be mapped are left out. */
export function featureReference(map: RandomFeatures, vectors: Iterable<ArrayLike<number>>): FeatureReference {
  const size = 2 * map.spec.features;
  const mean = new Float64Array(size);
  const second = new Float64Array(size * size);
  const phi = new Float64Array(size);
  let rows = 0;
  for (const vector of vectors) {
    if (!mapInto(map, vector, phi)) continue;
    rows += 1;
    for (let i = 0; i < size; i += 1) {
      const value = phi[i] as number;
      mean[i] = (mean[i] as number) + value;
      for (let j = 0; j <= i; j += 1) second[i * size + j] = (second[i * size + j] as number) + value * (phi[j] as number);
    }
  }
  for (let i = 0; i < size; i += 1) mean[i] = (mean[i] as number) / Math.max(1, rows);
  return { rows, mean, traces: tracesOf(covariance(second, mean, rows), size) };
}

function covariance(second: Float64Array, mean: Float64Array, rows: number): Float64Array {
  const size = mean.length;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      const value = ((second[i * size + j] as number) - rows * (mean[i] as number) * (mean[j] as number)) / Math.max(1, rows - 1);
      second[i * size + j] = value;
      second[j * size + i] = value;
    }
  }
  return second;
}

function tracesOf(c: Float64Array, size: number): [number, number, number] {
  let one = 0;
  let two = 0;
  let three = 0;
  for (let i = 0; i < size; i += 1) {
    one += c[i * size + i] as number;
    for (let j = 0; j <= i; j += 1) {
      const value = c[i * size + j] as number;
      let square = 0;
      for (let k = 0; k < size; k += 1) square += (c[i * size + k] as number) * (c[j * size + k] as number);
      const twice = i === j ? 1 : 2;
      two += twice * value * value;
      three += twice * value * square;
    }
  }
  return [one, two, three];
}

/** P(Σ λ_i χ²₁ > x) from Σ λ, Σ λ², Σ λ³: a gamma law with the same mean, variance and skewness (Hall 1983; Buckley & Eagleson 1988). */
function weightedChiSquareSf(x: number, [one, two, three]: readonly [number, number, number]): number {
  if (!(two > 0) || !(three > 0)) return 1;
  const degrees = two ** 3 / three ** 2;
  const scaled = degrees + Math.sqrt(2 * degrees) * ((x - one) / Math.sqrt(2 * two));
  return scaled > 0 ? gammaQ(degrees / 2, scaled / 2) : 1;
}

/**
 * Are a window's vectors from the reference's law? Maximum mean discrepancy in random features: T = nm/(n+m) ‖μ − μ_ref‖², under no change
 * distributed as Σ λ_i χ²₁ with λ the eigenvalues of C. O(F) in time and memory, however many rows there were. Gretton et al. 2012.
 */
export function featureMeanTest(window: Pick<FeatureSum, "rows" | "sum">, reference: FeatureReference): TestResult {
  const { rows } = window;
  if (rows === 0 || reference.rows < 2 || window.sum.length !== reference.mean.length) return nothingToCompare;
  let distance = 0;
  for (let i = 0; i < window.sum.length; i += 1) distance += ((window.sum[i] as number) / rows - (reference.mean[i] as number)) ** 2;
  const statistic = ((rows * reference.rows) / (rows + reference.rows)) * distance;
  const [one, two] = reference.traces;
  return { statistic, degrees: two > 0 ? (one * one) / two : 0, pValue: weightedChiSquareSf(statistic, reference.traces) };
}

/** The median distance between pairs of some vectors: the usual bandwidth. `pairs` are drawn with `random`. 1 where all are the same. */
export function medianDistance(vectors: readonly ArrayLike<number>[], random: () => number, pairs = 1_000): number {
  if (vectors.length < 2) return 1;
  const distances: number[] = [];
  for (let i = 0; i < pairs; i += 1) {
    const a = Math.floor(random() * vectors.length);
    const b = (a + 1 + Math.floor(random() * (vectors.length - 1))) % vectors.length;
    const [x, y] = [vectors[a], vectors[b]] as [ArrayLike<number>, ArrayLike<number>];
    let square = 0;
    for (let d = 0; d < x.length; d += 1) square += ((x[d] as number) - (y[d] as number)) ** 2;
    if (square > 0 && Number.isFinite(square)) distances.push(Math.sqrt(square));
  }
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? 1;
}
