import { type FeatureSummary, mergeProfiles, isIncompatible, type NumericSummary, type Profile, type ProfileSpec } from "@kedge/profile";
import { causeClassOf, type MomentsPair } from "./cause-class.js";
import { type Comparison, compareFeature } from "./compare-feature.js";
import type { DriftOptions } from "./drift-options.js";
import { type FeatureCounts, watchedFeatures } from "./feature-counts.js";
import { countsAt, type Node } from "./node-counts.js";
import { bestMixture } from "./seasons.js";
import type { Verdict } from "./verdict.js";

/** A verdict with its feature's place in a profile. */
export interface PlacedVerdict {
  readonly index: number;
  readonly isOrdered: boolean;
  readonly verdict: Verdict;
}

function numericSum(parts: readonly (FeatureSummary | undefined)[]): NumericSummary | undefined {
  let sum: NumericSummary | undefined;
  for (const part of parts) {
    if (part?.kind !== "numeric") continue;
    const alone = (feature: NumericSummary): Profile => ({ specHash: "", rows: 0, errors: 0, features: [feature] });
    const merged = sum === undefined ? alone(part) : mergeProfiles(alone(sum), alone(part));
    const [only] = isIncompatible(merged) ? [] : merged.features;
    if (only?.kind === "numeric") sum = only;
  }
  return sum;
}

function momentsAt(node: Node, index: number): MomentsPair | undefined {
  const current = numericSum(node.devices.map((d) => d.profile.features[index]));
  const reference = numericSum([...new Set(node.devices.map((d) => d.reference))].map((r) => r.features[index]));
  return current === undefined || reference === undefined ? undefined : { current, reference };
}

/** Seasons come from devices, which do not measure how vectors spread: as in the reference, it is taken. */
function withSpreadOf(reference: FeatureCounts, season: FeatureCounts | undefined): FeatureCounts | undefined {
  if (season?.sketch === undefined) return season;
  return { ...season, sketch: { ...season.sketch, spread: reference.sketch?.spread ?? null } };
}

/** What nodes are judged by. */
export interface Judgement {
  readonly spec: ProfileSpec;
  readonly options: DriftOptions;
  /** The level of each test. */
  readonly alpha: number;
  /** Profiles of other times that are normal too; none: the reference alone is. */
  readonly seasons: readonly Profile[];
}

/** Holds every watched feature at a node against its reference. */
export function verdictsAt(node: Node, { spec, options, alpha, seasons }: Judgement): PlacedVerdict[] {
  return watchedFeatures(spec).flatMap(({ feature, index }) => {
    const counts = countsAt(node, index);
    const comparison = counts === undefined ? undefined : compareFeature(feature, counts, options, alpha);
    if (counts === undefined || comparison === undefined) return [];
    const isMoved = (c: Comparison): boolean => c.pValue <= alpha && c.score >= c.limit;
    const isOfSeason = (): boolean => {
      const expected = comparison.isMissing ? undefined : withSpreadOf(counts.reference, bestMixture(counts.current, seasons, index));
      const again = expected === undefined ? undefined : compareFeature(feature, { current: counts.current, reference: expected }, options, alpha);
      return again !== undefined && !isMoved(again);
    };
    const seasonal = isMoved(comparison) && isOfSeason();
    const drifted = isMoved(comparison) && !seasonal;
    const { isMissing: _, ...figures } = comparison;
    const change = { spec: feature, input: spec.recipe.input.kind, comparison, counts };
    const causeClass = drifted ? causeClassOf({ ...change, moments: momentsAt(node, index) }) : seasonal ? "seasonal" : "unknown";
    const verdict: Verdict = { feature: feature.name, role: feature.role, scope: node.scope, alpha, drifted, causeClass, ...figures };
    return [{ index, isOrdered: feature.kind === "numeric", verdict }];
  });
}
