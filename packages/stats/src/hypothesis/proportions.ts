import { betaQuantile } from "../special/beta.js";
import { normalCdf, normalQuantile, normalSf } from "../special/normal.js";

/** A closed interval [low, high]. */
export type Interval = readonly [low: number, high: number];

/** The z that leaves (1 − confidence)/2 on either side. */
const twoSidedZ = (confidence: number): number => -normalQuantile((1 - confidence) / 2);

/** Wilson's score interval for a share (1927). [0, 1] when nothing was tried. */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Interval {
  if (!(trials > 0)) return [0, 1];
  const z = twoSidedZ(confidence);
  const share = successes / trials;
  const spread = (z * z) / trials;
  const centre = (share + spread / 2) / (1 + spread);
  const half = (z / (1 + spread)) * Math.sqrt((share * (1 - share)) / trials + spread / (4 * trials));
  // The ends are exact there in theory; rounding must not say otherwise.
  return [successes <= 0 ? 0 : Math.max(0, centre - half), successes >= trials ? 1 : Math.min(1, centre + half)];
}

/** The exact interval for a share, never too narrow (Clopper & Pearson 1934). [0, 1] when nothing was tried. */
export function exactInterval(successes: number, trials: number, confidence = 0.95): Interval {
  if (!(trials > 0)) return [0, 1];
  const tail = (1 - confidence) / 2;
  return [
    successes <= 0 ? 0 : betaQuantile(successes, trials - successes + 1, tail),
    successes >= trials ? 1 : betaQuantile(successes + 1, trials - successes, 1 - tail),
  ];
}

/** Two shares compared: a minus b. */
export interface ProportionComparison {
  readonly difference: number;
  /** Newcombe's interval for the difference (1998, method 10). */
  readonly interval: Interval;
  readonly z: number;
  /** P of a difference this far from 0 either way, if the shares are equal. */
  readonly pTwoSided: number;
  /** Small when a's share is credibly the smaller. */
  readonly pLess: number;
  /** Small when a's share is credibly the greater. */
  readonly pGreater: number;
}

/** Compares `successesA` of `trialsA` with `successesB` of `trialsB` by the pooled z test. With fewer than about 10 of anything, prefer Fisher's. */
export function compareProportions(successesA: number, trialsA: number, successesB: number, trialsB: number, confidence = 0.95): ProportionComparison {
  if (!(trialsA > 0) || !(trialsB > 0)) return { difference: 0, interval: [-1, 1], z: 0, pTwoSided: 1, pLess: 1, pGreater: 1 };
  const a = successesA / trialsA;
  const b = successesB / trialsB;
  const difference = a - b;
  const [lowA, highA] = wilsonInterval(successesA, trialsA, confidence);
  const [lowB, highB] = wilsonInterval(successesB, trialsB, confidence);
  const interval: Interval = [difference - Math.hypot(a - lowA, highB - b), difference + Math.hypot(highA - a, b - lowB)];
  const shared = (successesA + successesB) / (trialsA + trialsB);
  const error = Math.sqrt(shared * (1 - shared) * (1 / trialsA + 1 / trialsB));
  if (!(error > 0)) return { difference, interval, z: 0, pTwoSided: 1, pLess: 1, pGreater: 1 };
  const z = difference / error;
  return { difference, interval, z, pTwoSided: Math.min(1, 2 * normalSf(Math.abs(z))), pLess: normalCdf(z), pGreater: normalSf(z) };
}
