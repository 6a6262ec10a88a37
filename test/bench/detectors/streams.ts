import type { Random } from "@kedge/core";
import { bernoulli, type Draw, gaussian } from "@kedge/testkit";

/** A law that changes at once into another. */
export interface ChangeStream {
  readonly key: string;
  readonly says: string;
  readonly before: Draw;
  readonly after: Draw;
  /** What a detector must be able to take: error bits, shares of 0 to 1, or any number. */
  readonly values: "bits" | "shares" | "numbers";
}

const uniform: Draw = (random) => random();
const squaredUniform: Draw = (random: Random) => random() ** 2;

/** The changes that detectors are held against: two of an error rate, and of a mean, a spread and a shape. */
export const streams: readonly ChangeStream[] = [
  { key: "rate02to03", says: "error rate .2 → .3", before: bernoulli(0.2), after: bernoulli(0.3), values: "bits" },
  { key: "rate02to04", says: "error rate .2 → .4", before: bernoulli(0.2), after: bernoulli(0.4), values: "bits" },
  { key: "mean05", says: "N(0, 1) → N(.5, 1)", before: gaussian(0, 1), after: gaussian(0.5, 1), values: "numbers" },
  { key: "sd2", says: "N(0, 1) → N(0, 2)", before: gaussian(0, 1), after: gaussian(0, 2), values: "numbers" },
  { key: "uniformFalls", says: "U → U² (the mean falls)", before: uniform, after: squaredUniform, values: "shares" },
];
