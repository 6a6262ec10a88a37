import { combinedNominalTest, combinedOrderedTest, compareProportions, fisherExact, largestCdfShift } from "@kedge/stats";
import { compareSketches } from "./compare-sketches.js";
import type { DriftOptions } from "./drift-options.js";
import { errorsFeature, type FeatureCounts, total, type WatchedFeature } from "./feature-counts.js";
import type { NodeCounts } from "./node-counts.js";
import type { MovedBin, Verdict } from "./verdict.js";

/** How one feature differs at one node, before it is called anything. */
export type Comparison = Pick<Verdict, "score" | "limit" | "pValue" | "rows" | "designEffect" | "referenceRows" | "interval" | "topBins"> & {
  /** Whether values are absent or broken rather than moved. */
  readonly isMissing: boolean;
};

/** How a node is tested. */
export interface NodeLevel {
  /** The level of each test. */
  readonly alpha: number;
  readonly isDevice: boolean;
  /** Whether nothing is wanted of what lies below the limit of its effect, which cannot have drifted. */
  readonly isBrief: boolean;
}

/** Tests that a feature undergoes: whether values are there at all, and how they are spread. */
export const testsPerFeature = 2;

const movedShown = 3;

/** Half the sum of share changes (total variation), 0 to 1. */
function totalVariation(a: readonly number[], b: readonly number[]): number {
  const na = total(a);
  const nb = total(b);
  let sum = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) sum += Math.abs((a[i] ?? 0) / na - (b[i] ?? 0) / nb);
  return sum / 2;
}

/** The share of readings that would have to move for the one to become the other, 0 to 1. */
export function effectSize(a: readonly number[], b: readonly number[], isOrdered: boolean): number {
  return isOrdered ? Math.abs(largestCdfShift(a, b).value) : totalVariation(a, b);
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

/** The cells that moved most, most first; of equal ones the first. */
function movedBins(labels: readonly string[], reference: readonly number[], current: readonly number[]): MovedBin[] {
  const nr = Math.max(1, total(reference));
  const nc = Math.max(1, total(current));
  const movedAt = (i: number): number => Math.abs((current[i] ?? 0) / nc - (reference[i] ?? 0) / nr);
  const cells = Math.max(reference.length, current.length);
  const most: number[] = [];
  while (most.length < Math.min(movedShown, cells)) {
    let [next, moved] = [-1, -1];
    for (let i = 0; i < cells; i += 1) {
      if (movedAt(i) <= moved || most.includes(i)) continue;
      [next, moved] = [i, movedAt(i)];
    }
    if (next < 0) break;
    most.push(next);
  }
  return most.map((i) => ({ label: labels[i] ?? "other", reference: (reference[i] ?? 0) / nr, current: (current[i] ?? 0) / nc }));
}

/** How many rows tell as much as one. */
const effectOf = ({ current, effective }: NodeCounts): number => Math.max(1, current.rows / Math.max(1, effective.rows));

function compareMissing(counts: NodeCounts, options: DriftOptions, label: string): Comparison {
  const { reference, current, effective } = counts;
  const then = reference.invalid / Math.max(1, reference.rows);
  const now = current.invalid / current.rows;
  const { interval } = compareProportions(effective.invalid, Math.max(1, effective.rows), reference.invalid, Math.max(1, reference.rows));
  const [lower, upper] = interval;
  const good = (c: FeatureCounts): number => c.rows - c.invalid;
  // Exact, because a handful of missing values is the usual case and a normal approximation would shout at one.
  const isSpotless = current.invalid === 0 && reference.invalid === 0;
  const pValue = isSpotless ? 1 : fisherExact(effective.invalid, good(effective), reference.invalid, good(reference)).pTwoSided;
  return {
    score: Math.abs(now - then),
    limit: options.missingLimit,
    pValue,
    rows: current.rows,
    designEffect: effectOf(counts),
    referenceRows: reference.rows,
    // The score has no sign, and neither has its band.
    interval: now >= then ? [Math.max(0, lower), Math.max(0, upper)] : [Math.max(0, -upper), Math.max(0, -lower)],
    topBins: [{ label, reference: then, current: now }],
    isMissing: true,
  };
}

function compareVectors(counts: NodeCounts, options: DriftOptions): Comparison | undefined {
  const [then, now] = [counts.reference.sketch, counts.effective.sketch];
  const compared = then === undefined || now === undefined ? undefined : compareSketches(then, now);
  if (compared === undefined) return undefined;
  const rows = { rows: total(counts.current.cells), designEffect: effectOf(counts), referenceRows: total(counts.reference.cells) };
  return { ...compared, ...rows, limit: options.effectLimit, topBins: [], isMissing: false };
}

const shareMissing = ({ invalid, rows }: FeatureCounts): number => invalid / Math.max(1, rows);

/**
 * Holds a node's feature against its reference: first whether values are there at all, then how they are spread. `alpha` is the level of each.
 * Single devices, of which there are thousands, are tested only where the effect reaches its limit. `undefined` when there is too little.
 */
export function compareFeature(
  watched: WatchedFeature,
  counts: NodeCounts,
  options: DriftOptions,
  { alpha, isDevice, isBrief }: NodeLevel,
): Comparison | undefined {
  const spec = watched.feature;
  const { cells: reference } = counts.reference;
  const { cells: current } = counts.current;
  if (counts.current.rows < options.minRows || total(reference) < options.minRows) return undefined;
  if (spec === errorsFeature) return compareMissing(counts, options, "gave no prediction");
  const [m, n] = [total(reference), total(current)];
  if (n < options.minRows || Math.abs(shareMissing(counts.current) - shareMissing(counts.reference)) >= options.missingLimit) {
    const missing = compareMissing(counts, options, "missing or broken");
    if (n < options.minRows || (missing.pValue ?? 1) <= alpha) return missing;
  }
  if (spec.kind === "embedding") return compareVectors(counts, options);
  const isOrdered = spec.kind === "numeric";
  const score = effectSize(current, reference, isOrdered);
  if (isBrief && score < options.effectLimit) return undefined;
  const telling = counts.effective.cells;
  return {
    score,
    limit: options.effectLimit,
    pValue: isDevice && score < options.effectLimit ? null : (isOrdered ? combinedOrderedTest : combinedNominalTest)(reference, telling).pValue,
    rows: n,
    designEffect: effectOf(counts),
    referenceRows: m,
    interval: bandOf(score, isOrdered ? 0 : chanceVariation(reference, telling), m, Math.max(1, total(telling))),
    topBins: movedBins(watched.labels, reference, current),
    isMissing: false,
  };
}
