import { type ReferenceProfile, referenceFor } from "@kedge/profile";
import { explainFeature } from "./attribution.js";
import { testsPerFeature } from "./compare-feature.js";
import { lookEffectOf, pooledEffect } from "./design-effect.js";
import { pooledByIndex } from "./device-memory.js";
import type { DeviceProfile, HeldDevice, LabelledAnswers } from "./device-profile.js";
import { defaultDriftOptions, type DriftOptions } from "./drift-options.js";
import { type WatchedFeature, watchedFeatures } from "./feature-counts.js";
import { judgeCause } from "./judge-cause.js";
import { type Node, nodesOf } from "./node-counts.js";
import { type PlacedVerdict, verdictsAt } from "./node-verdicts.js";
import { type SequenceFindings, sequenceFindings } from "./sequence-findings.js";
import { finished, type Steps } from "./steps.js";
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
  /** Whether devices that run another version of the model show no drift: then what only this one shows is the version's. */
  readonly isOtherVersionClean?: boolean;
}

/** Causes told apart in one look; more at once is one story that no list tells. As many as incidents of one model may be active at once. */
const maxCauses = 64;

/** Nodes judged in one step: some ten milliseconds. */
const nodesAStep = 20;

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

  /** Judges all of them, a step at a time. */
  *prepare(nodes: readonly Node[]): Steps<void> {
    for (const [i, node] of nodes.entries()) {
      this.at(node);
      if (i % nodesAStep === nodesAStep - 1) yield;
    }
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
  return nodes.filter((n) => gainOf(n) > 0).sort((a, b) => gainOf(b) - gainOf(a))[0] ?? surestSequence(nodes, bench);
}

/** The device whose sequence says most: a step that is small beside the rows of a look does not pay for its name there, but was seen long enough. */
function surestSequence(nodes: readonly Node[], bench: Bench): Node | undefined {
  let [surest, most]: [Node | undefined, number] = [undefined, 0];
  for (const node of nodes) {
    for (const { verdict } of bench.at(node)) {
      if (!verdict.drifted || verdict.evidence !== "sequence" || (verdict.eValue ?? 0) <= most) continue;
      [surest, most] = [node, verdict.eValue ?? 0];
    }
  }
  return surest;
}

/** Devices with what they are held against, and those that cannot be. */
function hold({ reference, devices }: FleetToEvaluate): { readonly held: HeldDevice[]; readonly leftOut: string[] } {
  const held: HeldDevice[] = [];
  const leftOut: string[] = [];
  const memories = devices.flatMap((d) => d.memory ?? []);
  const pooled = pooledByIndex(memories);
  for (const device of devices) {
    const training = referenceFor(reference, device.labels);
    const isOfSpec = training?.specHash === device.profile.specHash && device.profile.features.length === reference.spec.features.length;
    if (training === undefined || !isOfSpec) {
      leftOut.push(device.deviceId);
      continue;
    }
    const usual = device.season?.specHash === training.specHash ? device.season : training;
    const effects = new Map(device.memory?.features.map((f) => [f.index, lookEffectOf(f.spread, pooled.get(f.index) ?? pooledEffect([]))]));
    // Vectors have no cells to see it by; rows that hang together in one feature do so in the others.
    const most = Math.max(1, ...effects.values());
    reference.spec.features.forEach((f, index) => {
      if (f.kind === "embedding") effects.set(index, most);
    });
    held.push({ ...device, reference: usual, training, effects });
  }
  return { held, leftOut };
}

/** Everything that one part of a look is judged with. */
interface Part {
  readonly fleet: FleetToEvaluate;
  readonly watched: readonly WatchedFeature[];
  readonly options: DriftOptions;
  readonly sequences: SequenceFindings;
  /** Levels are shared among this many tests. */
  readonly tests: number;
}

/** Takes the strongest cause, sets its devices aside, and looks anew, until nothing is left or `most` causes are told. */
function* causesAmong(devices: readonly HeldDevice[], bench: Bench, { fleet, options }: Part, most: number): Steps<Cause[]> {
  const causes: Cause[] = [];
  let rest = devices;
  while (causes.length < most && rest.length > 0) {
    const nodes = nodesOf(rest);
    yield* bench.prepare(nodes);
    const node = strongest(nodes, bench, options);
    if (node === undefined) break;
    const drifted = bench.at(node).flatMap(({ verdict }) => (verdict.drifted ? [verdict] : []));
    drifted.sort((a, b) => b.score / b.limit - a.score / a.limit);
    const grounds = { spec: fleet.reference.spec, accuracy: fleet.accuracy, isOtherVersionClean: fleet.isOtherVersionClean === true };
    causes.push(judgeCause(node, drifted, grounds));
    rest = rest.filter((d) => !node.devices.includes(d));
  }
  return causes;
}

function benchOf({ fleet, watched, options, sequences, tests }: Part, isBrief: boolean): Bench {
  const judgement = { spec: fleet.reference.spec, watched, options, alpha: options.alphaPerLook / tests, sequences, isBrief };
  return new Bench((node) => verdictsAt(node, judgement));
}

/**
 * Holds every device, cohort and the fleet against what is usual and names what happened. A difference counts only with evidence and effect
 * both. Evidence is the look's own, at a level shared among all its tests (Bonferroni), so that it holds whatever depends on what; or that of
 * the sequence of a device's windows, whose false discoveries are kept in check over the whole fleet at every look. The whole look-back
 * is looked at first, and of the devices that it shows nothing of its last part, where a step shows undiluted, at half of the level each. Each cause is put at the one
 * node that explains it best; its devices are then set aside and the rest is looked at anew, so that one site's trouble is neither found
 * twice nor smeared over the fleet.
 */
export function* evaluatingFleet(fleet: FleetToEvaluate, options: DriftOptions): Steps<FleetEvaluation> {
  const { held, leftOut } = hold(fleet);
  // Devices that sent too little lately take part with all they have, or a cohort would be taken for those of it that are quick to send.
  const isFresh = (d: HeldDevice): boolean => d.recent !== undefined && d.recent.rows >= options.minRows;
  const recent = held.map((d) => (d.recent !== undefined && isFresh(d) ? { ...d, profile: d.recent, reference: d.recentSeason ?? d.reference } : d));
  const hasRecent = recent.some((d, i) => d.profile.rows !== held[i]?.profile.rows);
  const everyNode = nodesOf(held);
  const watched = watchedFeatures(fleet.reference.spec);
  const tests = Math.max(1, everyNode.length * watched.length * testsPerFeature * (hasRecent ? 2 : 1));
  const part: Part = { fleet, watched, options, sequences: sequenceFindings(held, options.falseDiscoveryRate), tests };
  const bench = benchOf(part, false);
  yield* bench.prepare(everyNode);
  const verdicts = everyNode.flatMap((node) => bench.at(node).map((v) => v.verdict));
  const causes = yield* causesAmong(held, bench, part, maxCauses);
  const told = new Set(causes.flatMap((c) => c.deviceIds));
  const rest = hasRecent ? recent.filter((d) => !told.has(d.deviceId)) : [];
  causes.push(...(yield* causesAmong(rest, benchOf(part, true), part, maxCauses - causes.length)));
  return { causes, verdicts, rows: held.reduce((sum, d) => sum + d.profile.rows, 0), leftOut };
}

/** {@link evaluatingFleet}, all of it at once. */
export function evaluateFleet(fleet: FleetToEvaluate, options: DriftOptions = defaultDriftOptions): FleetEvaluation {
  return finished(evaluatingFleet(fleet, options));
}
