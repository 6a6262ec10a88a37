import { normal, seededRandom } from "@kedge/core";
import { chiSquareHomogeneity, combinedOrderedTest, kolmogorovSmirnov, neymanSmooth, orderedSample, quantileCuts } from "@kedge/stats";
import { countsOf, Tally } from "../support/counted.js";
import type { Measurement } from "../support/figure.js";
import { alwaysFires, distanceAboveTenth, stabilityAboveTenth } from "../support/others-rules.js";
import { measuredShare } from "../support/result.js";
import { changes } from "./changes.js";

/** Rows, bins and trials. */
export interface CountsPlan {
  readonly rows: number;
  readonly referenceRows: number;
  readonly bins: number;
  readonly trials: number;
  readonly seed: number;
}

/**
 * How often windows of each changed law are called different from N(0, 1) at level .05: by our default rule from counts alone, and by others'
 * from the counts or the raw rows. The reference, and with it the bins, is drawn anew in each trial.
 */
export function countsPower(plan: CountsPlan): Measurement {
  const random = seededRandom(plan.seed);
  const tallies = changes.map(() => new Tally());
  for (let trial = 0; trial < plan.trials; trial += 1) {
    const rows = Float64Array.from({ length: plan.referenceRows }, () => normal(random)).sort();
    const cuts = quantileCuts(rows, plan.bins);
    const reference = countsOf(cuts, rows);
    const referenceSample = orderedSample(rows);
    const [isFar, isUnstable] = [distanceAboveTenth(rows), stabilityAboveTenth(rows)];
    changes.forEach(({ draw }, i) => {
      const window = Float64Array.from({ length: plan.rows }, () => draw(random)).sort();
      const counts = countsOf(cuts, window);
      const tally = tallies[i] as Tally;
      tally.trials += 1;
      tally.note("ours", combinedOrderedTest(reference, counts).pValue <= 0.05);
      tally.note("always fires", alwaysFires());
      tally.note("KS on the raw rows", kolmogorovSmirnov(referenceSample, orderedSample(window)).pValue <= 0.05);
      tally.note("chi-square alone", chiSquareHomogeneity(reference, counts).pValue <= 0.05);
      tally.note("Neyman smooth alone", neymanSmooth(reference, counts).pValue <= 0.05);
      tally.note("earth mover's distance > .1 sd (Evidently)", isFar(window));
      tally.note("PSI > .1", isUnstable(window));
    });
  }
  const measured = changes.map(({ key }, i) => {
    const tally = tallies[i] as Tally;
    const { share, ...rest } = measuredShare(tally.hits("ours"), plan.trials);
    return [key, share, { ...rest, baselines: tally.sharesWithout("ours") }] as const;
  });
  return {
    figures: Object.fromEntries(measured.map(([key, share]) => [key, share])),
    details: Object.fromEntries(measured.map(([key, , detail]) => [key, detail])),
  };
}
