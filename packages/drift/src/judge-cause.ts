import type { Severity } from "@kedge/core";
import type { ProfileSpec } from "@kedge/profile";
import { compareFeature } from "./compare-feature.js";
import type { DriftOptions } from "./drift-options.js";
import { countsAt, type Node } from "./node-counts.js";
import type { Cause, CauseClass, Verdict } from "./verdict.js";

/** A cause is of the gravest class that any of its features shows; faults of sensors before changes of the world. */
const gravest: readonly CauseClass[] = ["missing", "stuck", "unit_change", "saturation", "model_change", "seasonal", "population_shift", "unknown"];

function classOf(features: readonly Verdict[]): CauseClass {
  return gravest.find((c) => features.some((f) => f.causeClass === c)) ?? "unknown";
}

/** How sure of itself the model is, as features that a classification has. */
const confidence = new Set(["score", "entropy", "margin"]);

function advise(node: Node, features: readonly Verdict[], causeClass: CauseClass): Pick<Cause, "retrainAdvised" | "reason"> {
  const outputs = features.filter((f) => f.role === "output");
  const inputs = features.filter((f) => f.role === "input").map((f) => f.feature);
  if (causeClass === "missing" || causeClass === "stuck" || causeClass === "unit_change") {
    return {
      retrainAdvised: false,
      reason: `This looks like a fault (${causeClass.replace("_", " ")}): mend the sensor or its configuration; a model trained on it would learn the fault.`,
    };
  }
  if (outputs.length === 0)
    return { retrainAdvised: false, reason: `The inputs moved (${inputs.join(", ")}), but what the model says did not: no need to retrain.` };
  const named = outputs.map((f) => f.feature).join(", ");
  if (node.scope.kind === "device")
    return { retrainAdvised: false, reason: `One device alone says other things (${named}): check it before teaching the model its view.` };
  if (!outputs.some((f) => confidence.has(f.feature)) && inputs.length === 0) {
    return { retrainAdvised: false, reason: `Only the mix of answers moved (${named}): the world may simply show other things. Label some before retraining.` };
  }
  return {
    retrainAdvised: true,
    reason: `What the model says moved (${named}) together with ${inputs.length > 0 ? `its inputs (${inputs.join(", ")})` : "its confidence"}: new labelled data may help.`,
  };
}

function severityOf(features: readonly Verdict[], retrainAdvised: boolean): Severity {
  const outputs = features.filter((f) => f.role === "output");
  if (outputs.some((f) => f.score >= 2.5 * f.limit)) return "critical";
  return retrainAdvised || outputs.length > 0 || features.some((f) => f.causeClass === "missing" || f.causeClass === "stuck") ? "warning" : "info";
}

/** The first window of the node's devices in which the strongest feature has crossed its limit by itself and stays so in the next of that device. */
function onsetOf(node: Node, strongest: Verdict, spec: ProfileSpec, options: DriftOptions): number | null {
  const index = spec.features.findIndex((f) => f.name === strongest.feature && f.role === strongest.role);
  const feature = spec.features[index];
  if (feature === undefined) return null;
  let onset: number | undefined;
  for (const device of node.devices) {
    const moved: readonly boolean[] = (device.windows ?? []).map((w): boolean => {
      const counts = countsAt({ scope: node.scope, devices: [{ ...device, profile: w.profile }] }, index);
      const comparison = counts === undefined ? undefined : compareFeature(feature, counts, { ...options, minRows: 20 });
      return comparison !== undefined && comparison.score >= comparison.limit && comparison.pValue < 0.01;
    });
    const at = moved.findIndex((m, i) => m && (i + 1 === moved.length || moved[i + 1] === true));
    const start = device.windows?.[at]?.startMs;
    if (at >= 0 && start !== undefined && (onset === undefined || start < onset)) onset = start;
  }
  return onset ?? null;
}

/** Makes a cause of what drifted at a node: class, severity, advice and onset. `features` strongest first, at least one. */
export function judgeCause(node: Node, features: readonly Verdict[], spec: ProfileSpec, options: DriftOptions): Cause {
  const causeClass = classOf(features);
  const advice = advise(node, features, causeClass);
  const [first] = features;
  return {
    scope: node.scope,
    deviceIds: node.devices.map((d) => d.deviceId),
    features,
    causeClass,
    severity: severityOf(features, advice.retrainAdvised),
    ...advice,
    onsetMs: first === undefined ? null : onsetOf(node, first, spec, options),
  };
}
