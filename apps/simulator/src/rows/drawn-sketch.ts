import { normal, type Random } from "@kedge/core";
import { type EmbeddingFeatureSpec, type EmbeddingSummary, sketchSteps } from "@kedge/profile";

/**
 * A sketch of `rows` vectors as they would be if they came from where the reference's came: its means with the noise of so few. The vectors
 * themselves cannot be had back from a sketch. `pull` < 1 draws all means towards nothing, as vectors that are spread further do.
 */
export function drawnSketch(
  spec: EmbeddingFeatureSpec,
  reference: EmbeddingSummary,
  { rows, pull }: { readonly rows: number; readonly pull: number },
  random: Random,
): EmbeddingSummary {
  const count = reference.count === 0 ? 0 : rows;
  const sums = Array.from({ length: 2 * spec.frequencies }, (_, i) => {
    if (count === 0) return 0;
    const mean = (pull * (reference.sums[i] ?? 0)) / reference.count / sketchSteps;
    const sd = Math.sqrt(Math.max(0, 1 - mean * mean) / 2 / count);
    const step = Math.round(sketchSteps * Math.min(1, Math.max(-1, mean + sd * normal(random))));
    return step * count + 0;
  });
  return { kind: "embedding", sums, missing: rows - count, notANumber: 0, wrongType: 0, count, spread: null };
}
