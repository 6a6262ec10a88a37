import type { FeatureSpec, Profile, ProfileSpec } from "@kedge/profile";
import { type BettingPlan, planBets } from "@kedge/stats";
import { type CellMap, cellMap } from "./cell-map.js";
import type { DriftOptions } from "./drift-options.js";
import { countsOf, type FeatureCounts, total, watchedFeatures } from "./feature-counts.js";

/** How one feature of a device is followed from window to window. */
export interface FeatureWatch {
  readonly feature: FeatureSpec;
  /** Its place in a profile. */
  readonly index: number;
  /** Bets against its usual shares, with independent rows. */
  readonly plan: BettingPlan;
  /** How many of these values lie in each of the plan's events (below a cut, or of a word). */
  readonly hits: (cells: readonly number[]) => number[];
  readonly coarse: CellMap;
}

/** Shares at which a number's distribution is watched: location, spread and both tails. */
const watchedShares = [0.1, 0.3, 0.5, 0.7, 0.9] as const;
/** Words watched beside "other", the most frequent. */
const watchedWords = 4;
/** Shares nearer to 0 or 1 than this are taken for this. */
const leastShare = 1e-3;

/** Two standard errors of a share in the reference, where they are largest. */
function referenceError(rows: number): number {
  return 1 / Math.sqrt(Math.max(1, rows));
}

function cutsOf(reference: readonly number[]): number[] {
  const n = Math.max(1, total(reference));
  let below = 0;
  const cumulative = reference.slice(0, -1).map((c) => {
    below += c;
    return below / n;
  });
  const chosen = watchedShares.map((wanted) =>
    cumulative.reduce((best, share, i) => (Math.abs(share - wanted) < Math.abs((cumulative[best] ?? 2) - wanted) ? i : best), 0),
  );
  return [...new Set(chosen)].filter((i) => (cumulative[i] ?? 0) > leastShare && (cumulative[i] ?? 1) < 1 - leastShare);
}

function wordsOf(reference: readonly number[]): number[] {
  const other = reference.length - 1;
  const words = reference.slice(0, -1).map((count, i) => ({ count, i }));
  words.sort((a, b) => b.count - a.count || a.i - b.i);
  return [...words.slice(0, watchedWords).map(({ i }) => i), other];
}

function watchOf(feature: FeatureSpec, index: number, reference: FeatureCounts, options: DriftOptions): FeatureWatch {
  const isOrdered = feature.kind === "numeric";
  const events = isOrdered ? cutsOf(reference.cells) : wordsOf(reference.cells);
  const hits = (cells: readonly number[]): number[] => {
    if (!isOrdered) return events.map((i) => cells[i] ?? 0);
    // Cuts ascend, so one walk over the cells meets them all.
    const below: number[] = [];
    let [sum, cell] = [0, 0];
    for (const cut of events) {
      for (; cell <= cut && cell < cells.length; cell += 1) sum += cells[cell] ?? 0;
      below.push(cut < cells.length ? sum : 0);
    }
    return below;
  };
  const n = Math.max(1, total(reference.cells));
  const shares = hits(reference.cells).map((c) => Math.min(1 - leastShare, Math.max(leastShare, c / n)));
  return { feature, index, plan: planBets({ shares, delta: options.tolerance + referenceError(n) }), hits, coarse: cellMap(reference.cells.length, isOrdered) };
}

/** How everything of a spec is followed that has values to spread; `usual` is what they are held against. */
export function watchesOf(spec: ProfileSpec, usual: Profile, options: DriftOptions): readonly FeatureWatch[] {
  return watchedFeatures(spec).flatMap(({ feature, index }) => {
    // Vectors have no cells to bet on.
    const reference = index < spec.features.length && feature.kind !== "embedding" ? countsOf(usual, index) : undefined;
    return reference === undefined || total(reference.cells) === 0 ? [] : [watchOf(feature, index, reference, options)];
  });
}
