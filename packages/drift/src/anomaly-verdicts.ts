import { matchesSelector, parseSelector } from "@kedge/core";
import { type NumericSummary, referenceFor } from "@kedge/profile";
import type { Anomaly, AnomalyRule } from "@kedge/sensor";
import { featureNamesOf } from "./anomaly-fleet.js";
import { isMeanInOtherUnit } from "./cause-class.js";
import type { DeviceProfile } from "./device-profile.js";
import type { FleetToEvaluate } from "./evaluate-fleet.js";
import { numericSum } from "./numeric-sum.js";
import type { CauseClass, Scope, Verdict } from "./verdict.js";

/** What is wrong, as people say it after a field's name. */
export const anomalyWords: Readonly<Record<AnomalyRule, string>> = {
  missing: "missing",
  type: "of the wrong type",
  shape: "of the wrong shape",
  not_a_number: "not a number",
  unit: "beyond what its unit can be",
  below: "below its range",
  above: "above its range",
  fraction: "not a whole number",
  domain: "an unknown word",
  length: "too long",
  stuck: "stuck at one value",
  order: "taken before the one before it",
  future: "from the future",
};

/** An anomaly that shows at a node. */
export interface AnomalyAt extends Anomaly {
  readonly verdict: Verdict;
}

function isUnder(scope: Scope, { deviceId, labels }: DeviceProfile): boolean {
  if (scope.kind === "device") return scope.deviceId === deviceId;
  if (scope.kind === "fleet") return true;
  const selector = parseSelector(scope.selector);
  return typeof selector !== "string" && matchesSelector(selector, labels);
}

interface Moments {
  readonly current: NumericSummary;
  readonly reference: NumericSummary;
}

function momentsAt(scope: Scope, field: string, { reference, devices }: FleetToEvaluate): Moments | undefined {
  const { spec } = reference;
  const [name] = featureNamesOf(spec.recipe, spec, field);
  const index = spec.features.findIndex((f) => f.name === name);
  const under = devices.filter((d) => isUnder(scope, d));
  const references = new Set(under.flatMap((d) => referenceFor(reference, d.labels) ?? []));
  const current = numericSum(under.map((d) => d.profile.features[index]));
  const normal = numericSum([...references].map((p) => p.features[index]));
  return current === undefined || normal === undefined ? undefined : { current, reference: normal };
}

/**
 * The mean of the broken values, when `share` of all are broken and the others are as in the reference: a look-back still holds values from
 * before. The mean of a mixture is that of its parts, in proportion. (Its spread tells too little of theirs: parts far apart hide it.)
 */
function brokenMean({ current, reference }: Moments, share: number): number {
  return (current.mean - (1 - share) * reference.mean) / share;
}

const plain: Readonly<Record<AnomalyRule, CauseClass>> = {
  missing: "missing",
  type: "wrong_type",
  shape: "wrong_type",
  not_a_number: "missing",
  unit: "unit_change",
  below: "out_of_range",
  above: "out_of_range",
  fraction: "out_of_range",
  domain: "new_category",
  length: "new_category",
  stuck: "stuck",
  order: "clock_fault",
  future: "clock_fault",
};

/** What probably happened, by the rule and, for numbers, by what the values are like. */
export function anomalyClassOf({ field, rule, verdict }: AnomalyAt, fleet: FleetToEvaluate): CauseClass {
  const moments = plain[rule] === "out_of_range" || rule === "stuck" ? momentsAt(verdict.scope, field, fleet) : undefined;
  if (moments === undefined || moments.current.count === 0) return plain[rule];
  const { reference } = moments;
  const mean = brokenMean(moments, Math.min(1, Math.max(verdict.score, 0.01)));
  if (rule !== "stuck") return isMeanInOtherUnit(mean, reference) ? "unit_change" : plain[rule];
  const width = (reference.max - reference.min) / 100;
  return mean >= reference.max - width || mean <= reference.min + width ? "saturation" : "stuck";
}

const advice: Readonly<Partial<Record<CauseClass, string>>> = {
  missing: "mend the sensor, its connection or the program that reads it",
  wrong_type: "mend the program that makes the readings",
  unit_change: "convert the values back to the unit that the model was trained on, or train it on the new one",
  out_of_range: "check the sensor; if such values are right, widen the schema and train the model on them",
  new_category: "if the word is right, add it to the schema and train the model on it",
  stuck: "check the sensor and its connection",
  saturation: "check the sensor's range and place",
  clock_fault: "mend the clock of the device or of what makes the readings",
};

/** Why a model trained on it would not help, and what would. */
export function anomalyReason(causeClass: CauseClass, fields: readonly string[]): string {
  const what = advice[causeClass] ?? "look at the readings";
  return `Readings break the bundle's schema (${fields.join(", ")}): ${what}; a model trained on it would learn the fault.`;
}
