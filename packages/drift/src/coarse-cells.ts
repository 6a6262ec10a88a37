import type { Profile } from "@kedge/profile";
import type { CellMap } from "./cell-map.js";
import { countsOf, total } from "./feature-counts.js";

/** A profile's coarse cells of one feature, and last what was no value: devices that lost a sensor resemble one another. */
export function coarseCounts(profile: Profile, index: number, map: CellMap): number[] | undefined {
  const counts = countsOf(profile, index);
  if (counts === undefined) return undefined;
  const coarse = map(counts.cells);
  coarse.push(counts.invalid);
  return coarse;
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
