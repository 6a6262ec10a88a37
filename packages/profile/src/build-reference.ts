import { type Labels, matchesSelector, parseSelector, seededRandom } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { featureReference, largestMagnitude, medianDistance, quantileCuts } from "@kedge/stats";
import type { EmbeddingFeatureSpec, FeatureSpec } from "./feature-spec.js";
import { createRowReader, type RecipeFeature, type RowReader, valueStates } from "./feature-values.js";
import { createProfiler } from "./profiler.js";
import type { FeatureSummary, Profile, ProfileSpec } from "./profile.js";
import type { Recipe } from "./recipe.js";
import type { ReferenceProfile } from "./reference-profile.js";
import { mapOf } from "./vector-sketch.js";

/** Bins of a numeric feature: 16 cost 43 bytes a window, 32 cost 59 and find outliers and stuck values markedly better. */
export const referenceBins = 32;
/** Categories that a reference keeps by name, a model's own classes apart, which it keeps all; the rest is counted as other. */
export const maxCategories = 256;

function mostFrequent(values: readonly string[], known: readonly string[]): string[] {
  const counts = new Map<string, number>(known.map((k) => [k, 0]));
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([word]) => word);
  const strangers = ranked.filter((word) => !known.includes(word));
  return [...known, ...strangers.slice(0, Math.max(0, maxCategories - known.length))];
}

/**
 * Frequencies of a vector feature: 64 take 256 bytes a window and find of a shift, a scale, a correlation or one moved dimension nearly what
 * 256 do (see the decision on sketches of vectors).
 */
export const referenceFrequencies = 64;
/** Numbers in the largest map that a device keeps: 2 MiB. Longer vectors get fewer frequencies. */
export const maxMapNumbers = 262_144;
/** Vectors that the bandwidth, and those that the covariance of a reference is taken of: more would say little more. */
const bandwidthVectors = 1_000;
const spreadVectors = 2_000;

/** `most` of them at the most, spread evenly over the whole. */
function some<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return Array.from({ length: Math.min(most, items.length) }, (_, i) => items[Math.floor(i * step)]).filter((item) => item !== undefined);
}

/** The vectors of feature `place` in these predictions. */
function vectorsAt(reader: RowReader, place: number, predictions: readonly Prediction[]): Float64Array[] {
  return predictions.flatMap((prediction) => {
    reader.read(prediction);
    const vector = reader.vectors[place];
    return reader.states[place] === valueStates.present && vector !== undefined ? [vector.slice()] : [];
  });
}

function embeddingSpec({ name, role, length = 1 }: RecipeFeature, vectors: readonly Float64Array[]): EmbeddingFeatureSpec {
  const seed = 1;
  const frequencies = Math.max(1, Math.min(referenceFrequencies, Math.floor(maxMapNumbers / length)));
  const finite = vectors.filter((v) => v.every(Number.isFinite));
  return { kind: "embedding", name, role, seed, dimensions: length, frequencies, bandwidth: medianDistance(finite, seededRandom(seed)) };
}

function wordsSpec({ name, role }: RecipeFeature, words: readonly string[], classes: readonly string[]): FeatureSpec {
  const known = name === "class" && role === "output" ? classes : [];
  return { kind: "categorical", name, role, categories: mostFrequent(words, known) };
}

function numbersSpec({ name, role }: RecipeFeature, values: readonly number[]): FeatureSpec {
  const numbers = values.filter((v) => Math.abs(v) <= largestMagnitude);
  // Adding 0 makes −0 plain 0, which is what a spec's JSON would make of it.
  const low = numbers.reduce((least, v) => Math.min(least, v), numbers[0] ?? 0) + 0;
  const high = numbers.reduce((most, v) => Math.max(most, v), numbers[0] ?? 0) + 0;
  return { kind: "numeric", name, role, cuts: quantileCuts(numbers, referenceBins), low, high };
}

/**
 * What to count for `recipe`, from predictions on held-out rows: reference-quantile cuts for numbers, the words seen for categories, a map
 * as wide as the median distance for vectors. Held out, because a model is too sure of the rows that it was trained on, so that its outputs
 * there are no reference. `classes` are the model's, in its order, so that a class never predicted still has its place.
 */
export function buildSpec(recipe: Recipe, predictions: readonly Prediction[], classes: readonly string[] = []): ProfileSpec {
  const reader = createRowReader(recipe);
  const numbers = reader.features.map((): number[] => []);
  const words = reader.features.map((): string[] => []);
  for (const prediction of predictions) {
    reader.read(prediction);
    reader.features.forEach((feature, i) => {
      if (reader.states[i] !== valueStates.present) return;
      if (feature.kind === "numeric") numbers[i]?.push(reader.numbers[i] ?? Number.NaN);
      else if (feature.kind === "categorical") words[i]?.push(reader.words[i] ?? "");
    });
  }
  const features = reader.features.map((f, i): FeatureSpec => {
    if (f.kind === "numeric") return numbersSpec(f, numbers[i] ?? []);
    if (f.kind === "categorical") return wordsSpec(f, words[i] ?? [], classes);
    return embeddingSpec(f, vectorsAt(reader, i, some(predictions, bandwidthVectors)));
  });
  return { formatVersion: 1, recipe, features };
}

/** What of a reference only its vectors can tell: tr C² and tr C³ of φ's covariance. */
function withSpreads(profile: Profile, spec: ProfileSpec, predictions: readonly Prediction[]): Profile {
  if (!spec.features.some((f) => f.kind === "embedding")) return profile;
  const reader = createRowReader(spec.recipe);
  const features = profile.features.map((summary, i): FeatureSummary => {
    const feature = spec.features[i];
    const place = reader.features.findIndex((f) => f.name === feature?.name && f.kind === "embedding");
    if (summary.kind !== "embedding" || feature?.kind !== "embedding" || summary.count < 2) return summary;
    const [, two, three] = featureReference(mapOf(feature), vectorsAt(reader, place, some(predictions, spreadVectors))).traces;
    return { ...summary, spread: [two, three] };
  });
  return { ...profile, features };
}

/** The profile of some predictions under a spec: of the held-out rows for everyone, or of a cohort's. */
export function profileOf(spec: ProfileSpec, hash: string, predictions: readonly Prediction[]): Profile {
  const profiler = createProfiler(spec, hash);
  for (const prediction of predictions) profiler.add(prediction);
  return withSpreads(profiler.take(), spec, predictions);
}

/** The reference that a device with these labels is held against: the entry whose selector matches with the most conditions. */
export function referenceFor(reference: ReferenceProfile, labels: Labels): Profile | undefined {
  let best: Profile | undefined;
  let conditions = -1;
  for (const cohort of reference.cohorts) {
    const selector = parseSelector(cohort.selector);
    if (typeof selector === "string" || !matchesSelector(selector, labels) || selector.length <= conditions) continue;
    best = cohort.profile;
    conditions = selector.length;
  }
  return best;
}
