/** Where a feature comes from: what the model sees, what it says, or how it runs. */
export type FeatureRole = "input" | "output" | "runtime";

/** A number. Bin i holds `cuts[i-1] < v <= cuts[i]`; the first and the last bin are open, so there are `cuts.length + 1` bins. */
export interface NumericFeatureSpec {
  readonly kind: "numeric";
  readonly name: string;
  readonly role: FeatureRole;
  /** Interior cut points, strictly ascending. */
  readonly cuts: readonly number[];
  /** The range seen in the reference; values outside are counted as under or over (and binned all the same). */
  readonly low: number;
  readonly high: number;
}

/** One of known words; others are counted together. */
export interface CategoricalFeatureSpec {
  readonly kind: "categorical";
  readonly name: string;
  readonly role: FeatureRole;
  readonly categories: readonly string[];
}

export type FeatureSpec = NumericFeatureSpec | CategoricalFeatureSpec;
