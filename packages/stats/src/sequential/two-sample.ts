/** Successes and trials of one block of two groups, as a canary and its control report them. */
export interface TwoSampleBlock {
  readonly successesA: number;
  readonly trialsA: number;
  readonly successesB: number;
  readonly trialsB: number;
}

/** What a running comparison of two shares has seen; plain numbers. */
export interface TwoSampleState extends TwoSampleBlock {
  readonly logE: number;
}

/** What would matter: any difference, or only A below (above) B. */
export type TwoSampleSide = "both" | "a-less" | "a-greater";

/** The state before the first block: e-value 1. */
export const startTwoSample: TwoSampleState = { successesA: 0, trialsA: 0, successesB: 0, trialsB: 0, logE: 0 };

/** Turner's default Beta prior, which loses least in the worst case. */
const prior = 0.18;

function logLikelihood(successes: number, trials: number, share: number): number {
  return successes * Math.log(share) + (trials - successes) * Math.log1p(-share);
}

/**
 * The e-process for "both groups have one share" after one more block. It bets on the shares estimated from the blocks before: e ← e ·
 * p(block | θ_A, θ_B) / p(block | θ_0), θ_0 their mean weighted by the block's trials. On one side only, a block before which the estimates
 * point the other way is not bet on. Valid at any look, whatever was seen before. Turner, Ly & Grünwald 2024.
 */
export function stepTwoSample(state: TwoSampleState, block: TwoSampleBlock, side: TwoSampleSide = "both"): TwoSampleState {
  const { successesA, successesB, trialsA, trialsB } = block;
  if (!(trialsA > 0) || !(trialsB > 0)) return state;
  const a = (state.successesA + prior) / (state.trialsA + 2 * prior);
  const b = (state.successesB + prior) / (state.trialsB + 2 * prior);
  const next = {
    successesA: state.successesA + successesA,
    trialsA: state.trialsA + trialsA,
    successesB: state.successesB + successesB,
    trialsB: state.trialsB + trialsB,
  };
  if ((side === "a-less" && a >= b) || (side === "a-greater" && a <= b)) return { ...next, logE: state.logE };
  const shared = (trialsA * a + trialsB * b) / (trialsA + trialsB);
  const apart = logLikelihood(successesA, trialsA, a) + logLikelihood(successesB, trialsB, b);
  const together = logLikelihood(successesA, trialsA, shared) + logLikelihood(successesB, trialsB, shared);
  return { ...next, logE: state.logE + apart - together };
}

/** The e-value now: the shares differ where it is ≥ 1/α. */
export function twoSampleEValue(state: TwoSampleState): number {
  return Math.exp(Math.min(700, state.logE));
}
