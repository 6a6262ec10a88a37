import type { Profile } from "@kedge/profile";
import { countsOf, total } from "./feature-counts.js";

/** Numbers are merged to this many cells before devices or windows are compared: few degrees of freedom, so a small window can speak. */
const orderedCells = 8;
/** And words to this many, the last of them for words that the spec does not know. */
const nominalCells = 16;
/** Words of a spec that keep a cell for themselves: specs name the most frequent first. */
const wordsAlone = 8;

/** How the cells of one feature are merged, the same for everyone who is compared, whatever their references. */
export type CellMap = (cells: readonly number[]) => number[];

function wordPlace(i: number, cells: number): number {
  if (i === cells - 1) return nominalCells - 1;
  return i < wordsAlone ? i : wordsAlone + ((i - wordsAlone) % (nominalCells - 1 - wordsAlone));
}

/** The map for a feature of so many cells. */
export function cellMap(cells: number, isOrdered: boolean): CellMap {
  const wanted = isOrdered ? orderedCells : nominalCells;
  if (cells <= wanted) return (given) => given.slice();
  return (given) => {
    const out = new Array<number>(wanted).fill(0);
    for (let i = 0; i < given.length; i += 1) {
      const at = isOrdered ? Math.floor((i * orderedCells) / cells) : wordPlace(i, cells);
      out[at] = (out[at] ?? 0) + (given[i] ?? 0);
    }
    return out;
  };
}

/** A profile's coarse cells of one feature, and last what was no value: devices that lost a sensor resemble one another. */
export function coarseCounts(profile: Profile, index: number, map: CellMap): number[] | undefined {
  const counts = countsOf(profile, index);
  return counts === undefined ? undefined : [...map(counts.cells), counts.invalid];
}

/** Shares that a reference expects, half a count added to each cell, so that what was never seen is unlikely and not impossible. */
export function expectedShares(reference: readonly number[]): number[] {
  const rows = total(reference) + reference.length / 2;
  return reference.map((c) => (c + 0.5) / rows);
}

/** 2 n KL(p‖q): twice the log-likelihood lost by taking the counts for draws from `shares`. */
export function misfit(counts: readonly number[], shares: readonly number[]): number {
  const n = total(counts);
  let sum = 0;
  counts.forEach((c, i) => {
    if (c > 0) sum += c * Math.log(c / n / (shares[i] ?? 0));
  });
  return Math.max(0, 2 * sum);
}
