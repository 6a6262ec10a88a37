import type { Prediction } from "@kedge/inference";
import { valueStates } from "@kedge/stats";
import type { FeatureRole } from "./feature-spec.js";

/** A feature that a recipe gives, before its bins or categories are known. */
export interface RecipeFeature {
  readonly name: string;
  readonly role: FeatureRole;
  readonly kind: "numeric" | "categorical" | "embedding";
  /** Of an embedding: the length of its vectors. */
  readonly length?: number;
  /** Whether a row holds none, one or many of its values, as a frame holds boxes; otherwise it holds one. */
  readonly isMany?: boolean;
}

/** Values of one feature that a row holds at the most; what is beyond them is not counted. */
export const maxValuesPerRow = 256;

/** The values of a feature in the row at hand, the first `length` of either list. */
export interface ValueList {
  length: number;
  readonly numbers: Float64Array;
  readonly words: string[];
}

/** The row at hand, filled anew in place by every prediction. */
export interface Row {
  readonly numbers: Float64Array;
  readonly words: string[];
  /** Of embeddings; `undefined` for other features. */
  readonly vectors: readonly (Float64Array | undefined)[];
  /** Of features with many values; `undefined` for others. */
  readonly lists: readonly (ValueList | undefined)[];
  readonly states: Uint8Array;
}

/** Some neighbouring features and what fills them in, from place `at` of the row on. */
export interface Part {
  readonly features: readonly RecipeFeature[];
  fill(prediction: Prediction, row: Row, at: number): void;
  /** Forgets the prediction before: a window has begun. */
  restart?(): void;
}

/** Says of `count` features what became of them. */
export function fillStates(row: Row, at: number, count: number, state: number): void {
  for (let i = at; i < at + count; i += 1) row.states[i] = state;
}

/** An empty row of these features. */
export function emptyRow(features: readonly RecipeFeature[]): Row {
  return {
    numbers: new Float64Array(features.length),
    words: new Array<string>(features.length).fill(""),
    vectors: features.map((f) => (f.length === undefined ? undefined : new Float64Array(f.length))),
    lists: features.map((f) =>
      f.isMany === true ? { length: 0, numbers: new Float64Array(maxValuesPerRow), words: new Array<string>(maxValuesPerRow).fill("") } : undefined,
    ),
    states: new Uint8Array(features.length).fill(valueStates.missing),
  };
}
