import { at, type Counts, total } from "../counts.js";
import { fisherTail } from "./fisher-exact.js";

/** The one cell that stands out most. */
export interface LargestCellResult {
  /** The cell that moved most against chance; −1 where there is nothing to compare. */
  readonly index: number;
  /** Valid for "some cell moved": Bonferroni over the cells in use. */
  readonly pValue: number;
}

/** Cells worth the exact law: those that by the normal one stand out nearly the most. Trying fewer than all only makes the test more careful. */
const nearly = 0.85;

/**
 * Did the share of some one cell change? Fisher's exact test of each cell against all others, times the number of cells. Sees a spike
 * (a stuck value, a new category) that chi-square spreads over its degrees of freedom; exact for cells of any thinness, so nothing is pooled.
 */
export function largestCell(a: Counts, b: Counts): LargestCellResult {
  const na = total(a);
  const nb = total(b);
  const n = na + nb;
  const nothing = { index: -1, pValue: 1 };
  if (!(na > 0) || !(nb > 0)) return nothing;
  const size = Math.max(a.length, b.length);
  const departures = new Float64Array(size);
  let cells = 0;
  let most = 0;
  for (let i = 0; i < size; i += 1) {
    const both = at(a, i) + at(b, i);
    if (both === 0) continue;
    cells += 1;
    departures[i] = Math.abs(at(a, i) * nb - at(b, i) * na) / Math.sqrt(both * (n - both) + 1);
    most = Math.max(most, departures[i] as number);
  }
  if (cells < 2) return nothing;
  // Two cells are one question asked twice.
  const questions = cells === 2 ? 1 : cells;
  let best: LargestCellResult = nothing;
  for (let i = 0; i < size; i += 1) {
    if (at(a, i) + at(b, i) === 0 || (departures[i] as number) < nearly * most) continue;
    const pValue = Math.min(1, 2 * questions * fisherTail(at(a, i), na - at(a, i), at(b, i), nb - at(b, i)));
    if (pValue < best.pValue || best.index < 0) best = { index: i, pValue };
  }
  return best;
}
