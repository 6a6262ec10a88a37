import {
  type CategoricalSummary,
  type EmbeddingSummary,
  type FeatureSummary,
  invalidIn,
  maxAnomalyPairs,
  maxValuesPerRow,
  type NumericSummary,
  type Profile,
} from "@kedge/profile";
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
import { SketchReader, sketchesToRaw } from "./sketch-columns.js";

/** Kinds in the order of their numbers on the wire (from 1). Append only. */
export const kindsOnWire: readonly FeatureSummary["kind"][] = ["numeric", "categorical", "embedding", "numeric", "categorical"];
/** Added to the number of a kind of which rows held more than one value; up to {@link maxValuesPerRow} may then come of each. */
export const manyValues = 3;

function kindNumber(feature: FeatureSummary, rows: number): number {
  const isMany = feature.kind !== "embedding" && feature.count + invalidIn(feature) > rows;
  return kindsOnWire.indexOf(feature.kind) + 1 + (isMany ? manyValues : 0);
}

/** The shape of a profile: no messages in it, so only its own fields are counted. */
export const profileShape: Shape = {
  1: { most: 1 },
  2: { most: 1 },
  3: { most: 1 },
  17: { most: 1 },
  20: { most: 1 },
  40: { most: maxAnomalyPairs },
  43: { most: 1 },
};

const sizeOf = (feature: FeatureSummary): number => (feature.kind === "embedding" ? feature.sums : feature.counts).length;

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
  const embedding: EmbeddingSummary[] = [];
  for (const feature of features) {
    if (feature.kind === "numeric") numeric.push(feature);
    else if (feature.kind === "categorical") categorical.push(feature);
    else embedding.push(feature);
  }
  const squares = numeric.map((f) => f.m2);
  const isShort = form === "short" && squares.every((m2) => m2 < largestFloat);
  return {
    specHash: bytesOfHex(profile.specHash),
    rows: whole([profile.rows])[0] ?? 0,
    errors: whole([profile.errors])[0] ?? 0,
    features: features.length,
    kind: packColumn(features.map((f) => kindNumber(f, profile.rows + profile.errors))),
    size: packColumn(features.map(sizeOf)),
    counts: whole(allCounts(features)),
    missing: packColumn(whole(features.map((f) => f.missing))),
    wrongType: packColumn(whole(features.map((f) => f.wrongType))),
    under: packColumn(whole(numeric.map((f) => f.under))),
    over: packColumn(whole(numeric.map((f) => f.over))),
    notANumber: packColumn(whole(features.flatMap((f) => (f.kind === "categorical" ? [] : [f.notANumber])))),
    mean: packColumn(finite(numeric.map((f) => f.mean))),
    ...(isShort ? { m2Short: packColumn(finite(squares.map(Math.fround))) } : { m2: packColumn(finite(squares)) }),
    min: packColumn(finite(numeric.map((f) => floatBelow(f.min)))),
    max: packColumn(finite(numeric.map((f) => floatAbove(f.max)))),
    other: packColumn(whole(categorical.map((f) => f.other))),
    ...sketchesToRaw(embedding),
    ...anomaliesToRaw(profile.anomalies),
  };
}

function allCounts(features: readonly FeatureSummary[]): number[] {
  let total = 0;
  for (const feature of features) total += sizeOf(feature);
  if (total > wireLimits.binsInAll) throw unencodable(`a profile of ${total} bins`);
  const all: number[] = [];
  for (const feature of features) {
    const counts = feature.kind === "embedding" ? [] : feature.counts;
    for (let i = 0; i < counts.length; i += 1) all.push(counts[i] ?? 0);
  }
  return all;
}

/** A profile from its wire form. What does not add up is noted in `fields`. */
export function profileFromRaw(raw: RawProfile | null | undefined, fields: Fields): Profile {
  if (raw === null || raw === undefined) fields.fail("wire/missing-field", "profile is missing");
  const given = raw ?? {};
  const total = featureCount(given, fields);
  const column = new ColumnReader(given.kind, { length: total, name: "kind" }, fields);
  const found: FeatureSummary["kind"][] = [];
  const perRow: number[] = [];
  for (let i = 0; i < total; i += 1) {
    const number = column.next();
    const kind = kindsOnWire[number - 1];
    if (kind === undefined) fields.fail("wire/invalid-field", `feature ${i} is of kind ${number}, which is unknown`);
    found.push(kind ?? "numeric");
    perRow.push(number > manyValues ? maxValuesPerRow : 1);
  }
  const specHash = fields.digest(given.specHash, "spec_hash");
  const rows = fields.whole(given.rows, "rows");
  const errors = fields.whole(given.errors, "errors");
  const features = fields.fault === undefined ? readFeatures(given, found, fields) : [];
  for (let i = 0; i < features.length; i += 1) {
    const feature = features[i];
    const fault = feature === undefined ? undefined : checkSums(feature, i, (rows + errors) * (perRow[i] ?? 1));
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

function readFeatures(raw: RawProfile, kindsFound: readonly FeatureSummary["kind"][], fields: Fields): FeatureSummary[] {
  const sizes = readSizes(raw, kindsFound.length, fields);
  const counts = raw.counts ?? [];
  const sketched = sizes.reduce((sum, size, i) => sum + (kindsFound[i] === "embedding" ? size : 0), 0);
  const bins = sizes.reduce((sum, size) => sum + size, 0) - sketched;
  if (bins !== counts.length) fields.fail("wire/invalid-field", `${counts.length} bins are ${bins > counts.length ? "fewer" : "more"} than the features have`);
  const columns = new Columns(raw, { kinds: kindsFound, sketched }, fields);
  if (fields.fault !== undefined) return [];
  let at = 0;
  return sizes.map((size, i) => {
    if (kindsFound[i] === "embedding") return columns.nextEmbedding(size);
    const own = counts.slice(at, at + size);
    at += size;
    return kindsFound[i] === "numeric" ? columns.nextNumeric(own) : columns.nextCategorical(own);
  });
}

function readSizes(raw: RawProfile, features: number, fields: Fields): number[] {
  const column = new ColumnReader(raw.size, { length: features, name: "size" }, fields);
  const sizes: number[] = [];
  for (let i = 0; i < features; i += 1) {
    const size = column.next();
    if (size > wireLimits.bins) fields.fail("wire/too-many", `a feature of ${size} bins: at most ${wireLimits.bins}`);
    sizes.push(size);
  }
  return sizes;
}

/** The columns of a profile, read side by side. */
class Columns {
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
  readonly #sketches: SketchReader;

  constructor(raw: RawProfile, of: { readonly kinds: readonly FeatureSummary["kind"][]; readonly sketched: number }, fields: Fields) {
    const all = of.kinds.length;
    const numberOf = (kind: FeatureSummary["kind"]): number => of.kinds.reduce((sum, k) => sum + (k === kind ? 1 : 0), 0);
    const numeric = numberOf("numeric");
    const embedding = numberOf("embedding");
    this.#missing = new ColumnReader(raw.missing, { length: all, name: "missing" }, fields);
    this.#wrongType = new ColumnReader(raw.wrongType, { length: all, name: "wrong_type" }, fields);
    this.#under = new ColumnReader(raw.under, { length: numeric, name: "under" }, fields);
    this.#over = new ColumnReader(raw.over, { length: numeric, name: "over" }, fields);
    this.#notANumber = new ColumnReader(raw.notANumber, { length: numeric + embedding, name: "not_a_number" }, fields);
    this.#mean = new ColumnReader(raw.mean, { length: numeric, name: "mean" }, fields);
    const squares = (raw.m2Short?.length ?? 0) > 0 ? raw.m2Short : raw.m2;
    this.#m2 = new ColumnReader(squares, { length: numeric, name: "m2" }, fields);
    this.#min = new ColumnReader(raw.min, { length: numeric, name: "min" }, fields);
    this.#max = new ColumnReader(raw.max, { length: numeric, name: "max" }, fields);
    this.#other = new ColumnReader(raw.other, { length: all - numeric - embedding, name: "other" }, fields);
    this.#sketches = new SketchReader(raw, { sketches: embedding, size: of.sketched }, fields);
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

  nextEmbedding(size: number): EmbeddingSummary {
    const invalid = { missing: this.#missing.next(), notANumber: this.#notANumber.next(), wrongType: this.#wrongType.next() };
    return { kind: "embedding", ...invalid, ...this.#sketches.next(size) };
  }
}

function sumOf(counts: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) sum += counts[i] ?? 0;
  return sum;
}

/** Counts that contradict each other are damage (a negative number on the wire reads as a huge one). */
function checkSums(feature: FeatureSummary, at: number, most: number): string | undefined {
  const seen = feature.count + invalidIn(feature);
  if (seen > most) return `feature ${at} has ${seen} values where there can be ${most}`;
  if (feature.kind !== "numeric") return undefined;
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
