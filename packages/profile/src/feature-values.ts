import type { Prediction } from "@kedge/inference";
import { isTensor } from "@kedge/sensor";
import type { FeatureRole } from "./feature-spec.js";
import { imageFeatures, imageStatistics, shrink } from "./image-statistics.js";
import type { Column, ImageInput, InputRecipe, Recipe } from "./recipe.js";

/** A feature that a recipe gives, before its bins or categories are known. */
export interface RecipeFeature {
  readonly name: string;
  readonly role: FeatureRole;
  readonly kind: "numeric" | "categorical" | "embedding";
  /** Of an embedding: the length of its vectors. */
  readonly length?: number;
}

/** What became of a feature's value in the row at hand. */
export const valueStates = { present: 0, missing: 1, wrongType: 2 } as const;

/**
 * Gives the features of one prediction after another. `read` makes a prediction the row at hand: `states[i]` (see {@link valueStates}) says
 * whether feature i has a value, which then is `numbers[i]`, `words[i]` or `vectors[i]` by its kind. The arrays are filled anew in place, so that a row
 * allocates nothing. A number may be NaN or infinite: judging it is the counter's work.
 */
export interface RowReader {
  readonly features: readonly RecipeFeature[];
  readonly numbers: Float64Array;
  readonly words: readonly string[];
  /** Of embeddings; `undefined` for other features. */
  readonly vectors: readonly (Float64Array | undefined)[];
  readonly states: Uint8Array;
  read(prediction: Prediction): void;
}

/** The row at hand. */
interface Row {
  readonly numbers: Float64Array;
  readonly words: string[];
  readonly vectors: readonly (Float64Array | undefined)[];
  readonly states: Uint8Array;
}

/** Some neighbouring features and what fills them in, from place `at` of the row on. */
interface Part {
  readonly features: readonly RecipeFeature[];
  fill(prediction: Prediction, row: Row, at: number): void;
}

function fillStates(row: Row, at: number, count: number, state: number): void {
  for (let i = at; i < at + count; i += 1) row.states[i] = state;
}

/** The name of the feature that is an image's thumbnail. */
const thumbnail = "thumbnail";

function imagePart(input: ImageInput): Part {
  const length = input.width * input.height * input.channels;
  const statistics = new Float64Array(imageFeatures.length);
  const grey = new Float64Array(input.width * input.height);
  const side = Math.min(input.thumbnail ?? 0, input.width, input.height);
  const features = imageFeatures.map((name): RecipeFeature => ({ name, role: "input", kind: "numeric" }));
  if (side > 0) features.push({ name: thumbnail, role: "input", kind: "embedding", length: side * side });
  const count = features.length;
  return {
    features,
    fill(prediction, row, at) {
      const tensor = prediction.reading.inputs[input.from];
      if (tensor === undefined || tensor === null) return fillStates(row, at, count, valueStates.missing);
      const values = isTensor(tensor) ? tensor.values : undefined;
      const isPixels = values instanceof Uint8Array || values instanceof Float32Array || values instanceof Int32Array;
      if (!isPixels || values.length !== length) return fillStates(row, at, count, valueStates.wrongType);
      imageStatistics(values, input, statistics, grey);
      fillStates(row, at, count, valueStates.present);
      row.numbers.set(statistics, at);
      const small = row.vectors[at + imageFeatures.length];
      if (small !== undefined) shrink(grey, input, side, small);
    },
  };
}

function embeddingPart({ name: from, length }: Extract<Column, { kind: "embedding" }>, name: string): Part {
  return {
    features: [{ name, role: "input", kind: "embedding", length }],
    fill(prediction, row, at) {
      const tensor = prediction.reading.inputs[from];
      if (tensor === undefined || tensor === null) return fillStates(row, at, 1, valueStates.missing);
      const values = isTensor(tensor) ? tensor.values : undefined;
      const isVector = values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array;
      const vector = row.vectors[at];
      if (!isVector || vector === undefined || values.length !== length) return fillStates(row, at, 1, valueStates.wrongType);
      vector.set(values);
      row.states[at] = valueStates.present;
    },
  };
}

function columnPart(column: Column, name: string): Part {
  const { kind } = column;
  if (kind === "embedding") return embeddingPart(column, name);
  return {
    features: [{ name, role: "input", kind: kind === "numeric" ? "numeric" : "categorical" }],
    fill(prediction, row, at) {
      const value = prediction.reading.inputs[column.name];
      let state: number = valueStates.present;
      if (value === undefined || value === null) state = valueStates.missing;
      else if (kind === "numeric" && typeof value === "number") row.numbers[at] = value;
      // A boolean column is a categorical one with the words "true" and "false".
      else if (kind === "boolean" && typeof value === "boolean") row.words[at] = value ? "true" : "false";
      else if (kind === "categorical" && typeof value === "string") row.words[at] = value;
      else if (kind === "categorical" && typeof value === "number") row.words[at] = String(value);
      else state = valueStates.wrongType;
      row.states[at] = state;
    },
  };
}

const output = (name: string, kind: RecipeFeature["kind"] = "numeric"): RecipeFeature => ({ name, role: "output", kind });

const classificationPart: Part = {
  features: [output("class", "categorical"), output("score"), output("entropy"), output("margin")],
  fill({ outcome }, row, at) {
    if (outcome.kind !== "classification") return fillStates(row, at, 4, valueStates.missing);
    const { probabilities } = outcome;
    let first = 0;
    let second = 0;
    let entropy = 0;
    let sum = 0;
    for (let i = 0; i < probabilities.length; i += 1) {
      const p = probabilities[i] as number;
      sum += p;
      if (p > first) {
        second = first;
        first = p;
      } else if (p > second) second = p;
      if (p > 0) entropy -= p * Math.log(p);
    }
    // Comparisons pass NaN by; the sum does not.
    const isBroken = Number.isNaN(sum);
    fillStates(row, at, 4, valueStates.present);
    row.words[at] = outcome.label;
    row.numbers[at + 1] = isBroken ? Number.NaN : first;
    row.numbers[at + 2] = isBroken ? Number.NaN : entropy;
    row.numbers[at + 3] = isBroken ? Number.NaN : first - second;
  },
};

const regressionPart: Part = {
  features: [output("value")],
  fill({ outcome }, row, at) {
    row.states[at] = outcome.kind === "regression" ? valueStates.present : valueStates.missing;
    if (outcome.kind === "regression") row.numbers[at] = outcome.value;
  },
};

const anomalyPart: Part = {
  features: [output("anomaly_score")],
  fill({ outcome }, row, at) {
    row.states[at] = outcome.kind === "anomaly" ? valueStates.present : valueStates.missing;
    if (outcome.kind === "anomaly") row.numbers[at] = outcome.score;
  },
};

const runtimePart: Part = {
  features: [{ name: "latency_ms", role: "runtime", kind: "numeric" }],
  fill({ latencyMs }, row, at) {
    row.states[at] = valueStates.present;
    row.numbers[at] = latencyMs;
  },
};

const outputParts: Readonly<Record<Recipe["task"], Part>> = { classification: classificationPart, regression: regressionPart, anomaly: anomalyPart };

function inputParts(input: InputRecipe, taken: ReadonlySet<string>): Part[] {
  switch (input.kind) {
    case "none":
      return [];
    case "image":
      return [imagePart(input)];
    case "tabular":
      // A column may be called as an output is; features of a spec have one name each.
      return input.columns.map((column) => columnPart(column, taken.has(column.name) ? `input.${column.name}` : column.name));
  }
}

/** The features of a recipe: inputs, then outputs, then how the model ran. */
export function createRowReader(recipe: Recipe): RowReader {
  const rest = [outputParts[recipe.task], runtimePart];
  const taken = new Set(rest.flatMap((part) => part.features.map((f) => f.name)));
  const parts = [...inputParts(recipe.input, taken), ...rest];
  const features = parts.flatMap((part) => part.features);
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.features.length, 0));
  const row: Row = {
    numbers: new Float64Array(features.length),
    words: new Array<string>(features.length).fill(""),
    vectors: features.map((f) => (f.length === undefined ? undefined : new Float64Array(f.length))),
    states: new Uint8Array(features.length).fill(valueStates.missing),
  };
  return {
    features,
    ...row,
    read(prediction) {
      for (let i = 0; i < parts.length; i += 1) (parts[i] as Part).fill(prediction, row, starts[i] as number);
    },
  };
}
