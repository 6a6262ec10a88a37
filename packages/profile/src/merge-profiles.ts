import type { Sha256Of } from "@kedge/core";
import { canonicalJson, type Json } from "@kedge/core";
import { mergeHistograms } from "@kedge/stats";
import { mergeAnomalies } from "./anomaly-counts.js";
import type { FeatureSpec } from "./feature-spec.js";
import type { CategoricalSummary, EmbeddingSummary, FeatureSummary, Profile, ProfileSpec } from "./profile.js";

/** Two profiles that count different things. */
export interface Incompatible {
  readonly kind: "incompatible";
  readonly reason: string;
}

/** Whether a merge was refused. */
export function isIncompatible(merged: Profile | Incompatible): merged is Incompatible {
  return "reason" in merged;
}

/** The digest of a spec: SHA-256 of its canonical JSON in UTF-8. */
export function specHash(spec: ProfileSpec, digest: { readonly utf8: (text: string) => Uint8Array; readonly sha256: Sha256Of }): string {
  return digest.sha256(digest.utf8(canonicalJson(spec as unknown as Json)));
}

const sums = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x + (b[i] ?? 0));

function mergeCategorical(a: CategoricalSummary, b: CategoricalSummary): CategoricalSummary {
  return {
    kind: "categorical",
    counts: sums(a.counts, b.counts),
    other: a.other + b.other,
    missing: a.missing + b.missing,
    wrongType: a.wrongType + b.wrongType,
    count: a.count + b.count,
  };
}

function mergeEmbedding(a: EmbeddingSummary, b: EmbeddingSummary): EmbeddingSummary {
  return {
    kind: "embedding",
    sums: sums(a.sums, b.sums),
    missing: a.missing + b.missing,
    notANumber: a.notANumber + b.notANumber,
    wrongType: a.wrongType + b.wrongType,
    count: a.count + b.count,
    // The covariance of two sets of vectors is not that of both: it holds only where the other has none.
    spread: b.count === 0 ? a.spread : a.count === 0 ? b.spread : null,
  };
}

function mergeFeature(a: FeatureSummary, b: FeatureSummary): FeatureSummary | undefined {
  if (a.kind === "embedding" || b.kind === "embedding") {
    const isSame = a.kind === "embedding" && b.kind === "embedding" && a.sums.length === b.sums.length;
    return isSame ? mergeEmbedding(a, b) : undefined;
  }
  if (a.kind === "numeric" && b.kind === "numeric") {
    const merged = mergeHistograms(a, b);
    return merged.kind === "decoded" ? { kind: "numeric", ...merged.value } : undefined;
  }
  if (a.kind !== "categorical" || b.kind !== "categorical" || a.counts.length !== b.counts.length) return undefined;
  return mergeCategorical(a, b);
}

/** The profile of both streams together: counts exactly, moments to rounding. Refused by name when the specs differ. */
export function mergeProfiles(a: Profile, b: Profile): Profile | Incompatible {
  if (a.specHash !== b.specHash)
    return { kind: "incompatible", reason: `the profiles count by different specs (${a.specHash.slice(0, 8)}, ${b.specHash.slice(0, 8)})` };
  const features = a.features.map((f, i) => {
    const other = b.features[i];
    return other === undefined ? undefined : mergeFeature(f, other);
  });
  const whole = features.filter((f) => f !== undefined);
  if (whole.length !== features.length || a.features.length !== b.features.length)
    return { kind: "incompatible", reason: "the profiles have other features than their spec" };
  const merged = { specHash: a.specHash, rows: a.rows + b.rows, errors: a.errors + b.errors, features: whole };
  const anomalies = mergeAnomalies(a.anomalies, b.anomalies);
  return anomalies === undefined ? merged : { ...merged, anomalies };
}

const zeros = (length: number): number[] => new Array<number>(length).fill(0);

function emptyFeature(f: FeatureSpec): FeatureSummary {
  const none = { missing: 0, wrongType: 0, count: 0 };
  switch (f.kind) {
    case "numeric":
      return { kind: "numeric", counts: zeros(f.cuts.length + 1), ...none, under: 0, over: 0, notANumber: 0, mean: 0, m2: 0, min: 0, max: 0 };
    case "categorical":
      return { kind: "categorical", counts: zeros(f.categories.length), ...none, other: 0 };
    case "embedding":
      return { kind: "embedding", sums: zeros(2 * f.frequencies), ...none, notANumber: 0, spread: null };
  }
}

/** The profile of nothing: what every merge may start from. */
export function emptyProfile(spec: ProfileSpec, hash: string): Profile {
  return { specHash: hash, rows: 0, errors: 0, features: spec.features.map(emptyFeature) };
}

/** The profile of all of them together; `undefined` of none. Those that count by another spec than the first are left out. */
export function sumOfProfiles(profiles: Iterable<Profile>): Profile | undefined {
  let sum: Profile | undefined;
  for (const profile of profiles) {
    const merged = sum === undefined ? profile : mergeProfiles(sum, profile);
    if (!isIncompatible(merged)) sum = merged;
  }
  return sum;
}
