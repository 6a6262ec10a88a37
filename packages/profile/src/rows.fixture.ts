import { normal, type Random } from "@kedge/core";
import type { Outcome, Prediction } from "@kedge/inference";
import type { Reading } from "@kedge/sensor";
import type { Recipe } from "./recipe.js";

/** A recipe with a column of each kind, for tests. */
export const mixedRecipe: Recipe = {
  input: {
    kind: "tabular",
    columns: [
      { name: "temperature", kind: "numeric" },
      { name: "colour", kind: "categorical" },
      { name: "isOpen", kind: "boolean" },
    ],
  },
  task: "classification",
};

/** A prediction over any inputs and outcome. */
export function predictionOf(inputs: Reading["inputs"], outcome: Outcome, latencyMs = 1): Prediction {
  return { reading: { id: "r", atMs: 0, inputs }, outcome, latencyMs, bundleDigest: "" };
}

const labels = ["cat", "dog", "cow"];

/** An answer of three classes. */
export function answer(random: Random): Outcome {
  const raw = labels.map(() => random() + 1e-3);
  const sum = raw.reduce((a, b) => a + b, 0);
  const probabilities = Float32Array.from(raw, (p) => p / sum);
  const classIndex = probabilities.indexOf(Math.max(...probabilities));
  return { kind: "classification", classIndex, label: labels[classIndex] ?? "", probabilities };
}

/** Ordinary rows of {@link mixedRecipe}. */
export function mixedRows(count: number, random: Random): Prediction[] {
  return Array.from({ length: count }, () => {
    const inputs = { temperature: 20 + 5 * normal(random), colour: ["red", "green", "blue"][Math.floor(random() * 3)] ?? "", isOpen: random() < 0.3 };
    return predictionOf(inputs, answer(random), 1 + random());
  });
}
