import type { CategoricalSummary, FeatureSummary, NumericSummary, Profile } from "@kedge/profile";
import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion, unencodable } from "./codec.js";
import { ColumnReader, packColumn } from "./columns.js";
import type { Fields } from "./fields.js";
import { floatAbove, floatBelow, largestFloat } from "./floats.js";
import { bytesOfHex } from "./hex.js";
import type { Shape } from "./scan.js";

const numericKind = 1;
const categoricalKind = 2;

/** The shape of a profile: no messages in it, so only its own fields are counted. */
export const profileShape: Shape = { 1: { most: 1 }, 2: { most: 1 }, 3: { most: 1 }, 17: { most: 1 } };

type RawProfile = kedge.v1.Profile.$Properties;

/**
 * Profiles in their wire form; throws `wire/unencodable` for counts and numbers that none has. `short`: as windows
 * carry them, with the sums of squares as floats.
 */
export function profileToRaw(profile: Profile, form: "exact" | "short" = "exact"): RawProfile {
  const numeric: NumericSummary[] = [];
  const categorical: CategoricalSummary[] = [];
  const counts: number[] = [];
  for (const feature of profile.features) {
    if (feature.kind === "numeric") numeric.push(feature);
    else categorical.push(feature);
    for (const count of feature.counts) counts.push(count);
  }
  if (profile.features.length > wireLimits.features) throw unencodable(`a profile of ${profile.features.length} features`);
  if (counts.length > wireLimits.binsInAll) throw unencodable(`a profile of ${counts.length} bins`);
  const wholeOf = <F>(features: readonly F[], of: (feature: F) => number) => packColumn(checked(features.map(of), isCount));
  const finiteOf = (of: (feature: NumericSummary) => number) => packColumn(checked(numeric.map(of), Number.isFinite));
  return {
    specHash: bytesOfHex(profile.specHash),
    rows: checkedCount(profile.rows),
    errors: checkedCount(profile.errors),
    features: profile.features.length,
    kind: mutable(wholeOf(profile.features, (f) => (f.kind === "numeric" ? numericKind : categoricalKind))),
    size: mutable(wholeOf(profile.features, (f) => f.counts.length)),
    counts: mutable(checked(counts, isCount)),
    missing: mutable(wholeOf(profile.features, (f) => f.missing)),
    wrongType: mutable(wholeOf(profile.features, (f) => f.wrongType)),
    under: mutable(wholeOf(numeric, (f) => f.under)),
    over: mutable(wholeOf(numeric, (f) => f.over)),
    notANumber: mutable(wholeOf(numeric, (f) => f.notANumber)),
    mean: mutable(finiteOf((f) => f.mean)),
    ...(form === "short" && numeric.every((f) => Math.abs(f.m2) < largestFloat)
      ? { m2Short: mutable(finiteOf((f) => Math.fround(f.m2))) }
      : { m2: mutable(finiteOf((f) => f.m2)) }),
    min: mutable(finiteOf((f) => floatBelow(f.min))),
    max: mutable(finiteOf((f) => floatAbove(f.max))),
    other: mutable(wholeOf(categorical, (f) => f.other)),
  };
}

/** A profile from its wire form. What does not add up is noted in `fields`. */
export function profileFromRaw(raw: RawProfile | null | undefined, fields: Fields): Profile {
  if (raw === null || raw === undefined) fields.fail("wire/missing-field", "profile is missing");
  const given = raw ?? {};
  const total = featureCount(given, fields);
  const kinds = new ColumnReader(given.kind, { length: total, name: "kind" }, fields);
  const isNumeric: boolean[] = [];
  for (let i = 0; i < total; i += 1) {
    const kind = kinds.next();
    fields.check(kind === numericKind || kind === categoricalKind, `feature ${i} is of kind ${kind}, which is unknown`);
    isNumeric.push(kind === numericKind);
  }
  const specHash = fields.digest(given.specHash, "spec_hash");
  const rows = fields.whole(given.rows, "rows");
  const errors = fields.whole(given.errors, "errors");
  const features = fields.fault === undefined ? readFeatures(given, isNumeric, fields) : [];
  for (const [i, feature] of features.entries()) checkSums(feature, { name: `feature ${i}`, most: rows + errors }, fields);
  return { specHash, rows, errors, features };
}

/** How many features there are; 0 after a fault, so that nothing is made for them. */
function featureCount(raw: RawProfile, fields: Fields): number {
  const bins = raw.counts?.length ?? 0;
  if (bins > wireLimits.binsInAll) fields.fail("wire/too-many", `${bins} bins: at most ${wireLimits.binsInAll}`);
  const features = raw.features ?? 0;
  if (features > wireLimits.features) fields.fail("wire/too-many", `${features} features: at most ${wireLimits.features}`);
  return fields.fault === undefined ? features : 0;
}

function readFeatures(raw: RawProfile, isNumeric: readonly boolean[], fields: Fields): FeatureSummary[] {
  const counts = raw.counts ?? [];
  const length = isNumeric.length;
  const numeric = isNumeric.reduce((sum, is) => sum + (is ? 1 : 0), 0);
  const size = new ColumnReader(raw.size, { length, name: "size" }, fields);
  const missing = new ColumnReader(raw.missing, { length, name: "missing" }, fields);
  const wrongType = new ColumnReader(raw.wrongType, { length, name: "wrong_type" }, fields);
  const readNumeric = numericReader(raw, numeric, fields);
  const other = new ColumnReader(raw.other, { length: length - numeric, name: "other" }, fields);
  const features: FeatureSummary[] = [];
  let at = 0;
  for (const is of isNumeric) {
    const bins = size.next();
    if (bins > wireLimits.bins) fields.fail("wire/too-many", `a feature of ${bins} bins: at most ${wireLimits.bins}`);
    if (bins > counts.length - at) fields.check(false, `${counts.length} bins are fewer than the features have`);
    if (fields.fault !== undefined) return [];
    const own = counts.slice(at, at + bins);
    at += bins;
    let count = 0;
    for (const n of own) count += n;
    const shared = { counts: own, missing: missing.next(), wrongType: wrongType.next() };
    if (is) features.push({ kind: "numeric", ...shared, count, ...readNumeric() });
    else {
      const others = other.next();
      features.push({ kind: "categorical", ...shared, other: others, count: count + others });
    }
  }
  fields.check(at === counts.length, `${counts.length} bins are more than the features have`);
  return features;
}

type NumericColumns = Pick<NumericSummary, "under" | "over" | "notANumber" | "mean" | "m2" | "min" | "max">;

function numericReader(raw: RawProfile, length: number, fields: Fields): () => NumericColumns {
  const column = (entries: readonly number[] | null | undefined, name: string) => new ColumnReader(entries, { length, name }, fields);
  const under = column(raw.under, "under");
  const over = column(raw.over, "over");
  const notANumber = column(raw.notANumber, "not_a_number");
  const mean = column(raw.mean, "mean");
  const m2 = (raw.m2Short?.length ?? 0) > 0 ? column(raw.m2Short, "m2_short") : column(raw.m2, "m2");
  const min = column(raw.min, "min");
  const max = column(raw.max, "max");
  return () => ({
    under: under.next(),
    over: over.next(),
    notANumber: notANumber.next(),
    mean: mean.next(),
    m2: m2.next(),
    min: min.next(),
    max: max.next(),
  });
}

/** Counts that contradict each other are damage (a negative number on the wire reads as a huge one). */
function checkSums(feature: FeatureSummary, of: { readonly name: string; readonly most: number }, fields: Fields): void {
  const { name, most } = of;
  const seen = feature.count + feature.missing + feature.wrongType + (feature.kind === "numeric" ? feature.notANumber : 0);
  if (seen > most) fields.check(false, `${name} has ${seen} values in ${most} rows`);
  if (feature.kind === "categorical") return;
  if (feature.under + feature.over > feature.count) fields.check(false, `${name} has more values out of range than values`);
  if (!Number.isFinite(feature.mean) || !Number.isFinite(feature.m2) || feature.m2 < 0) fields.check(false, `${name} has no mean or variance`);
  if (!Number.isFinite(feature.min) || !Number.isFinite(feature.max) || feature.min > feature.max) fields.check(false, `${name} has no range`);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}

function checkedCount(value: number): number {
  if (!isCount(value)) throw unencodable(`a profile with a count of ${value}`);
  return value;
}

function checked(values: readonly number[], holds: (value: number) => boolean): readonly number[] {
  for (const value of values) if (!holds(value)) throw unencodable(`a profile with the number ${value}`);
  return values;
}

/** The generated types ask for mutable arrays, and never write to them. */
function mutable(values: readonly number[]): number[] {
  return values as number[];
}

const codec: Codec<kedge.v1.ProfileFile.$Properties, Profile> = {
  name: "profile",
  maxBytes: wireLimits.profileBytes,
  shape: { 1: { most: 1 }, 2: { most: 1, of: profileShape } },
  type: kedge.v1.ProfileFile,
  isSelfChecked: true,
  toRaw: (profile) => ({ format: formatVersion, profile: profileToRaw(profile) }),
  fromRaw: (raw, fields) => profileFromRaw(raw.profile, fields),
};

/** A profile on its own, as a store keeps it. Smallest and largest values are widened to the nearest float. */
export function encodeProfile(profile: Profile): Uint8Array {
  return encodeAs(codec, profile);
}

/** The profile in bytes that {@link encodeProfile} gave, or that came from outside. */
export function decodeProfile(bytes: Uint8Array): Decoded<Profile> | Rejected {
  return decodeAs(codec, bytes);
}
