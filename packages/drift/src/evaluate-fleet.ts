import { type FeatureSummary, isIncompatible, mergeProfiles, type NumericSummary, type ProfileSpec, type ReferenceProfile, referenceFor } from "@kedge/profile";
import { explainFeature } from "./attribution.js";
import { causeClassOf, type MomentsPair } from "./cause-class.js";
import { compareFeature } from "./compare-feature.js";
import type { DeviceProfile, HeldDevice } from "./device-profile.js";
import { defaultDriftOptions, type DriftOptions } from "./drift-options.js";
import { judgeCause } from "./judge-cause.js";
import { countsAt, type Node, nodesOf } from "./node-counts.js";
import { type Cause, scopeKey, type Verdict } from "./verdict.js";

/** One look at a fleet that runs one bundle. */
export interface FleetEvaluation {
  /** What happened, one entry per thing that happened, strongest first. Empty: nothing did. */
  readonly causes: readonly Cause[];
  /** Every feature at every node that had rows enough, drifted or not. */
  readonly verdicts: readonly Verdict[];
  readonly rows: number;
  /** Devices left out, because their profile counts by another spec or no reference is theirs. */
  readonly leftOut: readonly string[];
}

/** What to hold against what. All devices run the bundle whose reference this is. */
export interface FleetToEvaluate {
  readonly reference: ReferenceProfile;
  readonly devices: readonly DeviceProfile[];
}

/** Causes told apart in one look; more at once is one story that no list tells. */
const maxCauses = 8;

function momentsAt(node: Node, index: number): MomentsPair | undefined {
  const merge = (parts: readonly (FeatureSummary | undefined)[]): NumericSummary | undefined => {
    const numeric = parts.filter((p): p is NumericSummary => p?.kind === "numeric");
    const [first, ...rest] = numeric.map((f) => ({ specHash: "", rows: 0, errors: 0, features: [f] }));
    if (first === undefined) return undefined;
    let sum = first as { specHash: string; rows: number; errors: number; features: readonly FeatureSummary[] };
    for (const next of rest) {
      const merged = mergeProfiles(sum, next);
      if (isIncompatible(merged)) return undefined;
      sum = merged;
    }
    const [only] = sum.features;
    return only?.kind === "numeric" ? only : undefined;
  };
  const current = merge(node.devices.map((d) => d.profile.features[index]));
  const reference = merge([...new Set(node.devices.map((d) => d.reference))].map((r) => r.features[index]));
  return current === undefined || reference === undefined ? undefined : { current, reference };
}

/** How many comparisons a look makes: the level is shared among them (Bonferroni), so it holds whatever depends on what. */
function verdictsAt(node: Node, spec: ProfileSpec, options: DriftOptions, comparisons: number): Verdict[] {
  const alpha = options.alphaPerLook / Math.max(1, comparisons);
  return spec.features.flatMap((feature, index) => {
    // How fast a device runs differs between devices by nature; it is watched as a runtime figure, not as drift.
    if (feature.role === "runtime") return [];
    const counts = countsAt(node, index);
    const comparison = counts === undefined ? undefined : compareFeature(feature, counts, options);
    if (counts === undefined || comparison === undefined) return [];
    const drifted = comparison.pValue <= alpha && comparison.score >= comparison.limit;
    const { isMissing: _, ...figures } = comparison;
    const causeClass = drifted ? causeClassOf(feature, comparison, counts, momentsAt(node, index)) : "unknown";
    return [{ feature: feature.name, role: feature.role, scope: node.scope, alpha, drifted, causeClass, ...figures }];
  });
}

/** The node that explains most over all drifted features, or `undefined` when none is left. */
function strongest(nodes: readonly Node[], verdicts: ReadonlyMap<string, readonly Verdict[]>, spec: ProfileSpec, options: DriftOptions): Node | undefined {
  const drifted = new Set(
    [...verdicts.values()]
      .flat()
      .filter((v) => v.drifted)
      .map((v) => v.feature),
  );
  const gains = new Map<string, number>();
  spec.features.forEach((feature, index) => {
    if (!drifted.has(feature.name) || feature.role === "runtime") return;
    for (const [key, gain] of explainFeature(nodes, index, feature.kind === "numeric", options).gains) gains.set(key, (gains.get(key) ?? 0) + gain);
  });
  return nodes
    .filter((n) => gains.has(scopeKey(n.scope)) && (verdicts.get(scopeKey(n.scope)) ?? []).some((v) => v.drifted))
    .sort((a, b) => (gains.get(scopeKey(b.scope)) ?? 0) - (gains.get(scopeKey(a.scope)) ?? 0))[0];
}

/**
 * Holds every device, cohort and the fleet against the bundle's reference and names what happened. A difference counts only with evidence
 * and effect both. Each cause is put at the one node that explains it best; its devices are then set aside and the rest is looked at anew, so
 * that one site's trouble is neither found twice nor smeared over the fleet.
 */
export function evaluateFleet(fleet: FleetToEvaluate, options: DriftOptions = defaultDriftOptions): FleetEvaluation {
  const { spec } = fleet.reference;
  const held: HeldDevice[] = [];
  const leftOut: string[] = [];
  for (const device of fleet.devices) {
    const reference = referenceFor(fleet.reference, device.labels);
    if (reference === undefined || reference.specHash !== device.profile.specHash || device.profile.features.length !== spec.features.length)
      leftOut.push(device.deviceId);
    else held.push({ ...device, reference });
  }
  const everyNode = nodesOf(held);
  const comparisons = everyNode.length * spec.features.filter((f) => f.role !== "runtime").length;
  const all = everyNode.flatMap((node) => verdictsAt(node, spec, options, comparisons));
  const causes: Cause[] = [];
  let rest = held;
  while (causes.length < maxCauses && rest.length > 0) {
    const nodes = nodesOf(rest);
    const verdicts = new Map(nodes.map((n) => [scopeKey(n.scope), verdictsAt(n, spec, options, comparisons)]));
    const node = strongest(nodes, verdicts, spec, options);
    if (node === undefined) break;
    const drifted = (verdicts.get(scopeKey(node.scope)) ?? []).filter((v) => v.drifted).sort((a, b) => b.score / b.limit - a.score / a.limit);
    causes.push(judgeCause(node, drifted, spec, options));
    rest = rest.filter((d) => !node.devices.includes(d));
  }
  return { causes, verdicts: all, rows: held.reduce((sum, d) => sum + d.profile.rows, 0), leftOut };
}
