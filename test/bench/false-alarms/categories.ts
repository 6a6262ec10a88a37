import { type Random, seededRandom } from "@kedge/core";
import { chiSquareHomogeneity, combinedNominalTest } from "@kedge/stats";
import { Tally } from "../support/counted.js";
import type { Measurement } from "../support/figure.js";
import { alwaysFires, goodnessOfFit } from "../support/others-rules.js";
import { measuredShare } from "../support/result.js";

/** Equal shares of `size` categories. */
export const equalShares = (size: number): number[] => new Array<number>(size).fill(1 / size);

/** Shares that fall with rank^−exponent. */
export function zipfShares(size: number, exponent: number): number[] {
  const weights = Array.from({ length: size }, (_, i) => (i + 1) ** -exponent);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** Draws counts of `rows` rows. */
function drawCounts(shares: readonly number[], rows: number, random: Random): number[] {
  const upTo: number[] = [];
  shares.reduce((sum, share, i) => (upTo[i] = sum + share), 0);
  const counts = shares.map(() => 0);
  for (let row = 0; row < rows; row += 1) {
    const u = random();
    let i = 0;
    while (i < shares.length - 1 && (upTo[i] as number) <= u) i += 1;
    counts[i] = (counts[i] as number) + 1;
  }
  return counts;
}

/** The law, the rows on either side and the trials. */
export interface CategoryPlan {
  readonly shares: readonly number[];
  readonly rows: readonly [reference: number, current: number];
  readonly trials: number;
  readonly seed: number;
}

/** Two samples of categories of one law: how often each rule at .05 calls them different. */
export function categoryFalseAlarms(key: string, plan: CategoryPlan): Measurement {
  const random = seededRandom(plan.seed);
  const tally = new Tally();
  for (; tally.trials < plan.trials; tally.trials += 1) {
    const [reference, current] = [drawCounts(plan.shares, plan.rows[0], random), drawCounts(plan.shares, plan.rows[1], random)];
    tally.note("ours", chiSquareHomogeneity(reference, current, { cells: "nominal" }).pValue <= 0.05);
    tally.note("combined rule (our default)", combinedNominalTest(reference, current).pValue <= 0.05);
    tally.note("always fires", alwaysFires());
    tally.note("chi-square as goodness of fit (Evidently, whylogs)", goodnessOfFit(reference, current));
  }
  const { share, ...rest } = measuredShare(tally.hits("ours"), plan.trials);
  return { figures: { [key]: share }, details: { [key]: { ...rest, rows: plan.rows, baselines: tally.sharesWithout("ours") } } };
}
