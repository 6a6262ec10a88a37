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

/** `failed` when most of the first predictions failed, counted from the fifth on, so that one bad frame condemns nothing. */
export function judgeProbation(probation: Probation, policy: ProbationPolicy, monotonicMs: number): "running" | "passed" | "failed" {
  const { good, bad, sinceMs } = probation;
  if (bad >= 5 && bad > good) return "failed";
  return good >= policy.predictions || monotonicMs - sinceMs >= policy.maxMs ? "passed" : "running";
}
