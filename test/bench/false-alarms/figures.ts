import type { Figure } from "../support/figure.js";

const level = { atMost: 0.06 } as const;

/** False alarms of single tests at the level .05: windows of one law against a reference of the same. */
export const staticFigures: readonly Figure[] = [
  { key: "ksSketch50k561k", says: "Kolmogorov-Smirnov on KLL sketches (k 200) of 50,000 against 561,000 rows", bar: level },
  { key: "chiSquare10", says: "chi-square, ten categories, 1,000 against 1,000 rows", bar: level },
  { key: "chiSquareZipf100", says: "chi-square, a hundred categories after Zipf (1.2), 1,000 against 1,000 rows", bar: level },
  { key: "small50", says: "the default rule, 50 rows against 10,000 in 32 bins", bar: level },
  { key: "small100", says: "the default rule, 100 rows", bar: level },
  { key: "small200", says: "the default rule, 200 rows", bar: level },
];
