import type { Profile } from "@kedge/profile";
import { countsOf, type FeatureCounts, total } from "./feature-counts.js";
import { mixtureOf } from "./node-counts.js";
import { type Sketch, squareDistance } from "./sketch.js";

/** Steps of the fit; its likelihood has long stopped to grow visibly by then. */
const steps = 200;

/**
 * The mixture of these profiles (same spec; other hours, other days) that explains some current counts best: weights by expectation and
 * maximisation, whose likelihood has one peak only (Dempster, Laird & Rubin 1977). A day that is half over looks like a mixture of its hours
 * and like none of them. `undefined` when none of the profiles has the feature.
 */
export function bestMixture(current: FeatureCounts, seasons: readonly Profile[], index: number): FeatureCounts | undefined {
  const known = seasons.flatMap((p) => countsOf(p, index) ?? []).filter((c) => total(c.cells) > 0);
  if (known.length === 0 || total(current.cells) === 0) return undefined;
  const weights = current.sketch === undefined ? likeliestWeights(current, known) : nearestWeights(current.sketch, known);
  return mixtureOf(known.map((counts, s) => ({ counts, share: weights[s] ?? 0 })));
}

/**
 * Of means of random features, the mixture nearest to the current mean (Frank & Wolfe 1956: step by step toward the one season that brings it
 * nearer most, as far as serves).
 */
function nearestWeights(current: Sketch, known: readonly FeatureCounts[]): number[] {
  const seasons = known.map(({ sketch }) => sketch?.mean ?? []);
  const weights = known.map(() => 1 / known.length);
  let mean = current.mean.map((_, i) => seasons.reduce((sum, s) => sum + (s[i] ?? 0) / known.length, 0));
  for (let step = 0; step < steps; step += 1) {
    const gap = current.mean.map((v, i) => v - (mean[i] ?? 0));
    const gains = seasons.map((s) => gap.reduce((sum, g, i) => sum + g * ((s[i] ?? 0) - (mean[i] ?? 0)), 0));
    const best = gains.indexOf(Math.max(...gains));
    const toward = seasons[best] ?? [];
    const square = squareDistance(toward, mean);
    const share = square > 0 ? Math.min(1, Math.max(0, (gains[best] ?? 0) / square)) : 0;
    if (share === 0) break;
    mean = mean.map((v, i) => v + share * ((toward[i] ?? 0) - v));
    weights.forEach((w, i) => {
      weights[i] = w * (1 - share) + (i === best ? share : 0);
    });
  }
  return weights;
}

function likeliestWeights(current: FeatureCounts, known: readonly FeatureCounts[]): number[] {
  const n = total(current.cells);
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
  return weights;
}
