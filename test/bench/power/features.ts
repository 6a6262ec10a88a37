import { type Random, seededRandom } from "@kedge/core";
import {
  addToFeatureSum,
  emptyFeatureSum,
  type FeatureReference,
  featureMeanTest,
  featureReference,
  type FeatureSum,
  medianDistance,
  quantiseFeatureSum,
  type RandomFeatures,
  randomFeatures,
  restoreFeatureSum,
} from "@kedge/stats";
import { Tally } from "../support/counted.js";
import type { Measurement } from "../support/figure.js";
import { measuredShare, rounded, say } from "../support/result.js";
import { ExactMmd } from "./exact-mmd.js";
import { type VectorChange, vectorChanges } from "./vectors.js";

/** Sizes of the trial. Each law is tried `references · windows` times. */
export interface FeaturesPlan {
  readonly dimensions: number;
  readonly referenceRows: number;
  readonly rows: number;
  readonly frequencies: number;
  readonly permutations: number;
  readonly references: number;
  readonly windows: number;
  readonly seed: number;
}

/** Bytes of a window's sketch on the wire: the means as int16, and the count of rows. */
export const sketchBytes = (frequencies: number): number => 4 * frequencies + 4;

/** The sketch as the collector has it: summed, sent as int16, restored. */
function sent(map: RandomFeatures, vectors: readonly Float64Array[]): FeatureSum {
  const sum = emptyFeatureSum(map.spec);
  const scratch = new Float64Array(2 * map.spec.features);
  for (const vector of vectors) addToFeatureSum(sum, map, vector, scratch);
  const back = restoreFeatureSum(map.spec, quantiseFeatureSum(sum), sum.rows);
  return back.kind === "decoded" ? back.value : sum;
}

interface Reference {
  readonly map: RandomFeatures;
  readonly summary: FeatureReference;
  readonly exact: ExactMmd;
}

function referenceOf(plan: FeaturesPlan, random: Random, seed: number): Reference {
  const vectors = Array.from({ length: plan.referenceRows }, () => (vectorChanges[0] as VectorChange).draw(plan.dimensions, random));
  const bandwidth = medianDistance(vectors, random);
  const map = randomFeatures({ seed, dimensions: plan.dimensions, features: plan.frequencies, bandwidth }, seededRandom);
  const exact = new ExactMmd(vectors, { bandwidth, windowRows: plan.rows, permutations: plan.permutations });
  return { map, summary: featureReference(map, vectors), exact };
}

/**
 * The power at .05 of the random-feature sketch beside that of the exact permutation test on all rows, on the same windows. The reference,
 * its bandwidth (the median distance) and the random map are new for each of `references`.
 */
export function featuresPower(plan: FeaturesPlan): Measurement {
  const random = seededRandom(plan.seed);
  const tallies = vectorChanges.map(() => new Tally());
  for (let r = 0; r < plan.references; r += 1) {
    say(`reference ${r + 1} of ${plan.references}`);
    const { map, summary, exact } = referenceOf(plan, random, plan.seed + r);
    for (let w = 0; w < plan.windows; w += 1) {
      vectorChanges.forEach(({ draw }, i) => {
        const vectors = Array.from({ length: plan.rows }, () => draw(plan.dimensions, random));
        const tally = tallies[i] as Tally;
        tally.trials += 1;
        tally.note("sketch", featureMeanTest(sent(map, vectors), summary).pValue <= 0.05);
        tally.note("exact", exact.pValue(vectors, random) <= 0.05);
      });
    }
  }
  return summarised(plan, tallies);
}

function summarised(plan: FeaturesPlan, tallies: readonly Tally[]): Measurement {
  const trials = plan.references * plan.windows;
  const rows = vectorChanges.map(({ key, says, isJudged }, i) => {
    const tally = tallies[i] as Tally;
    const [sketch, exact] = [measuredShare(tally.hits("sketch"), trials), measuredShare(tally.hits("exact"), trials)];
    return { key, says, isJudged, sketch, exact, ratio: rounded(sketch.share / exact.share, 3) };
  });
  const judged = rows.filter((row) => row.isJudged);
  return {
    figures: { rffRatioMin: Math.min(...judged.map((row) => row.ratio)) },
    details: { rffRatioMin: { trials, bytes: sketchBytes(plan.frequencies), permutations: plan.permutations, changes: rows } },
  };
}
