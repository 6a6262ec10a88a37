import { type InputSchema, rulesOf } from "@kedge/sensor";
import { anomalyFleet, type AnomalyFeature, featureNamesOf, pairsIn } from "./anomaly-fleet.js";
import { anomalyReason, anomalyClassOf, anomalyWords } from "./anomaly-verdicts.js";
import { defaultDriftOptions, type DriftOptions } from "./drift-options.js";
import { evaluatingFleet, type FleetEvaluation, type FleetToEvaluate } from "./evaluate-fleet.js";
import { isConfidence } from "./advice.js";
import { finished, type Steps } from "./steps.js";
import { type Cause, scopeKey, type Verdict } from "./verdict.js";

/** A fleet whose bundle carries a schema. */
export interface SchemedFleet extends FleetToEvaluate {
  readonly schema: InputSchema | undefined;
}

/** Fields and rules that a schema can find broken. */
function possiblePairs(schema: InputSchema): number {
  return Object.values(schema.fields).reduce((sum, field) => sum + rulesOf(field).length, schema.time === null ? 0 : 2);
}

/** The verdicts of the fields that are broken at some node, as people are told of them. */
function told(found: FleetEvaluation, pairs: readonly AnomalyFeature[], fleet: SchemedFleet): Verdict[] {
  const strongest = new Map<string, Verdict>();
  for (const verdict of found.verdicts) {
    const pair = pairs.find((p) => p.name === verdict.feature);
    if (!verdict.drifted || pair === undefined) continue;
    const { field, rule } = pair;
    const [name = field, ...others] = featureNamesOf(fleet.reference.spec.recipe, fleet.reference.spec, field);
    const [bin] = verdict.topBins;
    const one: Verdict = {
      ...verdict,
      // An image gives many features, none of which is its own.
      feature: others.length === 0 ? name : field,
      causeClass: anomalyClassOf({ field, rule, verdict }, fleet),
      rule,
      topBins: bin === undefined ? [] : [{ ...bin, label: anomalyWords[rule] }],
    };
    const key = `${scopeKey(verdict.scope)}/${field}`;
    const known = strongest.get(key);
    if (known === undefined || known.score < one.score) strongest.set(key, one);
  }
  return [...strongest.values()];
}

/** Takes the place of the verdicts on the same features at the same nodes: what a broken field's values look like says nothing of the world. */
function withBroken(verdicts: readonly Verdict[], broken: readonly Verdict[], { reference }: SchemedFleet): Verdict[] {
  const { spec } = reference;
  const explained = new Set(broken.flatMap((v) => [v.feature, ...featureNamesOf(spec.recipe, spec, v.feature)].map((name) => `${scopeKey(v.scope)}/${name}`)));
  return [...broken, ...verdicts.filter((v) => v.role !== "input" || !explained.has(`${scopeKey(v.scope)}/${v.feature}`))];
}

function causeOf(cause: Cause, verdicts: readonly Verdict[]): Cause {
  const at = verdicts.filter((v) => v.drifted && scopeKey(v.scope) === scopeKey(cause.scope));
  const byScore = (a: Verdict, b: Verdict): number => b.score / b.limit - a.score / a.limit;
  const broken = at.filter((v) => v.rule !== undefined).sort(byScore);
  const moved = at.filter((v) => v.rule === undefined).sort(byScore);
  const [first] = broken;
  const causeClass = first?.causeClass ?? "unknown";
  const fields = broken.map((v) => v.feature);
  // As for drift: a quarter of all answers and more are others than they were.
  const isGrave = moved.some((f) => f.role === "output" && !isConfidence(f.feature) && f.score >= 2.5 * f.limit);
  return {
    ...cause,
    features: [...broken, ...moved],
    causeClass,
    severity: isGrave ? "critical" : "warning",
    retrainAdvised: false,
    reason: anomalyReason(causeClass, fields),
  };
}

/**
 * Looks at a fleet, broken fields first. Whether readings break the schema more often than the reference's own rows did is tested exactly, as
 * missing values are, at a limit of effect and a level of its own; who explains it is found as for drift. Devices whose fields are broken are
 * told of as such, with everything else that moved there; the distributions of the rest are then looked at without them. Half of the look's
 * level goes to either, so that it holds for both together; the share of fields and rules that were never seen broken counts as tested.
 */
export function* evaluatingAnomaliesFirst(fleet: SchemedFleet, options: DriftOptions): Steps<FleetEvaluation> {
  const { schema } = fleet;
  if (schema === undefined) return yield* evaluatingFleet(fleet, options);
  const half = { ...options, alphaPerLook: options.alphaPerLook / 2 };
  const all = yield* evaluatingFleet(fleet, half);
  const pairs = pairsIn(fleet.devices);
  if (pairs.length === 0) return all;
  const level = (half.alphaPerLook * (pairs.length + 1)) / (Math.max(pairs.length, possiblePairs(schema)) + 1);
  const found = yield* evaluatingFleet(anomalyFleet(fleet, pairs), { ...half, alphaPerLook: level });
  const broken = told(found, pairs, fleet);
  const verdicts = withBroken(all.verdicts, broken, fleet);
  if (found.causes.length === 0) return { ...all, verdicts };
  const causes = found.causes.map((cause) => causeOf(cause, verdicts));
  const explained = new Set(causes.flatMap((c) => c.deviceIds));
  const rest = yield* evaluatingFleet({ ...fleet, devices: fleet.devices.filter((d) => !explained.has(d.deviceId)) }, half);
  return { ...all, verdicts, causes: [...causes, ...rest.causes] };
}

/** {@link evaluatingAnomaliesFirst}, all of it at once. */
export function evaluateAnomaliesFirst(fleet: SchemedFleet, options: DriftOptions = defaultDriftOptions): FleetEvaluation {
  return finished(evaluatingAnomaliesFirst(fleet, options));
}
