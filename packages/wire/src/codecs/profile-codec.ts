import { type CategoricalSummary, type FeatureSummary, maxAnomalyPairs, type NumericSummary, type Profile } from "@kedge/profile";
import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import { wireLimits } from "../wire-limits.js";
import { anomaliesFromRaw, anomaliesToRaw } from "./anomaly-columns.js";
import { type Codec, decodeAs, encodeAs, formatVersion, unencodable } from "./codec.js";
import { ColumnReader, packColumn } from "./columns.js";
import type { Fields } from "./fields.js";
import { floatAbove, floatBelow, largestFloat } from "./floats.js";
import { bytesOfHex } from "./hex.js";
import type { Shape } from "./scan.js";

const numericKind = 1;
const categoricalKind = 2;

/** The shape of a profile: no messages in it, so only its own fields are counted. */
export const profileShape: Shape = { 1: { most: 1 }, 2: { most: 1 }, 3: { most: 1 }, 17: { most: 1 }, 40: { most: maxAnomalyPairs }, 43: { most: 1 } };

type RawProfile = kedge.v1.Profile.$Properties;

/**
 * Profiles in their wire form; throws `wire/unencodable` for counts and numbers that none has. `short`: as windows
 * carry them, with the sums of squares as floats.
 */
export function profileToRaw(profile: Profile, form: "exact" | "short" = "exact"): RawProfile {
  const { features } = profile;
  if (features.length > wireLimits.features) throw unencodable(`a profile of ${features.length} features`);
  const numeric: NumericSummary[] = [];
  const categorical: CategoricalSummary[] = [];
  for (const feature of features) {
    if (feature.kind === "numeric") numeric.push(feature);
    else categorical.push(feature);
  }
  const squares = numeric.map((f) => f.m2);
  const isShort = form === "short" && squares.every((m2) => m2 < largestFloat);
  return {
    specHash: bytesOfHex(profile.specHash),
    rows: whole([profile.rows])[0] ?? 0,
    errors: whole([profile.errors])[0] ?? 0,
    features: features.length,
    kind: packColumn(features.map((f) => (f.kind === "numeric" ? numericKind : categoricalKind))),
    size: packColumn(features.map((f) => f.counts.length)),
    counts: whole(allCounts(features)),
    missing: packColumn(whole(features.map((f) => f.missing))),
    wrongType: packColumn(whole(features.map((f) => f.wrongType))),
    under: packColumn(whole(numeric.map((f) => f.under))),
    over: packColumn(whole(numeric.map((f) => f.over))),
    notANumber: packColumn(whole(numeric.map((f) => f.notANumber))),
    mean: packColumn(finite(numeric.map((f) => f.mean))),
    ...(isShort ? { m2Short: packColumn(finite(squares.map(Math.fround))) } : { m2: packColumn(finite(squares)) }),
    min: packColumn(finite(numeric.map((f) => floatBelow(f.min)))),
    max: packColumn(finite(numeric.map((f) => floatAbove(f.max)))),
    other: packColumn(whole(categorical.map((f) => f.other))),
    ...anomaliesToRaw(profile.anomalies),
  };
}

function allCounts(features: readonly FeatureSummary[]): number[] {
  let total = 0;
  for (const { counts } of features) total += counts.length;
  if (total > wireLimits.binsInAll) throw unencodable(`a profile of ${total} bins`);
  const all: number[] = [];
  for (const { counts } of features) for (let i = 0; i < counts.length; i += 1) all.push(counts[i] ?? 0);
  return all;
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
    if (kind !== numericKind && kind !== categoricalKind) fields.fail("wire/invalid-field", `feature ${i} is of kind ${kind}, which is unknown`);
    isNumeric.push(kind === numericKind);
  }
  const specHash = fields.digest(given.specHash, "spec_hash");
  const rows = fields.whole(given.rows, "rows");
  const errors = fields.whole(given.errors, "errors");
  const features = fields.fault === undefined ? readFeatures(given, isNumeric, fields) : [];
  for (let i = 0; i < features.length; i += 1) {
    const feature = features[i];
    const fault = feature === undefined ? undefined : checkSums(feature, i, rows + errors);
    if (fault !== undefined) fields.fail("wire/invalid-field", fault);
  }
  const profile = { specHash, rows, errors, features };
  const anomalies = anomaliesFromRaw(given, rows + errors, fields);
  return anomalies === undefined ? profile : { ...profile, anomalies };
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
  const columns = new Columns(raw, isNumeric, fields);
  const features: FeatureSummary[] = [];
  let at = 0;
  for (let i = 0; i < isNumeric.length; i += 1) {
    const bins = columns.size.next();
    if (bins > wireLimits.bins) fields.fail("wire/too-many", `a feature of ${bins} bins: at most ${wireLimits.bins}`);
    if (bins > counts.length - at) fields.fail("wire/invalid-field", `${counts.length} bins are fewer than the features have`);
    if (fields.fault !== undefined) return [];
    const own = counts.slice(at, at + bins);
    at += bins;
    features.push(isNumeric[i] === true ? columns.nextNumeric(own) : columns.nextCategorical(own));
  }
  if (at !== counts.length) fields.fail("wire/invalid-field", `${counts.length} bins are more than the features have`);
  return features;
}

/** The columns of a profile, read side by side. */
class Columns {
  readonly size: ColumnReader;
  readonly #missing: ColumnReader;
  readonly #wrongType: ColumnReader;
  readonly #under: ColumnReader;
  readonly #over: ColumnReader;
  readonly #notANumber: ColumnReader;
  readonly #mean: ColumnReader;
  readonly #m2: ColumnReader;
  readonly #min: ColumnReader;
  readonly #max: ColumnReader;
  readonly #other: ColumnReader;

  constructor(raw: RawProfile, isNumeric: readonly boolean[], fields: Fields) {
    const all = isNumeric.length;
    const numeric = isNumeric.reduce((sum, is) => sum + (is ? 1 : 0), 0);
    this.size = new ColumnReader(raw.size, { length: all, name: "size" }, fields);
    this.#missing = new ColumnReader(raw.missing, { length: all, name: "missing" }, fields);
    this.#wrongType = new ColumnReader(raw.wrongType, { length: all, name: "wrong_type" }, fields);
    this.#under = new ColumnReader(raw.under, { length: numeric, name: "under" }, fields);
    this.#over = new ColumnReader(raw.over, { length: numeric, name: "over" }, fields);
    this.#notANumber = new ColumnReader(raw.notANumber, { length: numeric, name: "not_a_number" }, fields);
    this.#mean = new ColumnReader(raw.mean, { length: numeric, name: "mean" }, fields);
    const squares = (raw.m2Short?.length ?? 0) > 0 ? raw.m2Short : raw.m2;
    this.#m2 = new ColumnReader(squares, { length: numeric, name: "m2" }, fields);
    this.#min = new ColumnReader(raw.min, { length: numeric, name: "min" }, fields);
    this.#max = new ColumnReader(raw.max, { length: numeric, name: "max" }, fields);
    this.#other = new ColumnReader(raw.other, { length: all - numeric, name: "other" }, fields);
  }

  nextNumeric(counts: number[]): NumericSummary {
    return {
      kind: "numeric",
      counts,
      under: this.#under.next(),
      over: this.#over.next(),
      missing: this.#missing.next(),
      notANumber: this.#notANumber.next(),
      wrongType: this.#wrongType.next(),
      count: sumOf(counts),
      mean: this.#mean.next(),
      m2: this.#m2.next(),
      min: this.#min.next(),
      max: this.#max.next(),
    };
  }

  nextCategorical(counts: number[]): CategoricalSummary {
    const other = this.#other.next();
    return { kind: "categorical", counts, other, missing: this.#missing.next(), wrongType: this.#wrongType.next(), count: sumOf(counts) + other };
  }
}

function sumOf(counts: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) sum += counts[i] ?? 0;
  return sum;
}

/** Counts that contradict each other are damage (a negative number on the wire reads as a huge one). */
function checkSums(feature: FeatureSummary, at: number, most: number): string | undefined {
  const seen = feature.count + feature.missing + feature.wrongType + (feature.kind === "numeric" ? feature.notANumber : 0);
  if (seen > most) return `feature ${at} has ${seen} values in ${most} rows`;
  if (feature.kind === "categorical") return undefined;
  if (feature.under + feature.over > feature.count) return `feature ${at} has more values out of range than values`;
  if (!Number.isFinite(feature.mean) || !Number.isFinite(feature.m2) || feature.m2 < 0) return `feature ${at} has no mean or variance`;
  return Number.isFinite(feature.min) && Number.isFinite(feature.max) && feature.min <= feature.max ? undefined : `feature ${at} has no range`;
}

/** Passes unsigned 32-bit whole numbers through. */
function whole(values: number[]): number[] {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    if (value >>> 0 !== value) throw unencodable(`a profile with a count of ${value}`);
  }
  return values;
}

/** Passes finite numbers through. */
function finite(values: number[]): number[] {
  for (let i = 0; i < values.length; i += 1) {
    if (!Number.isFinite(values[i])) throw unencodable(`a profile with the number ${values[i]}`);
  }
  return values;
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
