import { normal, seededRandom } from "@kedge/core";
import { combinedOrderedTest, quantileCuts } from "@kedge/stats";
import { countsOf, Tally } from "../support/counted.js";
import type { Measurement } from "../support/figure.js";
import { alwaysFires, distanceAboveTenth, stabilityAboveTenth } from "../support/others-rules.js";
import { measuredShare } from "../support/result.js";

/** Rows of the windows, and the reference that each is held against. */
export interface SmallWindowPlan {
  readonly sizes: readonly number[];
  readonly referenceRows: number;
  readonly bins: number;
  readonly trials: number;
  readonly seed: number;
}

/** Windows of a few rows of N(0,1) against a reference drawn anew each time, counted in bins cut from it: keys `small<n>`. */
export function smallWindowFalseAlarms(plan: SmallWindowPlan): Measurement {
  const random = seededRandom(plan.seed);
  const tallies = plan.sizes.map(() => new Tally());
  for (let trial = 0; trial < plan.trials; trial += 1) {
    const reference = Float64Array.from({ length: plan.referenceRows }, () => normal(random)).sort();
    const cuts = quantileCuts(reference, plan.bins);
    const counted = countsOf(cuts, reference);
    plan.sizes.forEach((size, i) => {
      const window = Float64Array.from({ length: size }, () => normal(random)).sort();
      const tally = tallies[i] as Tally;
      tally.trials += 1;
      tally.note("ours", combinedOrderedTest(counted, countsOf(cuts, window)).pValue <= 0.05);
      tally.note("always fires", alwaysFires());
      tally.note("earth mover's distance > .1 sd (Evidently)", distanceAboveTenth(reference, window));
      tally.note("PSI > .1", stabilityAboveTenth(reference, window));
    });
  }
  const measured = plan.sizes.map((size, i) => {
    const tally = tallies[i] as Tally;
    const { share, ...rest } = measuredShare(tally.hits("ours"), plan.trials);
    return [`small${size}`, share, { ...rest, baselines: tally.sharesWithout("ours") }] as const;
  });
  return {
    figures: Object.fromEntries(measured.map(([key, share]) => [key, share])),
    details: Object.fromEntries(measured.map(([key, , detail]) => [key, detail])),
  };
}
