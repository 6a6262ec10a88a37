import { type Profile, type ReferenceProfile, referenceFor } from "@kedge/profile";
import { explainFeature } from "./attribution.js";
import { testsPerFeature } from "./compare-feature.js";
import type { DeviceProfile, HeldDevice, LabelledAnswers } from "./device-profile.js";
import { defaultDriftOptions, type DriftOptions } from "./drift-options.js";
import { watchedFeatures } from "./feature-counts.js";
import { judgeCause } from "./judge-cause.js";
import { type Node, nodesOf } from "./node-counts.js";
import { type PlacedVerdict, verdictsAt } from "./node-verdicts.js";
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
  /** How many answers the model had right on the labelled rows of its reference; with it, labelled answers of devices decide on retraining. */
  readonly accuracy?: LabelledAnswers;
  /**
   * Profiles of other times that are normal too (the hours of a week, say), by the same spec. What differs from the reference and not from the
   * best mixture of these has not drifted: its verdict is of class `seasonal`.
   */
  readonly seasons?: readonly Profile[];
}

/** Causes told apart in one look; more at once is one story that no list tells. */
const maxCauses = 8;

/** Verdicts at nodes; a node that has the devices it had before is not judged again. */
class Bench {
  readonly #judge: (node: Node) => PlacedVerdict[];
  readonly #known = new Map<string, { readonly devices: number; readonly verdicts: readonly PlacedVerdict[] }>();

  constructor(judge: (node: Node) => PlacedVerdict[]) {
    this.#judge = judge;
  }

  at(node: Node): readonly PlacedVerdict[] {
    const key = scopeKey(node.scope);
    const known = this.#known.get(key);
    // Devices only ever leave a node.
    if (known?.devices === node.devices.length) return known.verdicts;
    const verdicts = this.#judge(node);
    this.#known.set(key, { devices: node.devices.length, verdicts });
    return verdicts;
  }
}

/** The node that explains most over all drifted features, or `undefined` when none is left. */
function strongest(nodes: readonly Node[], bench: Bench, options: DriftOptions): Node | undefined {
  const drifted = new Map<number, { readonly isOrdered: boolean; readonly nodes: Node[] }>();
  for (const node of nodes) {
    for (const { index, isOrdered, verdict } of bench.at(node)) {
      if (!verdict.drifted) continue;
      const found = drifted.get(index);
      if (found === undefined) drifted.set(index, { isOrdered, nodes: [node] });
      else found.nodes.push(node);
    }
  }
  const gains = new Map<string, number>();
  for (const [index, { isOrdered, nodes: candidates }] of drifted) {
    const explained = explainFeature(candidates, { index, isOrdered, nodes: nodes.length }, options);
    for (const [key, gain] of explained.gains) gains.set(key, (gains.get(key) ?? 0) + gain);
  }
  const gainOf = (node: Node): number => gains.get(scopeKey(node.scope)) ?? 0;
  return nodes.filter((n) => gainOf(n) > 0).sort((a, b) => gainOf(b) - gainOf(a))[0];
}

/**
 * Holds every device, cohort and the fleet against the bundle's reference and names what happened. A difference counts only with evidence
 * and effect both. The level of a look is shared among all its tests (Bonferroni), so that it holds whatever depends on what. Each cause is
 * put at the one node that explains it best; its devices are then set aside and the rest is looked at anew, so that one site's trouble is
 * neither found twice nor smeared over the fleet.
 */
export function evaluateFleet(fleet: FleetToEvaluate, options: DriftOptions = defaultDriftOptions): FleetEvaluation {
  const { spec } = fleet.reference;
  const held: HeldDevice[] = [];
  const leftOut: string[] = [];
  for (const device of fleet.devices) {
    const reference = referenceFor(fleet.reference, device.labels);
    const isOfSpec = reference?.specHash === device.profile.specHash && device.profile.features.length === spec.features.length;
    if (reference !== undefined && isOfSpec) held.push({ ...device, reference });
    else leftOut.push(device.deviceId);
  }
  const everyNode = nodesOf(held);
  const tests = Math.max(1, everyNode.length * watchedFeatures(spec).length * testsPerFeature);
  const seasons = (fleet.seasons ?? []).filter((s) => held.some((d) => d.profile.specHash === s.specHash));
  const judgement = { spec, options, alpha: options.alphaPerLook / tests, seasons };
  const bench = new Bench((node) => verdictsAt(node, judgement));
  const verdicts = everyNode.flatMap((node) => bench.at(node).map((v) => v.verdict));
  const causes: Cause[] = [];
  let rest = held;
  while (causes.length < maxCauses && rest.length > 0) {
    const node = strongest(nodesOf(rest), bench, options);
    if (node === undefined) break;
    const drifted = bench.at(node).flatMap(({ verdict }) => (verdict.drifted ? [verdict] : []));
    drifted.sort((a, b) => b.score / b.limit - a.score / a.limit);
    causes.push(judgeCause(node, drifted, { spec, accuracy: fleet.accuracy }));
    rest = rest.filter((d) => !node.devices.includes(d));
  }
  return { causes, verdicts, rows: held.reduce((sum, d) => sum + d.profile.rows, 0), leftOut };
}
