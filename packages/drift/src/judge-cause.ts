import type { Severity } from "@kedge/core";
import type { ProfileSpec } from "@kedge/profile";
import { adviseOn, isConfidence } from "./advice.js";
import type { LabelledAnswers } from "./device-profile.js";
import { watchedFeatures } from "./feature-counts.js";
import type { Node } from "./node-counts.js";
import { onsetOf } from "./onset.js";
import { type Sight, sightSentence } from "./sight.js";
import { sightAt } from "./sight-at.js";
import type { Cause, CauseClass, Verdict } from "./verdict.js";

/**
 * Whether it is the model that changed: what it says differs, what it sees does not, and so it was from the first windows under this bundle of
 * devices that ran another one before, or while another version says what it always did.
 */
function isModelChange(node: Node, features: readonly Verdict[], isOtherVersionClean: boolean): boolean {
  if (features.some((f) => f.role !== "output") || features.some((f) => f.change !== "skew")) return false;
  const updated = node.devices.filter((d) => (d.memory?.previousDigest ?? null) !== null).length;
  return isOtherVersionClean || updated * 2 > node.devices.length;
}

/** A cause is of the gravest class that any of its features shows; faults of sensors before changes of the world. */
const gravest: readonly CauseClass[] = [
  "missing",
  "wrong_type",
  "clock_fault",
  "stuck",
  "unit_change",
  "saturation",
  "out_of_range",
  "new_category",
  "model_change",
  "population_shift",
  "seasonal",
  "unknown",
];

function classOf(node: Node, features: readonly Verdict[], isOtherVersionClean: boolean): CauseClass {
  if (isModelChange(node, features, isOtherVersionClean)) return "model_change";
  // Answers that moved while nothing that goes in did: neither a fault nor a change of what is seen can be read from that.
  if (features.every((f) => f.role === "output" && f.causeClass === "population_shift")) return "unknown";
  return gravest.find((c) => features.some((f) => f.causeClass === c)) ?? "unknown";
}

const sightClasses: Readonly<Record<Sight["kind"], CauseClass>> = {
  moved: "camera_moved",
  turned: "camera_moved",
  blurred: "lens",
  marked: "lens",
  light: "light",
  inverted: "inverted",
};

/** Classes that what became of the picture may explain. */
const ofTheWorld: ReadonlySet<CauseClass> = new Set(["population_shift", "saturation", "unknown"]);
/** Classes that someone should look after, whatever the model makes of them. */
const ofFaults: ReadonlySet<CauseClass> = new Set(["missing", "stuck", "unit_change", "camera_moved", "lens", "inverted"]);

function severityOf(features: readonly Verdict[], causeClass: CauseClass, retrainAdvised: boolean): Severity {
  // A quarter of all answers and more are others than they were; and no model is right about a negative, however sure it is.
  if (causeClass === "inverted" || features.some((f) => f.role === "output" && !isConfidence(f.feature) && f.score >= 2.5 * f.limit)) return "critical";
  return retrainAdvised || ofFaults.has(causeClass) || features.some((f) => f.role === "output") ? "warning" : "info";
}

/** What a cause is judged by beside its features. */
export interface CauseGrounds {
  readonly spec: ProfileSpec;
  /** What the model reached on the labelled rows of its reference. */
  readonly accuracy: LabelledAnswers | undefined;
  /** Whether devices that run another version of the model show no drift. */
  readonly isOtherVersionClean: boolean;
}

/** Makes a cause of what drifted at a node: class, severity, advice and onset. `features` strongest first, at least one. */
export function judgeCause(node: Node, features: readonly Verdict[], { spec, accuracy, isOtherVersionClean }: CauseGrounds): Cause {
  const [first] = features;
  const strongest = watchedFeatures(spec).find(({ feature }) => feature.name === first?.feature && feature.role === first.role);
  const onsetMs = strongest === undefined ? null : onsetOf(node, strongest.index, strongest.feature.kind === "numeric");
  const shown = classOf(node, features, isOtherVersionClean);
  const sight = ofTheWorld.has(shown) ? sightAt(node, spec, onsetMs) : undefined;
  const causeClass = sight === undefined ? shown : sightClasses[sight.kind];
  const advice = adviseOn({ node, features, causeClass, accuracy });
  return {
    scope: node.scope,
    deviceIds: node.devices.map((d) => d.deviceId),
    features,
    causeClass,
    change: first?.change ?? "drift",
    severity: severityOf(features, causeClass, advice.retrainAdvised),
    retrainAdvised: advice.retrainAdvised,
    reason: sight === undefined ? advice.reason : `${sightSentence(sight)} ${advice.reason}`,
    onsetMs,
  };
}
