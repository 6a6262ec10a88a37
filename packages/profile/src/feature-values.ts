import type { Prediction } from "@kedge/inference";
import { isTensor } from "@kedge/sensor";
import { valueStates } from "@kedge/stats";
import type { FeatureRole } from "./feature-spec.js";
import { imageFeatures, imageStatistics } from "./image-statistics.js";
import type { Column, InputRecipe, Recipe } from "./recipe.js";

/** A feature that a recipe gives, before its bins or categories are known. */
export interface RecipeFeature {
  readonly name: string;
  readonly role: FeatureRole;
  readonly kind: "numeric" | "categorical";
}

/**
 * Gives the features of one prediction after another. `read` makes a prediction the row at hand: `states[i]` (see {@link valueStates}) says
 * whether feature i has a value, which then is `numbers[i]` or `words[i]` by its kind. The arrays are filled anew in place, so that a row
 * allocates nothing. A number may be NaN or infinite: judging it is the counter's work.
 */
export interface RowReader {
  readonly features: readonly RecipeFeature[];
  readonly numbers: Float64Array;
  readonly words: readonly string[];
  readonly states: Uint8Array;
  read(prediction: Prediction): void;
}

/** The row at hand. */
interface Row {
  readonly numbers: Float64Array;
  readonly words: string[];
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

function imagePart(input: Extract<InputRecipe, { kind: "image" }>): Part {
  const length = input.width * input.height * input.channels;
  const count = imageFeatures.length;
  const statistics = new Float64Array(count);
  const grey = new Float64Array(input.width * input.height);
  return {
    features: imageFeatures.map((name) => ({ name, role: "input", kind: "numeric" })),
    fill(prediction, row, at) {
      const tensor = prediction.reading.inputs[input.from];
      if (tensor === undefined || tensor === null) return fillStates(row, at, count, valueStates.missing);
      const values = isTensor(tensor) ? tensor.values : undefined;
      const isPixels = values instanceof Uint8Array || values instanceof Float32Array || values instanceof Int32Array;
      if (!isPixels || values.length !== length) return fillStates(row, at, count, valueStates.wrongType);
      imageStatistics(values, input, statistics, grey);
      fillStates(row, at, count, valueStates.present);
      row.numbers.set(statistics, at);
    },
  };
}

/** All columns of a table in one loop: a part for each would cost three times the memory, and twice the time. */
function tabularPart(columns: readonly Column[], names: readonly string[]): Part {
  const from = columns.map((c) => c.name);
  const kinds = columns.map((c) => c.kind);
  return {
    features: columns.map(({ kind }, i) => ({ name: names[i] ?? "", role: "input", kind: kind === "numeric" ? "numeric" : "categorical" })),
    fill({ reading: { inputs } }, { numbers, states, words }, start) {
      for (let i = 0; i < from.length; i += 1) {
        const value = inputs[from[i] as string];
        const kind = kinds[i];
        const at = start + i;
        let state: number = valueStates.present;
        if (value === undefined || value === null) state = valueStates.missing;
        else if (kind === "numeric" && typeof value === "number") numbers[at] = value;
        // A boolean column is a categorical one with the words "true" and "false".
        else if (kind === "boolean" && typeof value === "boolean") words[at] = value ? "true" : "false";
        else if (kind === "categorical" && typeof value === "string") words[at] = value;
        else if (kind === "categorical" && typeof value === "number") words[at] = String(value);
        else state = valueStates.wrongType;
        states[at] = state;
      }
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
      return [
        tabularPart(
          input.columns,
          input.columns.map(({ name }) => (taken.has(name) ? `input.${name}` : name)),
        ),
      ];
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
