import type { Profile } from "@kedge/profile";
import { countsOf, type FeatureCounts, total } from "./feature-counts.js";
import { mixtureOf } from "./node-counts.js";

/** Steps of the fit; its likelihood has long stopped to grow visibly by then. */
const steps = 200;

/**
 * The mixture of these profiles (same spec; other hours, other days) that explains some current counts best: weights by expectation and
 * maximisation, whose likelihood has one peak only (Dempster, Laird & Rubin 1977). A day that is half over looks like a mixture of its hours
 * and like none of them. `undefined` when none of the profiles has the feature.
 */
export function bestMixture(current: FeatureCounts, seasons: readonly Profile[], index: number): FeatureCounts | undefined {
  const known = seasons.flatMap((p) => countsOf(p, index) ?? []).filter((c) => total(c.cells) > 0);
  const n = total(current.cells);
  if (known.length === 0 || n === 0) return undefined;
  const shares = known.map(({ cells }) => cells.map((c) => (c + 0.5) / (total(cells) + cells.length / 2)));
  let weights = known.map(() => 1 / known.length);
  for (let step = 0; step < steps; step += 1) {
    const next = weights.map(() => 0);
    current.cells.forEach((count, cell) => {
      if (count === 0) return;
      const mixed = shares.reduce((sum, share, s) => sum + (weights[s] ?? 0) * (share[cell] ?? 0), 0);
      shares.forEach((share, s) => {
        next[s] = (next[s] ?? 0) + (count * (weights[s] ?? 0) * (share[cell] ?? 0)) / mixed / n;
      });
    });
    weights = next;
  }
  return mixtureOf(known.map((counts, s) => ({ counts, share: weights[s] ?? 0 })));
}
