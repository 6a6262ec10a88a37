import type { Prediction } from "@kedge/inference";
import { isTensor } from "@kedge/sensor";
import type { FeatureRole } from "./feature-spec.js";
import { imageFeatures, imageStatistics, type Pixels } from "./image-statistics.js";
import type { InputRecipe, Recipe } from "./recipe.js";

/** A feature that a recipe gives, before its bins or categories are known. */
export interface RecipeFeature {
  readonly name: string;
  readonly role: FeatureRole;
  readonly kind: "numeric" | "categorical";
}

/** Reads one feature of the row at hand. `undefined` and `null` mean missing; any other value is judged by the feature's kind. */
export type ValueReader = () => unknown;

/** Gives the features of one prediction after another; `show` makes a prediction the row at hand. */
export interface RowReader {
  readonly features: readonly RecipeFeature[];
  readonly readers: readonly ValueReader[];
  show(prediction: Prediction): void;
}

interface Entry {
  readonly feature: RecipeFeature;
  readonly read: ValueReader;
}

/** The row at hand, in fields that readers look at: one object for a profiler's life, so a row allocates nothing. */
class Row {
  prediction: Prediction | undefined;
  readonly image = new Float64Array(imageFeatures.length);
  hasImage = false;
  entropy = 0;
  score = 0;
  margin = 0;
}

function takeImage(row: Row, input: Extract<InputRecipe, { kind: "image" }>): void {
  const tensor = row.prediction?.reading.inputs[input.from];
  row.hasImage = false;
  if (!isTensor(tensor)) return;
  const { values } = tensor;
  if (!(values instanceof Uint8Array || values instanceof Float32Array || values instanceof Int32Array)) return;
  if (values.length !== input.width * input.height * input.channels) return;
  imageStatistics(values as Pixels, input, row.image);
  row.hasImage = true;
}

/** Score (largest probability), margin (largest minus second) and entropy in nats of the row's classes. */
function takeProbabilities(row: Row): void {
  const outcome = row.prediction?.outcome;
  if (outcome?.kind !== "classification") return;
  let first = 0;
  let second = 0;
  let entropy = 0;
  for (const p of outcome.probabilities) {
    if (p > first) {
      second = first;
      first = p;
    } else if (p > second) second = p;
    if (p > 0) entropy -= p * Math.log(p);
  }
  row.score = first;
  row.margin = first - second;
  row.entropy = entropy;
}

function inputEntries(row: Row, input: InputRecipe): Entry[] {
  switch (input.kind) {
    case "none":
      return [];
    case "image":
      return imageFeatures.map((name, i) => ({ feature: { name, role: "input", kind: "numeric" }, read: () => (row.hasImage ? row.image[i] : undefined) }));
    case "tabular":
      return input.columns.map((column) => ({
        feature: { name: column.name, role: "input", kind: column.kind === "numeric" ? "numeric" : "categorical" },
        read: () => {
          const value = row.prediction?.reading.inputs[column.name];
          // A boolean column is a categorical one with the words "true" and "false".
          return column.kind === "boolean" && typeof value === "boolean" ? String(value) : value;
        },
      }));
  }
}

function outputEntries(row: Row, task: Recipe["task"]): Entry[] {
  const numeric = (name: string, read: ValueReader): Entry => ({ feature: { name, role: "output", kind: "numeric" }, read });
  switch (task) {
    case "classification":
      return [
        {
          feature: { name: "class", role: "output", kind: "categorical" },
          read: () => (row.prediction?.outcome.kind === "classification" ? row.prediction.outcome.label : undefined),
        },
        numeric("score", () => row.score),
        numeric("entropy", () => row.entropy),
        numeric("margin", () => row.margin),
      ];
    case "regression":
      return [numeric("value", () => (row.prediction?.outcome.kind === "regression" ? row.prediction.outcome.value : undefined))];
    case "anomaly":
      return [numeric("anomaly_score", () => (row.prediction?.outcome.kind === "anomaly" ? row.prediction.outcome.score : undefined))];
  }
}

/** The features of a recipe: inputs, then outputs, then how the model ran. */
export function createRowReader(recipe: Recipe): RowReader {
  const row = new Row();
  const entries: Entry[] = [
    ...inputEntries(row, recipe.input),
    ...outputEntries(row, recipe.task),
    { feature: { name: "latency_ms", role: "runtime", kind: "numeric" }, read: () => row.prediction?.latencyMs },
  ];
  return {
    features: entries.map((e) => e.feature),
    readers: entries.map((e) => e.read),
    show(prediction) {
      row.prediction = prediction;
      if (recipe.input.kind === "image") takeImage(row, recipe.input);
      if (recipe.task === "classification") takeProbabilities(row);
    },
  };
}
