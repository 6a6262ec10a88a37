import { at, type Counts, total } from "../counts.js";
import { chiSquareSf } from "../special/gamma.js";
import { nothingToCompare, type TestResult } from "./chi-square.js";

/** A smooth test with its parts. */
export interface SmoothTestResult extends TestResult {
  /** Z_k for k = 1, 2, …: a minus b in location, scale, skew and tails, each about standard normal without change. */
  readonly components: readonly number[];
}

const nothingSmooth: SmoothTestResult = { ...nothingToCompare, components: [] };

/**
 * Neyman's smooth test of `order` 4 between two samples counted on the same ordered bins: are location, scale, skew and tails the same?
 * T = Σ_k Z_k², Z_k the standardised difference of the mean k-th score, about chi-square with `order` degrees (its mean under exchange of
 * rows is exactly that). Far stronger than chi-square on 32 bins for smooth changes, weaker for a spike in one bin: combine both.
 * Neyman 1937; Rayner, Thas & Best 2009.
 */
export function neymanSmooth(a: Counts, b: Counts, order = 4): SmoothTestResult {
  const na = total(a);
  const nb = total(b);
  const n = na + nb;
  if (!(na > 0) || !(nb > 0) || n < 3) return nothingSmooth;
  const { difference, shares, positions } = pooled(a, b, na, nb);
  const components = orthonormalSums(positions, shares, difference, Math.min(order, shares.length - 1));
  if (components.length === 0) return nothingSmooth;
  const scale = Math.sqrt(((na * nb) / n) * ((n - 1) / n));
  let statistic = 0;
  for (let k = 0; k < components.length; k += 1) {
    const z = (components[k] as number) * scale;
    components[k] = z;
    statistic += z * z;
  }
  return { statistic, degrees: components.length, pValue: chiSquareSf(statistic, components.length), components };
}

interface Pooled {
  /** Share of a minus share of b, per occupied cell. */
  readonly difference: Float64Array;
  /** Share of both together. */
  readonly shares: Float64Array;
  /** Mid-rank of the cell among both together, −1 to 1. */
  readonly positions: Float64Array;
}

function pooled(a: Counts, b: Counts, na: number, nb: number): Pooled {
  const size = Math.max(a.length, b.length);
  const [difference, shares, positions] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  let used = 0;
  let below = 0;
  for (let i = 0; i < size; i += 1) {
    const both = at(a, i) + at(b, i);
    if (both === 0) continue;
    const share = both / (na + nb);
    difference[used] = at(a, i) / na - at(b, i) / nb;
    shares[used] = share;
    positions[used] = 2 * below + share - 1;
    below += share;
    used += 1;
  }
  return { difference: difference.subarray(0, used), shares: shares.subarray(0, used), positions: positions.subarray(0, used) };
}

/**
 * Σ h_k · difference for the polynomials h_1 … h_order in the position that are orthonormal under the shares, by their three-term recurrence
 * (Stieltjes). On equal bins these are Legendre's; on ties and unequal bins they stay exactly orthonormal, which keeps the level where
 * Legendre's would lose it.
 */
function orthonormalSums(positions: Float64Array, shares: Float64Array, difference: Float64Array, order: number): number[] {
  const size = shares.length;
  let before = new Float64Array(size);
  let now = new Float64Array(size).fill(1);
  let next = new Float64Array(size);
  let overlap = 0;
  const sums: number[] = [];
  for (let k = 1; k <= order; k += 1) {
    let centre = 0;
    for (let i = 0; i < size; i += 1) centre += (shares[i] as number) * (positions[i] as number) * (now[i] as number) ** 2;
    let square = 0;
    for (let i = 0; i < size; i += 1) {
      const value = ((positions[i] as number) - centre) * (now[i] as number) - overlap * (before[i] as number);
      next[i] = value;
      square += (shares[i] as number) * value * value;
    }
    if (!(square > 1e-10)) break;
    overlap = Math.sqrt(square);
    let sum = 0;
    for (let i = 0; i < size; i += 1) {
      const value = (next[i] as number) / overlap;
      next[i] = value;
      sum += value * (difference[i] as number);
    }
    sums.push(sum);
    [before, now, next] = [now, next, before];
  }
  return sums;
}
