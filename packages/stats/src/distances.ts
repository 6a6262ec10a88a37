import { at, type Counts, occupied, total } from "./counts.js";

const cells = (a: Counts, b: Counts): number => Math.max(a.length, b.length);

/** x ln(x/y) with its limit 0 at x = 0. */
function relative(x: number, y: number): number {
  return x > 0 ? x * Math.log(x / y) : 0;
}

/**
 * Kullback-Leibler divergence KL(P‖Q) in nats of the shares of two count vectors: Σ p ln(p/q). ∞ where P has mass that Q lacks,
 * NaN when either is empty. For counts, Σᵢ nᵢ KL(pᵢ‖q) splits exactly over any tree of groups.
 */
export function kullbackLeibler(p: Counts, q: Counts): number {
  const np = total(p);
  const nq = total(q);
  if (np === 0 || nq === 0) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < cells(p, q); i += 1) sum += relative(at(p, i) / np, at(q, i) / nq);
  return Math.max(0, sum);
}

/**
 * Population stability index Σ (p − q) ln(p/q), with `smoothing` added to every cell's count (Jeffreys' ½ by default) so that an empty
 * cell costs much but not everything. 0.1 and 0.25 are the credit trade's limits. NaN when either is empty and nothing is added.
 */
export function populationStability(a: Counts, b: Counts, smoothing = 0.5): number {
  const size = cells(a, b);
  const na = total(a) + smoothing * size;
  const nb = total(b) + smoothing * size;
  let sum = 0;
  for (let i = 0; i < size; i += 1) {
    const p = (at(a, i) + smoothing) / na;
    const q = (at(b, i) + smoothing) / nb;
    if (p !== q) sum += (p - q) * Math.log(p / q);
  }
  return sum;
}

/** Jensen-Shannon divergence in nats, 0 to ln 2 (Lin 1991). NaN when either is empty. */
export function jensenShannon(a: Counts, b: Counts): number {
  const na = total(a);
  const nb = total(b);
  if (na === 0 || nb === 0) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < cells(a, b); i += 1) {
    const p = at(a, i) / na;
    const q = at(b, i) / nb;
    sum += relative(p, (p + q) / 2) + relative(q, (p + q) / 2);
  }
  return Math.max(0, sum / 2);
}

/**
 * Jensen-Shannon divergence less what chance alone adds: JSD − (B−1)/8 · (1/m + 1/n), B the cells in use. Without it a small window
 * looks drifted for being small. About 0 without drift, so it may be slightly negative.
 */
export function jensenShannonCorrected(a: Counts, b: Counts): number {
  const chance = ((occupied(a, b) - 1) / 8) * (1 / total(a) + 1 / total(b));
  return jensenShannon(a, b) - chance;
}

/** Hellinger distance √(½ Σ (√p − √q)²), 0 to 1. NaN when either is empty. */
export function hellinger(a: Counts, b: Counts): number {
  const na = total(a);
  const nb = total(b);
  let sum = 0;
  for (let i = 0; i < cells(a, b); i += 1) sum += (Math.sqrt(at(a, i) / na) - Math.sqrt(at(b, i) / nb)) ** 2;
  return Math.sqrt(sum / 2);
}

/**
 * Wasserstein-1 (earth mover's) distance with each bin's mass at `positions[i]`: ∫ |F − G|, in the unit of the positions.
 * Without positions, bin numbers scaled to 0…1 are used: the mean shift in rank. NaN when either is empty.
 */
export function wasserstein(a: Counts, b: Counts, positions?: Counts): number {
  const na = total(a);
  const nb = total(b);
  const size = cells(a, b);
  if (na === 0 || nb === 0) return Number.NaN;
  let gap = 0;
  let sum = 0;
  for (let i = 0; i + 1 < size; i += 1) {
    gap += at(a, i) / na - at(b, i) / nb;
    const width = positions === undefined ? 1 / (size - 1) : at(positions, i + 1) - at(positions, i);
    sum += Math.abs(gap) * width;
  }
  return sum;
}

/** A largest difference and the cell where it stands; signed: a minus b. */
export interface Shift {
  readonly value: number;
  readonly index: number;
}

/** The largest |F_a − F_b| over the upper edges of ordered bins: Kolmogorov's distance. */
export function largestCdfShift(a: Counts, b: Counts): Shift {
  return largest(a, b, true);
}

/** The largest |p − q| over cells: the L∞ distance of shares, for categories. */
export function largestShareShift(a: Counts, b: Counts): Shift {
  return largest(a, b, false);
}

function largest(a: Counts, b: Counts, cumulative: boolean): Shift {
  const na = total(a);
  const nb = total(b);
  if (na === 0 || nb === 0) return { value: Number.NaN, index: -1 };
  let gap = 0;
  let best: Shift = { value: 0, index: 0 };
  for (let i = 0; i < cells(a, b); i += 1) {
    const step = at(a, i) / na - at(b, i) / nb;
    gap = cumulative ? gap + step : step;
    if (Math.abs(gap) > Math.abs(best.value)) best = { value: gap, index: i };
  }
  return best;
}
