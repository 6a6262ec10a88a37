import type { Prediction } from "@kedge/inference";
import { inputParts } from "./input-parts.js";
import { outputParts } from "./output-parts.js";
import type { Recipe } from "./recipe.js";
import { emptyRow, type Part, type RecipeFeature, type ValueList } from "./row-part.js";
import { latencyPart, vitalsPart } from "./runtime-parts.js";

/**
 * Gives the features of one prediction after another. `read` makes a prediction the row at hand: `states[i]` (see {@link valueStates}) says
 * whether feature i has a value, which then is `numbers[i]`, `words[i]` or `vectors[i]` by its kind; a feature of many values has them in
 * `lists[i]`. All is filled anew in place, so that a row allocates nothing. A number may be NaN or infinite: judging it is the counter's work.
 */
export interface RowReader {
  readonly features: readonly RecipeFeature[];
  readonly numbers: Float64Array;
  readonly words: readonly string[];
  /** Of embeddings; `undefined` for other features. */
  readonly vectors: readonly (Float64Array | undefined)[];
  /** Of features with many values in a row; `undefined` for others. */
  readonly lists: readonly (Readonly<ValueList> | undefined)[];
  readonly states: Uint8Array;
  read(prediction: Prediction): void;
  /** Forgets the prediction before, which features of the order of predictions look at. */
  restart(): void;
}

const namesOf = (parts: readonly Part[]): string[] => parts.flatMap((part) => part.features.map((f) => f.name));

/** The features of a recipe: inputs, then outputs, then how the model and its machine ran. */
export function createRowReader(recipe: Recipe): RowReader {
  const said = [...outputParts(recipe), latencyPart];
  // A column may be called as an output is; features of a spec have one name each.
  const taken = new Set(namesOf(said));
  const seen = inputParts(recipe.input, taken);
  const parts = [...seen, ...said, vitalsPart(taken)];
  const features = parts.flatMap((part) => part.features);
  const starts = parts.map((_, i) => namesOf(parts.slice(0, i)).length);
  const row = emptyRow(features);
  return {
    features,
    ...row,
    read(prediction) {
      for (let i = 0; i < parts.length; i += 1) (parts[i] as Part).fill(prediction, row, starts[i] as number);
    },
    restart() {
      for (const part of parts) part.restart?.();
    },
  };
}
