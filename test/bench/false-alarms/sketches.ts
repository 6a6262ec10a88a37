import { type Random, seededRandom } from "@kedge/core";
import { addToKll, emptyKll, kllSample, kolmogorovSmirnov, type OrderedSample } from "@kedge/stats";
import { Tally } from "../support/counted.js";
import type { Measurement } from "../support/figure.js";
import { alwaysFires, uncorrectedSketchKs } from "../support/others-rules.js";
import { measuredShare } from "../support/result.js";

/** How large the two sketches are, and how many pairs are tried. */
export interface SketchPlan {
  readonly k: number;
  readonly rows: readonly [number, number];
  readonly trials: number;
  readonly seed: number;
}

function sketchOf(k: number, rows: number, random: Random): OrderedSample {
  const sketch = emptyKll(k);
  // A sketch only compares, so that uniform values stand for those of any continuous law.
  for (let i = 0; i < rows; i += 1) addToKll(sketch, random(), random);
  return kllSample(sketch);
}

/** Pairs of KLL sketches of one law, both drawn anew each time: how often Kolmogorov-Smirnov at .05 calls them different. */
export function sketchFalseAlarms(key: string, plan: SketchPlan): Measurement {
  const random = seededRandom(plan.seed);
  const tally = new Tally();
  for (; tally.trials < plan.trials; tally.trials += 1) {
    const [a, b] = [sketchOf(plan.k, plan.rows[0], random), sketchOf(plan.k, plan.rows[1], random)];
    tally.note("ours", kolmogorovSmirnov(a, b).pValue <= 0.05);
    tally.note("always fires", alwaysFires());
    tally.note("KS without the sketches' error (whylogs)", uncorrectedSketchKs(a, b));
  }
  const { share, ...rest } = measuredShare(tally.hits("ours"), plan.trials);
  return { figures: { [key]: share }, details: { [key]: { ...rest, k: plan.k, rows: plan.rows, baselines: tally.sharesWithout("ours") } } };
}
