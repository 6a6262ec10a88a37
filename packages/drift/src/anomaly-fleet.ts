import {
  type AnomalyCount,
  type AnomalyCounts,
  type CategoricalFeatureSpec,
  type CategoricalSummary,
  mergeAnomalies,
  type Profile,
  type ProfileSpec,
  type Recipe,
} from "@kedge/profile";
import type { Anomaly } from "@kedge/sensor";
import { type DeviceProfile, partOf, partPlanOf } from "./device-profile.js";
import type { FleetToEvaluate } from "./evaluate-fleet.js";

/** A field and a rule, as a feature of readings that either break it or do not. */
export interface AnomalyFeature extends Anomaly {
  readonly name: string;
}

/** Every field and rule that is broken anywhere in the fleet, bounded as a profile's are. */
export function pairsIn(devices: readonly DeviceProfile[]): AnomalyFeature[] {
  const all = devices.reduce<AnomalyCounts | undefined>((sum, d) => mergeAnomalies(sum, d.profile.anomalies), undefined);
  return (all?.pairs ?? []).map(({ field, rule }) => ({ field, rule, name: `${field}\u0000${rule}` }));
}

function summaryOf(pair: Anomaly, counts: readonly AnomalyCount[], readings: number): CategoricalSummary {
  const broken = counts.find((c) => c.field === pair.field && c.rule === pair.rule)?.count ?? 0;
  const whole = Math.max(0, readings - broken);
  return { kind: "categorical", counts: [whole], other: 0, missing: broken, wrongType: 0, count: whole };
}

const specHash = "anomalies";

interface Readings {
  readonly readings: number;
  readonly anomalies?: AnomalyCounts | undefined;
}

const readingsOf = ({ rows, errors, anomalies }: Profile): Readings => ({ readings: rows + errors, anomalies });

function profileOfAnomalies({ readings, anomalies }: Readings, pairs: readonly AnomalyFeature[]): Profile {
  const counts = anomalies?.pairs ?? [];
  return { specHash, rows: readings, errors: 0, features: pairs.map((pair) => summaryOf(pair, counts, readings)) };
}

/** The fleet as if all that were known of a reading is which rules it breaks. */
export function anomalyFleet({ reference, devices }: FleetToEvaluate, pairs: readonly AnomalyFeature[]): FleetToEvaluate {
  const features = pairs.map(({ name }): CategoricalFeatureSpec => ({ kind: "categorical", name, role: "input", categories: ["as expected"] }));
  const own = reference.cohorts[0]?.profile.specHash;
  const spec: ProfileSpec = { ...reference.spec, features };
  const plan = partPlanOf(spec);
  const anomaliesOf = (profile: Profile): Profile => profileOfAnomalies(readingsOf(profile), pairs);
  return {
    reference: { spec, cohorts: reference.cohorts.map((c) => ({ ...c, profile: anomaliesOf(c.profile) })) },
    devices: devices
      .filter((d) => d.profile.specHash === own)
      .map(({ deviceId, labels, profile, recent, parts }) => ({
        deviceId,
        labels,
        profile: anomaliesOf(profile),
        ...(recent === undefined ? {} : { recent: anomaliesOf(recent) }),
        parts: (parts ?? []).map((part) => partOf({ startMs: part.startMs, profile: profileOfAnomalies(part, pairs) }, plan)),
      })),
  };
}

/** The features that a field's values go into. */
export function featureNamesOf({ input }: Recipe, spec: ProfileSpec, field: string): string[] {
  const inputs = spec.features.filter((f) => f.role === "input").map((f) => f.name);
  if ("from" in input) return input.from === field ? inputs : [];
  return inputs.filter((name) => name === field || name === `input.${field}`);
}
