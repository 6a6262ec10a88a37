import { at, type Counts, total } from "../counts.js";
import { fisherExact } from "./fisher-exact.js";

export interface LargestCellResult {
  /** The cell that moved most against chance; −1 where there is nothing to compare. */
  readonly index: number;
  /** Valid for "some cell moved": Bonferroni over the cells in use. */
  readonly pValue: number;
}

/** Cells worth the exact law: those that stand out most by the normal one. Trying fewer than all only makes the test more careful. */
const tried = 3;

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
  const cells: { index: number; z: number }[] = [];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const both = at(a, index) + at(b, index);
    if (both > 0) cells.push({ index, z: Math.abs(at(a, index) * nb - at(b, index) * na) / Math.sqrt(both * (n - both) + 1) });
  }
  if (cells.length < 2) return nothing;
  // Two cells are one question asked twice.
  const questions = cells.length === 2 ? 1 : cells.length;
  return cells
    .sort((x, y) => y.z - x.z)
    .slice(0, tried)
    .map(({ index }) => {
      const { pLess, pGreater } = fisherExact(at(a, index), na - at(a, index), at(b, index), nb - at(b, index));
      return { index, pValue: Math.min(1, 2 * questions * Math.min(pLess, pGreater)) };
    })
    .reduce((best, next) => (next.pValue < best.pValue ? next : best), nothing);
}
