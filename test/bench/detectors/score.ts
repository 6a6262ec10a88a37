import { type MeasuredRate, measuredRate, measuredShare, rounded } from "../support/result.js";
import type { Contender } from "./contenders.js";
import { mulberry32 } from "./mulberry32.js";
import type { ChangeStream } from "./streams.js";

/** How a detector is tried. Run i has the generator seeded with 7919·i. */
export interface ScorePlan {
  /** Runs of stationary values, and their length. */
  readonly quietRuns: number;
  readonly quietLength: number;
  /** Runs with a change. */
  readonly changeRuns: number;
  readonly changeAt: number;
  /** Values after the change in which it must be found. */
  readonly horizon: number;
}

/** The plan of the published tables. */
export const tablePlan: ScorePlan = { quietRuns: 100, quietLength: 10_000, changeRuns: 100, changeAt: 5_000, horizon: 2_000 };

/** What a detector does on one stream. */
export interface DetectorScore {
  /** False alarms in 10,000 stationary values. */
  readonly per10k: number;
  readonly per10kInterval: readonly [number, number];
  readonly quietValues: number;
  /** Share of changes found within the horizon. */
  readonly recall: number;
  readonly recallInterval: readonly [number, number];
  /** Mean number of values to the alarm, over the changes found; absent where none was. */
  readonly delay?: number;
  /** 95 % interval of the mean delay, plus or minus. */
  readonly delayWithin?: number;
  readonly runs: number;
  /** The recall of alarms that come by chance at this detector's own rate of false ones. */
  readonly chanceRecall: number;
  /** Of the quickest quiet run. */
  readonly nsPerUpdate: number;
}

interface Quiet {
  readonly rate: MeasuredRate;
  readonly nsPerUpdate: number;
}

function quietRuns(contender: Contender, stream: ChangeStream, plan: ScorePlan): Quiet {
  const values = new Float64Array(plan.quietLength);
  let alarms = 0;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let run = 1; run <= plan.quietRuns; run += 1) {
    const random = mulberry32(7919 * run);
    for (let i = 0; i < values.length; i += 1) values[i] = stream.before(random);
    const detector = contender.create(random);
    const started = performance.now();
    for (let i = 0; i < values.length; i += 1) if (detector.update(values[i] as number)) alarms += 1;
    leastMs = Math.min(leastMs, performance.now() - started);
  }
  return { rate: measuredRate(alarms, (plan.quietRuns * plan.quietLength) / 10_000), nsPerUpdate: (1e6 * leastMs) / plan.quietLength };
}

/** Values to the alarm of each change that was found. */
function delays(contender: Contender, stream: ChangeStream, plan: ScorePlan): number[] {
  const found: number[] = [];
  for (let run = 1; run <= plan.changeRuns; run += 1) {
    const random = mulberry32(7919 * run);
    const detector = contender.create(random);
    // The values are drawn beside a detector that may draw itself, so both come from one seed.
    for (let i = 0; i < plan.changeAt; i += 1) detector.update(stream.before(random));
    for (let i = 1; i <= plan.horizon; i += 1) {
      if (!detector.update(stream.after(random))) continue;
      found.push(i);
      break;
    }
  }
  return found;
}

/** Tries a detector on a stream. */
export function scoreDetector(contender: Contender, stream: ChangeStream, plan: ScorePlan): DetectorScore {
  const { rate, nsPerUpdate } = quietRuns(contender, stream, plan);
  const found = delays(contender, stream, plan);
  const recall = measuredShare(found.length, plan.changeRuns);
  const delay = found.reduce((sum, d) => sum + d, 0) / found.length;
  const variance = found.reduce((sum, d) => sum + (d - delay) ** 2, 0) / Math.max(1, found.length - 1);
  return {
    per10k: rate.rate,
    per10kInterval: rate.interval,
    quietValues: plan.quietRuns * plan.quietLength,
    recall: recall.share,
    recallInterval: recall.interval,
    ...(found.length > 0 ? { delay: rounded(delay, 1), delayWithin: rounded(1.96 * Math.sqrt(variance / found.length), 1) } : {}),
    runs: plan.changeRuns,
    chanceRecall: rounded(1 - (1 - Math.min(1, rate.rate / 10_000)) ** plan.horizon),
    nsPerUpdate: rounded(nsPerUpdate, 0),
  };
}
