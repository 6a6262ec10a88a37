import type { FeatureSpec } from "@kedge/profile";
import { combinedNominalTest, combinedOrderedTest, compareProportions, fisherExact, largestCdfShift } from "@kedge/stats";
import type { DriftOptions } from "./drift-options.js";
import { cellLabel, errorsFeature, type FeatureCounts, total } from "./feature-counts.js";
import { compareSketches } from "./compare-sketches.js";
import type { NodeCounts } from "./node-counts.js";
import type { MovedBin, Verdict } from "./verdict.js";

/** How one feature differs at one node, before it is called anything. */
export type Comparison = Pick<Verdict, "score" | "limit" | "pValue" | "rows" | "referenceRows" | "interval" | "topBins"> & {
  /** Whether values are absent or broken rather than moved. */
  readonly isMissing: boolean;
};

/** Tests that a feature undergoes: whether values are there at all, and how they are spread. */
export const testsPerFeature = 2;

/** Half the sum of share changes (total variation), 0 to 1. */
function totalVariation(a: readonly number[], b: readonly number[]): number {
  const na = total(a);
  const nb = total(b);
  let sum = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) sum += Math.abs((a[i] ?? 0) / na - (b[i] ?? 0) / nb);
  return sum / 2;
}

/** What chance adds to the total variation of two samples of the same words: the mean of |N(0, p(1−p)(1/m + 1/n))| over all cells, halved. */
function chanceVariation(a: readonly number[], b: readonly number[]): number {
  const [na, nb] = [total(a), total(b)];
  let sum = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const p = ((a[i] ?? 0) + (b[i] ?? 0)) / (na + nb);
    sum += Math.sqrt(p * (1 - p));
  }
  return (sum / 2) * Math.sqrt((2 / Math.PI) * (1 / na + 1 / nb));
}

/**
 * A 95 % band for the score. One row moves either score by at most 1/n, so that it stays within √(ln(2/.05)/2) √(1/m + 1/n) of its mean
 * (McDiarmid 1989); the mean lies above the truth by what chance adds, which is little for a CDF and much for a hundred words.
 */
function bandOf(score: number, chance: number, m: number, n: number): readonly [number, number] {
  const half = Math.sqrt(Math.log(2 / 0.05) / 2) * Math.sqrt(1 / m + 1 / n);
  return [Math.max(0, score - chance - half), Math.min(1, score + half)];
}

function movedBins(spec: FeatureSpec, reference: readonly number[], current: readonly number[]): MovedBin[] {
  const nr = Math.max(1, total(reference));
  const nc = Math.max(1, total(current));
  return Array.from({ length: Math.max(reference.length, current.length) }, (_, i) => ({
    label: cellLabel(spec, i),
    reference: (reference[i] ?? 0) / nr,
    current: (current[i] ?? 0) / nc,
  }))
    .sort((a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference))
    .slice(0, 3);
}

function compareMissing({ reference, current }: NodeCounts, options: DriftOptions, label: string): Comparison {
  const then = reference.invalid / Math.max(1, reference.rows);
  const now = current.invalid / current.rows;
  const { interval } = compareProportions(current.invalid, current.rows, reference.invalid, Math.max(1, reference.rows));
  const [lower, upper] = interval;
  const good = (c: FeatureCounts): number => c.rows - c.invalid;
  // Exact, because a handful of missing values is the usual case and a normal approximation would shout at one.
  const isSpotless = current.invalid === 0 && reference.invalid === 0;
  const pValue = isSpotless ? 1 : fisherExact(current.invalid, good(current), reference.invalid, good(reference)).pTwoSided;
  return {
    score: Math.abs(now - then),
    limit: options.missingLimit,
    pValue,
    rows: current.rows,
    referenceRows: reference.rows,
    // The score has no sign, and neither has its band.
    interval: now >= then ? [Math.max(0, lower), Math.max(0, upper)] : [Math.max(0, -upper), Math.max(0, -lower)],
    topBins: [{ label, reference: then, current: now }],
    isMissing: true,
  };
}

/**
 * Holds a node's feature against its reference: first whether values are there at all, then how they are spread. `alpha` is the level of each.
 * `undefined` when there is too little.
 */
export function compareFeature(spec: FeatureSpec, counts: NodeCounts, options: DriftOptions, alpha: number): Comparison | undefined {
  const { cells: reference } = counts.reference;
  const { cells: current } = counts.current;
  if (counts.current.rows < options.minRows || total(reference) < options.minRows) return undefined;
  if (spec === errorsFeature) return compareMissing(counts, options, "gave no prediction");
  const missing = compareMissing(counts, options, "missing or broken");
  const [m, n] = [total(reference), total(current)];
  if (n < options.minRows || (missing.score >= missing.limit && missing.pValue <= alpha)) return missing;
  const sketches = { reference: counts.reference.sketch, current: counts.current.sketch };
  if (spec.kind === "embedding") {
    const compared = sketches.reference === undefined || sketches.current === undefined ? undefined : compareSketches(sketches.reference, sketches.current);
    return compared === undefined ? undefined : { ...compared, limit: options.effectLimit, rows: n, referenceRows: m, topBins: [], isMissing: false };
  }
  const isOrdered = spec.kind === "numeric";
  const score = isOrdered ? Math.abs(largestCdfShift(current, reference).value) : totalVariation(current, reference);
  return {
    score,
    limit: options.effectLimit,
    pValue: (isOrdered ? combinedOrderedTest(reference, current) : combinedNominalTest(reference, current)).pValue,
    rows: n,
    referenceRows: m,
    interval: bandOf(score, isOrdered ? 0 : chanceVariation(reference, current), m, n),
    topBins: movedBins(spec, reference, current),
    isMissing: false,
  };
}
