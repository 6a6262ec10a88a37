import type { FeatureSpec } from "./feature-spec.js";
import type { Recipe } from "./recipe.js";

/** What a device counts. Carried by the bundle; devices and collector must agree on it to the bit, so its digest travels with every profile. */
export interface ProfileSpec {
  readonly formatVersion: 1;
  readonly recipe: Recipe;
  readonly features: readonly FeatureSpec[];
}

/** Counts of one numeric feature. `count` finite values went into `counts`, `mean` and `m2` (sum of squared deviations). */
export interface NumericSummary {
  readonly kind: "numeric";
  readonly counts: readonly number[];
  /** Of the counted values, how many lay outside the reference's range. */
  readonly under: number;
  readonly over: number;
  readonly missing: number;
  /** NaN and infinities. */
  readonly notANumber: number;
  readonly wrongType: number;
  readonly count: number;
  readonly mean: number;
  readonly m2: number;
  /** 0 when `count` is 0. */
  readonly min: number;
  readonly max: number;
}

/** Counts of one categorical feature; `count` = sum of `counts` + `other`. */
export interface CategoricalSummary {
  readonly kind: "categorical";
  readonly counts: readonly number[];
  readonly other: number;
  readonly missing: number;
  readonly wrongType: number;
  readonly count: number;
}

/** Sketch of one vector feature over `count` vectors. */
export interface EmbeddingSummary {
  readonly kind: "embedding";
  /** Sums of φ, 2F whole numbers in steps of 1/(32,767 √F): whole, so that they add up to the same bits in any order. */
  readonly sums: readonly number[];
  readonly missing: number;
  /** Vectors with a NaN or an infinity in them. */
  readonly notANumber: number;
  /** No vector, or one of another length. */
  readonly wrongType: number;
  readonly count: number;
  /** Tr C² and tr C³ of φ's covariance C, which tests need: known of a reference, whose vectors were at hand; null of what devices count. */
  readonly spread: readonly [number, number] | null;
}

export type FeatureSummary = NumericSummary | CategoricalSummary | EmbeddingSummary;

/** Values of a feature that were absent or broken. */
export function invalidIn(summary: FeatureSummary): number {
  return summary.missing + summary.wrongType + (summary.kind === "categorical" ? 0 : summary.notANumber);
}

/** Statistics of some predictions. Merges exactly with any other of the same `specHash`. */
export interface Profile {
  readonly specHash: string;
  /** Predictions in it. */
  readonly rows: number;
  /** Readings that gave no prediction (rejected input, failed inference). */
  readonly errors: number;
  /** In the order of the spec. */
  readonly features: readonly FeatureSummary[];
}
