import type { ProfileSpec } from "@kedge/profile";
import { causeClassOf, type MomentsPair } from "./cause-class.js";
import { type Comparison, compareFeature, type NodeLevel } from "./compare-feature.js";
import type { DriftOptions } from "./drift-options.js";
import { compareEarlier } from "./earlier.js";
import type { WatchedFeature } from "./feature-counts.js";
import { countsAt, type Node, type NodeCounts } from "./node-counts.js";
import { numericSum } from "./numeric-sum.js";
import type { SequenceFindings } from "./sequence-findings.js";
import type { CauseClass, EvidenceSource, Verdict } from "./verdict.js";

/** A verdict with its feature's place in a profile. */
export interface PlacedVerdict {
  readonly index: number;
  readonly isOrdered: boolean;
  readonly verdict: Verdict;
}

function momentsAt(node: Node, index: number): MomentsPair | undefined {
  const current = numericSum(node.devices.map((d) => d.profile.features[index]));
  const reference = numericSum([...new Set(node.devices.map((d) => d.reference))].map((r) => r.features[index]));
  return current === undefined || reference === undefined ? undefined : { current, reference };
}

/** What nodes are judged by. */
export interface Judgement {
  readonly spec: ProfileSpec;
  /** Of the spec. */
  readonly watched: readonly WatchedFeature[];
  readonly options: DriftOptions;
  /** The level of each test. */
  readonly alpha: number;
  readonly sequences: SequenceFindings;
  /** Whether only verdicts that something drifted are wanted. */
  readonly isBrief: boolean;
}

interface Question {
  readonly node: Node;
  readonly watched: WatchedFeature;
  readonly counts: NodeCounts;
  readonly comparison: Comparison;
}

const levelAt = ({ scope }: Node, alpha: number, isBrief = false): NodeLevel => ({ alpha, isDevice: scope.kind === "device", isBrief });

/** What differs from the training reference, and not from what is usual at this time of the week. */
function isSeasonal({ node, watched }: Question, { options, alpha }: Judgement): boolean {
  if (node.devices.every((d) => d.reference === d.training)) return false;
  const counts = countsAt(node, watched.index, "training");
  const trained = counts === undefined ? undefined : compareFeature(watched, counts, options, levelAt(node, alpha));
  return trained !== undefined && !trained.isMissing && (trained.pValue ?? 1) <= alpha && trained.score >= trained.limit;
}

function classOf(question: Question, drifted: boolean, judgement: Judgement): CauseClass {
  const { node, counts, comparison } = question;
  const { feature, index } = question.watched;
  if (!drifted) return isSeasonal(question, judgement) ? "seasonal" : "unknown";
  return causeClassOf({ spec: feature, input: judgement.spec.recipe.input.kind, comparison, counts, moments: momentsAt(node, index) });
}

function verdictOf(question: Question, judgement: Judgement): Verdict {
  const { node, comparison } = question;
  const { feature, index } = question.watched;
  const { alpha, sequences } = judgement;
  const { isMissing, ...figures } = comparison;
  const deviceId = node.scope.kind === "device" && !isMissing ? node.scope.deviceId : undefined;
  const eValue = deviceId === undefined ? null : sequences.eValueOf(deviceId, index);
  const isFound = deviceId !== undefined && sequences.isFound(deviceId, index);
  const evidence: EvidenceSource | null = (comparison.pValue ?? 1) <= alpha ? "look" : isFound ? "sequence" : null;
  const drifted = evidence !== null && comparison.score >= comparison.limit;
  const earlier = drifted ? compareEarlier(node, index, feature.kind === "numeric") : { change: "drift" as const, earlierScore: null };
  const causeClass = classOf(question, drifted, judgement);
  return { feature: feature.name, role: feature.role, scope: node.scope, alpha, eValue, evidence, drifted, causeClass, ...earlier, ...figures };
}

/** Holds every watched feature at a node against what is usual; briefly, without a verdict on most of what did not drift. */
export function verdictsAt(node: Node, judgement: Judgement): PlacedVerdict[] {
  const { options, alpha, isBrief } = judgement;
  return judgement.watched.flatMap((watched) => {
    const { feature, index } = watched;
    const counts = countsAt(node, index);
    const comparison = counts === undefined ? undefined : compareFeature(watched, counts, options, levelAt(node, alpha, isBrief));
    if (counts === undefined || comparison === undefined) return [];
    return [{ index, isOrdered: feature.kind === "numeric", verdict: verdictOf({ node, watched, counts, comparison }, judgement) }];
  });
}
