/** How a bundle on trial does. */
export interface Probation {
  readonly good: number;
  readonly bad: number;
  readonly sinceMs: number;
}

export interface ProbationPolicy {
  /** Predictions to see. */
  readonly predictions: number;
  /** Ends the trial of a device that predicts seldom; its golden inputs have been right. */
  readonly maxMs: number;
}

/** Bad readings from which on a trial may end early: one bad frame condemns nothing. */
const fewest = 5;

/**
 * `failed` when more of the first readings failed than not: judged from the fifth bad one on, and at the latest when the time is over.
 * Bad are readings that the model could not answer; those of the wrong shape are the sender's fault and not counted.
 */
export function judgeProbation(probation: Probation, policy: ProbationPolicy, monotonicMs: number): "running" | "passed" | "failed" {
  const { good, bad, sinceMs } = probation;
  const isOver = monotonicMs - sinceMs >= policy.maxMs;
  if (bad > good && (bad >= fewest || isOver)) return "failed";
  return isOver || good >= policy.predictions ? "passed" : "running";
}
