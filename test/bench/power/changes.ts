import { normal, type Random } from "@kedge/core";

/** A law that a window's numbers may have instead of N(0, 1). */
export interface Change {
  readonly key: string;
  readonly draw: (random: Random) => number;
}

/** No change, and five of level, spread, a stuck sensor, outliers and shape; the last has mean 0 and sd 1 as the reference has. */
export const changes: readonly Change[] = [
  { key: "h0", draw: normal },
  { key: "mean015", draw: (random) => 0.15 + normal(random) },
  { key: "sd115", draw: (random) => 1.15 * normal(random) },
  { key: "stuck5", draw: (random) => (random() < 0.05 ? 0 : normal(random)) },
  { key: "outliers3", draw: (random) => (random() < 0.03 ? 6 : 0) + normal(random) },
  { key: "bimodal", draw: (random) => (random() < 0.5 ? -0.8 : 0.8) + 0.6 * normal(random) },
];
