import type { FeatureSpec } from "@kedge/profile";
import { combinedNominalTest, combinedOrderedTest, compareProportions, fisherExact, largestCdfShift } from "@kedge/stats";
import type { DriftOptions } from "./drift-options.js";
import { cellLabel, total } from "./feature-counts.js";
import type { NodeCounts } from "./node-counts.js";
import type { MovedBin, Verdict } from "./verdict.js";

/** How one feature differs at one node, before it is called anything. */
export type Comparison = Pick<Verdict, "score" | "limit" | "pValue" | "rows" | "referenceRows" | "interval" | "topBins"> & {
  /** Whether values are absent or broken rather than moved. */
  readonly isMissing: boolean;
};

/** Half the sum of share changes (total variation), 0 to 1. */
function totalVariation(a: readonly number[], b: readonly number[]): number {
  const na = total(a);
  const nb = total(b);
  let sum = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) sum += Math.abs((a[i] ?? 0) / na - (b[i] ?? 0) / nb);
  return sum / 2;
}

/**
 * Half-width of a 95 % band for a largest CDF difference of two samples: √(ln(2/.05)/2) (√(1/m) + √(1/n)) would be the sum of both
 * Dvoretzky-Kiefer-Wolfowitz bands; the samples are independent, so their errors add as √(1/m + 1/n).
 */
function halfWidth(m: number, n: number): number {
  return Math.sqrt(Math.log(2 / 0.05) / 2) * Math.sqrt(1 / m + 1 / n);
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

function compareMissing({ reference, current }: NodeCounts, options: DriftOptions): Comparison {
  const then = reference.invalid / Math.max(1, reference.rows);
  const now = current.invalid / current.rows;
  const [bad, rows] = [Math.round(current.invalid), Math.round(current.rows)];
  const [badThen, rowsThen] = [Math.round(reference.invalid), Math.max(1, Math.round(reference.rows))];
  const { interval } = compareProportions(bad, rows, badThen, rowsThen);
  // Exact, because a handful of missing values is the usual case and a normal approximation would shout at one.
  const pValue = fisherExact(bad, rows - bad, badThen, rowsThen - badThen).pTwoSided;
  return {
    score: Math.abs(now - then),
    limit: options.missingLimit,
    pValue,
    rows: current.rows,
    referenceRows: reference.rows,
    interval,
    topBins: [{ label: "missing or broken", reference: then, current: now }],
    isMissing: true,
  };
}

/** Holds a node's feature against its reference: first whether values are there at all, then how they are spread. `undefined` when there is too little. */
export function compareFeature(spec: FeatureSpec, counts: NodeCounts, options: DriftOptions): Comparison | undefined {
  if (counts.current.rows < options.minRows || total(counts.reference.cells) < options.minRows) return undefined;
  const missing = compareMissing(counts, options);
  const rows = total(counts.current.cells);
  if (rows < options.minRows || (missing.score >= missing.limit && missing.pValue < options.alphaPerLook / 100)) return missing;
  const { cells: reference } = counts.reference;
  const { cells: current } = counts.current;
  const isOrdered = spec.kind === "numeric";
  const score = isOrdered ? Math.abs(largestCdfShift(current, reference).value) : totalVariation(current, reference);
  const pValue = (isOrdered ? combinedOrderedTest(reference, current) : combinedNominalTest(reference, current)).pValue;
  const width = halfWidth(total(reference), rows);
  return {
    score,
    limit: options.effectLimit,
    pValue,
    rows,
    referenceRows: total(reference),
    interval: [Math.max(0, score - width), Math.min(1, score + width)],
    topBins: movedBins(spec, reference, current),
    isMissing: false,
  };
}
