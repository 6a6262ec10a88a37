import type { Figure } from "../support/figure.js";

/** Power at level .05 of 500 rows in 32 bins against a reference of 10,000, and of vectors' sketches. */
export const powerFigures: readonly Figure[] = [
  { key: "h0", says: "false alarms: no change", bar: { atMost: 0.05 } },
  { key: "mean015", says: "mean + .15 sd", bar: { atLeast: 0.72 } },
  { key: "sd115", says: "standard deviation × 1.15", bar: { atLeast: 0.9 } },
  { key: "stuck5", says: "5 % of values stuck at 0", bar: { atLeast: 0.85 } },
  { key: "outliers3", says: "3 % outliers of N(6, 1)", bar: { atLeast: 0.48 } },
  { key: "bimodal", says: "two modes, with the same mean and sd", bar: { atLeast: 0.99 } },
  {
    key: "rffRatioMin",
    says: "vectors: power of a sketch of 1,028 bytes over that of the exact test on all rows, least of four changes",
    unit: "ratio",
    bar: { atLeast: 0.8 },
  },
];
