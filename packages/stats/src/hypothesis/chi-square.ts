import { at, type Counts, total } from "../counts.js";
import { chiSquareSf } from "../special/gamma.js";

/** What a test found. `degrees` is 0 and `pValue` 1 where there is nothing to compare. */
export interface TestResult {
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
}

export const nothingToCompare: TestResult = { statistic: 0, degrees: 0, pValue: 1 };

/** How thin cells are pooled. */
export interface HomogeneityOptions {
  /** Bins in order are pooled with their neighbour; categories with the next rarest. Default `ordered`. */
  readonly cells?: "ordered" | "nominal";
  /**
   * Cells are pooled until the smaller expected count reaches this. Default 5; what is left over stands alone from 1 on (Cochran's rule),
   * so that a new category is not lost in a common one.
   */
  readonly minExpected?: number;
}

/** Cells with both counts, pooled until each is thick enough. */
function pooled(a: Counts, b: Counts, options: HomogeneityOptions): [number, number][] {
  const na = total(a);
  const nb = total(b);
  const perExpected = (na + nb) / Math.min(na, nb);
  const minExpected = options.minExpected ?? 5;
  const order = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i);
  if (options.cells === "nominal") order.sort((i, j) => at(a, j) + at(b, j) - at(a, i) - at(b, i) || i - j);
  const groups: [number, number][] = [];
  let ca = 0;
  let cb = 0;
  for (const i of order) {
    ca += at(a, i);
    cb += at(b, i);
    if (ca + cb > 0 && ca + cb >= minExpected * perExpected) {
      groups.push([ca, cb]);
      ca = 0;
      cb = 0;
    }
  }
  const last = groups.at(-1);
  if (last === undefined || ca + cb === 0) return groups;
  if (ca + cb >= Math.min(1, minExpected) * perExpected) groups.push([ca, cb]);
  else groups[groups.length - 1] = [last[0] + ca, last[1] + cb];
  return groups;
}

/**
 * Are two samples of counts from one distribution? Pearson's chi-square of homogeneity, in which both sides are samples: the
 * goodness-of-fit form, which takes the reference for the truth, gives false alarms half of the time (n equal, 10 cells).
 */
export function chiSquareHomogeneity(a: Counts, b: Counts, options: HomogeneityOptions = {}): TestResult {
  const na = total(a);
  const nb = total(b);
  if (!(na > 0) || !(nb > 0)) return nothingToCompare;
  const groups = pooled(a, b, options);
  if (groups.length < 2) return nothingToCompare;
  let statistic = 0;
  for (const [ca, cb] of groups) statistic += (ca * nb - cb * na) ** 2 / (ca + cb);
  statistic /= na * nb;
  const degrees = groups.length - 1;
  return { statistic, degrees, pValue: chiSquareSf(statistic, degrees) };
}

/** Are counts drawn from known shares? Pearson's goodness of fit; only where the shares are truly known (else {@link chiSquareHomogeneity}). */
export function chiSquareFit(counts: Counts, shares: Counts): TestResult {
  const n = total(counts);
  const whole = total(shares);
  let statistic = 0;
  let cells = 0;
  for (let i = 0; i < Math.max(counts.length, shares.length); i += 1) {
    const expected = (n * at(shares, i)) / whole;
    if (expected > 0) statistic += (at(counts, i) - expected) ** 2 / expected;
    else if (at(counts, i) > 0) return { statistic: Number.POSITIVE_INFINITY, degrees: cells, pValue: 0 };
    if (expected > 0) cells += 1;
  }
  if (cells < 2 || n === 0) return nothingToCompare;
  return { statistic, degrees: cells - 1, pValue: chiSquareSf(statistic, cells - 1) };
}
