import type { Outcome } from "@kedge/inference";

/** What an outcome comes to in one word and number: of boxes the surest, and nothing at all of none. */
export function gistOf(outcome: Outcome): { readonly label: string; readonly score: number } {
  switch (outcome.kind) {
    case "classification":
      return { label: outcome.label, score: Math.max(...outcome.probabilities) };
    case "regression":
      return { label: "", score: outcome.value };
    case "anomaly":
      return { label: "", score: outcome.score };
    case "detection":
      return outcome.boxes.reduce((best, { label, score }) => (score > best.score ? { label, score } : best), { label: "", score: 0 });
  }
}
