import { betaI, type Interval, normalQuantile } from "@kedge/stats";
import { z } from "zod";

/** What a candidate must do. */
export const acceptanceSchema = z
  .strictObject({
    /** A gain this likely by chance alone does not count (one-sided). */
    alpha: z.number().gt(0).lt(1).default(0.05),
    /** Share of clean frames that the candidate may get wrong more than the running model. */
    maxCleanLoss: z.number().min(0).max(1).default(0.01),
    /** With fewer drifted frames a gain of 20 points would not be seen. */
    minDriftedFrames: z.int().min(1).default(30),
    /** With fewer clean frames one frame would be more than a point. */
    minCleanFrames: z.int().min(1).default(100),
  })
  .readonly();

/** {@link acceptanceSchema}, parsed. */
export type AcceptanceLimits = z.infer<typeof acceptanceSchema>;

/** Whether each of the same frames, in the same order, was got right by either model. */
export interface PairedCorrectness {
  readonly running: readonly boolean[];
  readonly candidate: readonly boolean[];
}

/** Two models on the same frames. Shares are of all frames; the difference is candidate minus running. */
export interface PairedComparison {
  readonly frames: number;
  readonly running: number;
  readonly candidate: number;
  readonly onlyRunning: number;
  readonly onlyCandidate: number;
  readonly difference: number;
  /** 95 %. */
  readonly interval: Interval;
  /** P of so great a gain by chance, if the models were equally good. */
  readonly pValue: number;
}

/** Why a candidate did not pass. */
export type AcceptanceFault = "too-few-drifted-frames" | "too-few-clean-frames" | "no-gain-on-drifted-frames" | "loss-on-clean-frames";

/** The gate's judgement, its numbers, and a sentence for people. */
export interface AcceptanceResult {
  readonly passed: boolean;
  readonly faults: readonly AcceptanceFault[];
  readonly drifted: PairedComparison;
  readonly clean: PairedComparison;
  readonly sentence: string;
}

/**
 * Compares two models on the same frames by McNemar's exact test (1947): of the frames that only one of them gets
 * right, is the candidate's share above a half? The interval is Agresti & Min's (2005, half a frame added to each cell).
 */
export function comparePaired({ running, candidate }: PairedCorrectness): PairedComparison {
  const frames = Math.min(running.length, candidate.length);
  let [right, rightToo, onlyRunning, onlyCandidate] = [0, 0, 0, 0];
  for (let i = 0; i < frames; i += 1) {
    const [a, b] = [running[i] === true, candidate[i] === true];
    if (a) right += 1;
    if (b) rightToo += 1;
    if (a && !b) onlyRunning += 1;
    if (b && !a) onlyCandidate += 1;
  }
  const discordant = onlyRunning + onlyCandidate;
  // P(X ≥ k) for X ~ Binomial(n, ½) is the regularised incomplete beta I_½(k, n − k + 1).
  const pValue = onlyCandidate === 0 ? 1 : betaI(onlyCandidate, discordant - onlyCandidate + 1, 0.5);
  const n = frames + 2;
  const centre = (onlyCandidate - onlyRunning) / n;
  const half = (-normalQuantile(0.025) * Math.sqrt(Math.max(0, discordant + 1 - (onlyCandidate - onlyRunning) ** 2 / n))) / n;
  return {
    frames,
    running: frames === 0 ? 0 : right / frames,
    candidate: frames === 0 ? 0 : rightToo / frames,
    onlyRunning,
    onlyCandidate,
    difference: frames === 0 ? 0 : (onlyCandidate - onlyRunning) / frames,
    interval: [Math.max(-1, centre - half), Math.min(1, centre + half)],
    pValue,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

function describe(what: string, c: PairedComparison): string {
  const [low, high] = c.interval;
  return `${what}: ${percent(c.running)} → ${percent(c.candidate)} on ${c.frames} frames (${points(c.difference)} points, 95 % ${points(low)} to ${points(high)})`;
}

const reasons: Readonly<Record<AcceptanceFault, (limits: AcceptanceLimits) => string>> = {
  "too-few-drifted-frames": (l) => `fewer than ${l.minDriftedFrames} drifted frames were held back`,
  "too-few-clean-frames": (l) => `fewer than ${l.minCleanFrames} clean frames were held back`,
  "no-gain-on-drifted-frames": (l) => `no gain on the drifted frames beyond chance (p < ${l.alpha})`,
  "loss-on-clean-frames": (l) => `more than ${(100 * l.maxCleanLoss).toFixed(1)} points lost on the clean frames`,
};

/**
 * The gate: a candidate passes only if it beats the running model on held-back frames of the drifted cohort, beyond
 * chance, and loses no more than the limit on held-back clean ones. Frames used in training must not be among them.
 */
export function judgeCandidate(drifted: PairedCorrectness, clean: PairedCorrectness, limits: AcceptanceLimits): AcceptanceResult {
  const onDrifted = comparePaired(drifted);
  const onClean = comparePaired(clean);
  const faults: AcceptanceFault[] = [];
  if (onDrifted.frames < limits.minDriftedFrames) faults.push("too-few-drifted-frames");
  if (onClean.frames < limits.minCleanFrames) faults.push("too-few-clean-frames");
  if (!(onDrifted.difference > 0 && onDrifted.pValue < limits.alpha)) faults.push("no-gain-on-drifted-frames");
  // Counted in frames: 0.01 · n must not fail by the last bit of a division.
  if (onClean.onlyRunning - onClean.onlyCandidate > limits.maxCleanLoss * onClean.frames + 1e-9) faults.push("loss-on-clean-frames");
  const passed = faults.length === 0;
  const why = passed ? "" : ` because ${faults.map((f) => reasons[f](limits)).join(" and ")}`;
  const sentence = `The candidate ${passed ? "passes" : "is rejected"}${why}. ${describe("Drifted", onDrifted)}; ${describe("clean", onClean)}.`;
  return { passed, faults, drifted: onDrifted, clean: onClean, sentence };
}
