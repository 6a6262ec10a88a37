import type { Measurement } from "../support/figure.js";
import { say } from "../support/result.js";
import { categoryFalseAlarms, equalShares, zipfShares } from "./categories.js";
import { sketchFalseAlarms } from "./sketches.js";
import { smallWindowFalseAlarms } from "./small-windows.js";

/** Trials of each part. */
export interface StaticTrials {
  readonly sketches: number;
  readonly categories: number;
  readonly windows: number;
}

/** Full size: enough that a level of .05 is told from .06, and one of .03 for the sketches, which cost a tenth of a second each. */
export const fullTrials: StaticTrials = { sketches: 600, categories: 20_000, windows: 10_000 };

/** The false alarms of single tests. Every part has a seed of its own, so that one can change without the others. */
export function staticFalseAlarms(trials: StaticTrials, seed: number): readonly Measurement[] {
  say("categories");
  const rows = [1_000, 1_000] as const;
  const categories = [
    categoryFalseAlarms("chiSquare10", { shares: equalShares(10), rows, trials: trials.categories, seed }),
    categoryFalseAlarms("chiSquareZipf100", { shares: zipfShares(100, 1.2), rows, trials: trials.categories, seed: seed + 1 }),
  ];
  say("small windows");
  const windows = smallWindowFalseAlarms({ sizes: [50, 100, 200], referenceRows: 10_000, bins: 32, trials: trials.windows, seed: seed + 2 });
  say("sketches");
  const sketches = sketchFalseAlarms("ksSketch50k561k", { k: 200, rows: [50_000, 561_000], trials: trials.sketches, seed: seed + 3 });
  return [...categories, windows, sketches];
}
