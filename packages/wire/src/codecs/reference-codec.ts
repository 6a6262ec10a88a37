import { canonicalJson, type Json } from "@kedge/core";
import type { FeatureSpec, Profile, ProfileSpec, ReferenceCohort, ReferenceProfile, WatchPlan } from "@kedge/profile";
import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import type { Fields } from "./fields.js";
import { profileFromRaw, profileShape, profileToRaw } from "./profile-codec.js";
import { readProfileSpec } from "./profile-spec-json.js";
import type { Shape } from "./scan.js";

const watchShape: Shape = { 1: { most: wireLimits.watchedStreams } };

const codec: Codec<kedge.v1.ReferenceProfile.$Properties, ReferenceProfile> = {
  name: "reference profile",
  maxBytes: wireLimits.referenceBytes,
  shape: { 1: { most: 1 }, 2: { most: 1 }, 3: { most: wireLimits.cohorts, of: { 2: { most: 1, of: profileShape } } }, 4: { most: 1, of: watchShape } },
  type: kedge.v1.ReferenceProfile,
  toRaw: (reference) => ({
    format: formatVersion,
    spec: canonicalJson(reference.spec as unknown as Json),
    cohorts: reference.cohorts.map(({ selector, profile, rows }) => ({ selector, profile: profileToRaw(profile), rows })),
    watch: reference.watch === undefined ? null : { ...reference.watch, streams: [...reference.watch.streams] },
  }),
  fromRaw: (raw, fields) => {
    const spec = specFromText(raw.spec ?? "", fields);
    const cohorts = (raw.cohorts ?? []).map((cohort, i) => cohortFromRaw(cohort, { spec, name: `cohort ${i}` }, fields));
    fields.check(cohorts.length > 0 && cohorts[0]?.selector === "", "the first cohort is not the one for everyone");
    return raw.watch === null || raw.watch === undefined ? { spec, cohorts } : { spec, cohorts, watch: watchFromRaw(raw.watch, fields) };
  },
};

const noSpec: ProfileSpec = { formatVersion: 1, recipe: { input: { kind: "none" }, task: "classification" }, features: [] };

function specFromText(text: string, fields: Fields): ProfileSpec {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    fields.fail("wire/invalid-field", "spec is no JSON");
  }
  const spec = readProfileSpec(json);
  if (typeof spec !== "string") return spec;
  fields.fail("wire/invalid-field", `spec: ${spec}`);
  return noSpec;
}

function cohortFromRaw(
  raw: kedge.v1.ReferenceCohort.$Properties,
  within: { readonly spec: ProfileSpec; readonly name: string },
  fields: Fields,
): ReferenceCohort {
  const profile = profileFromRaw(raw.profile, fields);
  const misfit = misfitOf(profile, within.spec);
  if (misfit !== undefined) fields.fail("wire/invalid-field", `${within.name}: ${misfit}`);
  return { selector: fields.text(raw.selector, "selector", wireLimits.text), profile, rows: fields.whole(raw.rows, "rows") };
}

function watchFromRaw(raw: kedge.v1.WatchPlan.$Properties, fields: Fields): WatchPlan {
  const streams = (raw.streams ?? []).map((stream) => {
    const falseAlarmEvery = fields.finite(stream.falseAlarmEvery, "false_alarm_every");
    fields.check(falseAlarmEvery >= 1, `false_alarm_every is ${falseAlarmEvery}, less than 1`);
    return { name: fields.name(stream.name, "a watched stream"), falseAlarmEvery };
  });
  return {
    streams,
    alarmsPerFleetDay: fields.amount(raw.alarmsPerFleetDay, "alarms_per_fleet_day"),
    devices: fields.whole(raw.devices, "devices"),
    rowsPerDay: fields.amount(raw.rowsPerDay, "rows_per_day"),
  };
}

/** How a profile differs in form from what its spec describes; `undefined` when it does not. */
export function misfitOf(profile: Profile, spec: ProfileSpec): string | undefined {
  if (profile.features.length !== spec.features.length) return `${profile.features.length} features, the spec has ${spec.features.length}`;
  for (const [i, feature] of profile.features.entries()) {
    const wanted = spec.features[i];
    if (wanted === undefined || feature.kind !== wanted.kind) return `feature ${i} is ${feature.kind}`;
    const found = (feature.kind === "embedding" ? feature.sums : feature.counts).length;
    if (found !== sizeIn(wanted)) return `feature "${wanted.name}" has ${found} bins, the spec has ${sizeIn(wanted)}`;
  }
  return undefined;
}

/** Bins, categories, or numbers of the sketch. */
function sizeIn(spec: FeatureSpec): number {
  switch (spec.kind) {
    case "numeric":
      return spec.cuts.length + 1;
    case "categorical":
      return spec.categories.length;
    case "embedding":
      return 2 * spec.frequencies;
  }
}

/** A reference profile as it lies in a bundle. */
export function encodeReferenceProfile(reference: ReferenceProfile): Uint8Array {
  return encodeAs(codec, reference);
}

/** The reference profile in a bundle's file. Every cohort's profile has the form that the spec describes. */
export function decodeReferenceProfile(bytes: Uint8Array): Decoded<ReferenceProfile> | Rejected {
  return decodeAs(codec, bytes);
}
