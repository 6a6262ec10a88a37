import type { FeatureSpec } from "./feature-spec.js";
import type { FeatureSummary, Profile } from "./profile.js";

/** Kinds of features by their numbers in a layout. */
export const layoutKinds = { numeric: 0, categorical: 1, embedding: 2 } as const satisfies Record<FeatureSummary["kind"], number>;

/** Bins, words or sketch numbers of a summary. */
export function sizeOfSummary(summary: FeatureSummary): number {
  return (summary.kind === "embedding" ? summary.sums : summary.counts).length;
}

function sizeOfFeature(feature: FeatureSpec): number {
  switch (feature.kind) {
    case "numeric":
      return feature.cuts.length + 1;
    case "categorical":
      return feature.categories.length;
    case "embedding":
      return 2 * feature.frequencies;
  }
}

/** Which features a profile has, and where the cells of each lie among all of them. Profiles of one spec have one layout. */
export class ProfileLayout {
  /** Of each feature, see {@link layoutKinds}. */
  readonly kinds: Uint8Array;
  /** Cells of each feature: bins, words, or numbers of a sketch. */
  readonly sizes: Uint32Array;
  /** Where the cells of each feature begin. */
  readonly starts: Uint32Array;
  readonly features: number;
  readonly cells: number;
  /** Places of all features, and of those of each kind; of numbers and embeddings together. */
  readonly all: Uint32Array;
  readonly numeric: Uint32Array;
  readonly categorical: Uint32Array;
  readonly embedding: Uint32Array;
  readonly uncategorical: Uint32Array;

  constructor(kinds: ArrayLike<number>, sizes: ArrayLike<number>) {
    this.kinds = Uint8Array.from(kinds);
    this.sizes = Uint32Array.from(sizes);
    this.features = this.kinds.length;
    this.starts = new Uint32Array(this.features);
    let cells = 0;
    for (let i = 0; i < this.features; i += 1) {
      this.starts[i] = cells;
      cells += this.sizes[i] ?? 0;
    }
    this.cells = cells;
    const places = (wanted: (kind: number) => boolean): Uint32Array => {
      const found: number[] = [];
      this.kinds.forEach((kind, i) => {
        if (wanted(kind)) found.push(i);
      });
      return Uint32Array.from(found);
    };
    this.all = places(() => true);
    this.numeric = places((kind) => kind === layoutKinds.numeric);
    this.categorical = places((kind) => kind === layoutKinds.categorical);
    this.embedding = places((kind) => kind === layoutKinds.embedding);
    this.uncategorical = places((kind) => kind !== layoutKinds.categorical);
  }

  static ofProfile({ features }: Profile): ProfileLayout {
    return new ProfileLayout(
      features.map((f) => layoutKinds[f.kind]),
      features.map(sizeOfSummary),
    );
  }

  static ofSpec(features: readonly FeatureSpec[]): ProfileLayout {
    return new ProfileLayout(
      features.map((f) => layoutKinds[f.kind]),
      features.map(sizeOfFeature),
    );
  }

  isSame(other: ProfileLayout): boolean {
    return other === this || (other.features === this.features && this.holds(other.kinds, other.sizes));
  }

  /** Whether features of these kinds and sizes, the first so many of the arrays, have this layout. */
  holds(kinds: ArrayLike<number>, sizes: ArrayLike<number>): boolean {
    for (let i = 0; i < this.features; i += 1) if (this.kinds[i] !== kinds[i] || this.sizes[i] !== sizes[i]) return false;
    return true;
  }
}
