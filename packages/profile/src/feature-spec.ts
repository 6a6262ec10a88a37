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

/**
 * A vector, sketched by random Fourier features φ(x) = [cos Wx, sin Wx]/√F: the means of φ say where the vectors lie, with no bins and
 * however many dimensions they have. Two sketches are of the same map if `seed`, `dimensions`, `frequencies` and `bandwidth` agree.
 */
export interface EmbeddingFeatureSpec {
  readonly kind: "embedding";
  readonly name: string;
  readonly role: FeatureRole;
  readonly seed: number;
  /** Length of the vectors. */
  readonly dimensions: number;
  /** F; a sketch has 2F numbers. */
  readonly frequencies: number;
  /** Distance at which vectors begin to differ: the median distance in the reference. */
  readonly bandwidth: number;
}

export type FeatureSpec = NumericFeatureSpec | CategoricalFeatureSpec | EmbeddingFeatureSpec;
