import type { Profile } from "@kedge/profile";
import { countsOf, total } from "./feature-counts.js";

/** Numbers are merged to this many cells before devices or windows are compared: few degrees of freedom, so a small window can speak. */
const orderedCells = 8;
/** And words to this many, the most frequent of the reference by themselves. */
const nominalCells = 16;

/** How the cells of one feature are merged, the same for everyone who is compared. */
export type CellMap = (cells: readonly number[]) => number[];

function placesByFrequency(reference: readonly number[]): number[] {
  const places = new Array<number>(reference.length).fill(nominalCells - 1);
  const words = reference.slice(0, -1).map((count, i) => ({ count, i }));
  words.sort((a, b) => b.count - a.count || a.i - b.i);
  words.forEach(({ i }, rank) => {
    places[i] = Math.min(rank, nominalCells - 2);
  });
  return places;
}

/** The map for a feature, by its reference. Of words, the last cell (other) stays by itself, since new words mean something. */
export function cellMap(reference: readonly number[], isOrdered: boolean): CellMap {
  const wanted = isOrdered ? orderedCells : nominalCells;
  if (reference.length <= wanted) return (cells) => cells.slice();
  const place = isOrdered ? reference.map((_, i) => Math.floor((i * orderedCells) / reference.length)) : placesByFrequency(reference);
  return (cells) => {
    const out = new Array<number>(wanted).fill(0);
    cells.forEach((c, i) => {
      const at = place[i] ?? wanted - 1;
      out[at] = (out[at] ?? 0) + c;
    });
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
