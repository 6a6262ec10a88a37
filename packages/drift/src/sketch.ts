import { type EmbeddingSummary, sketchSteps } from "@kedge/profile";

/** Where the vectors of one feature lie: the mean of their random features, which have length 1 each. */
export interface Sketch {
  readonly mean: readonly number[];
  /** Vectors behind it. */
  readonly count: number;
  /** Tr C² and tr C³ of the covariance of one vector's features; null where it was never measured. */
  readonly spread: readonly [number, number] | null;
}

/** The sketch in a summary. */
export function sketchOf({ sums, count, spread }: EmbeddingSummary): Sketch {
  const scale = 1 / (Math.max(1, count) * sketchSteps * Math.sqrt(sums.length / 2));
  return { mean: sums.map((s) => s * scale), count, spread };
}

/** Squared distance of two means. */
export function squareDistance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return sum;
}

/** Tr C: features have length 1, so that what the mean lacks of it is their variance. */
export function varianceOf({ mean }: Sketch): number {
  return Math.max(0, 1 - mean.reduce((sum, v) => sum + v * v, 0));
}

/**
 * One law for the distance of a mean of n vectors from the reference's: n ‖μ̂ − μ‖² / `unit` is near χ² of `degrees` (Satterthwaite 1946). Makes
 * distances comparable with what counts explain. A spread that is not known is taken for the widest: all variance along one direction.
 */
export function yardstickOf(reference: Sketch): { readonly unit: number; readonly degrees: number } {
  const one = Math.max(1e-9, varianceOf(reference));
  const two = reference.spread?.[0] ?? one * one;
  return { unit: two / one, degrees: (one * one) / two };
}

/** A sketch and its part of a mixture. */
export interface SketchPart {
  readonly sketch: Sketch;
  readonly share: number;
}

/** The sketch of several streams mixed in proportion to `share`, on as many vectors as `count` says. */
export function mixedSketch(given: readonly SketchPart[], count: number): Sketch | undefined {
  const known = given.filter(({ sketch, share }) => sketch.count > 0 && share > 0);
  const whole = known.reduce((sum, { share }) => sum + share, 0);
  const parts = known.map(({ sketch, share }) => ({ sketch, share: share / whole }));
  const [first] = parts;
  if (first === undefined) return undefined;
  const mean = first.sketch.mean.map((_, i) => parts.reduce((sum, { sketch, share }) => sum + share * (sketch.mean[i] ?? 0), 0));
  // Norms of covariances obey the triangle inequality, so that the mixture's are no larger than this.
  const norm = (place: 0 | 1, power: number): number =>
    parts.reduce((sum, { sketch, share }) => sum + share * (sketch.spread?.[place] ?? varianceOf(sketch) ** power) ** (1 / power), 0) ** power;
  return { mean, count, spread: parts.every(({ sketch }) => sketch.spread === null) ? null : [norm(0, 2), norm(1, 3)] };
}
