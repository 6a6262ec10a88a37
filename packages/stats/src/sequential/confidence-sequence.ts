import type { Interval } from "../hypothesis/proportions.js";
import { logGamma } from "../special/gamma.js";

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/**
 * A confidence sequence for a share: the interval holds the truth at all looks at once with the given confidence, so that one may look after
 * every label and stop when one likes. Beta mixture (Robbins 1970): all p with B(a+s, b+f)/B(a, b) / (p^s (1−p)^f) < 1/α, prior a = b = ½.
 */
export function shareSequence(successes: number, trials: number, confidence = 0.95): Interval {
  if (!(trials > 0)) return [0, 1];
  const failures = trials - successes;
  const logMixture = logBeta(0.5 + successes, 0.5 + failures) - logBeta(0.5, 0.5);
  const limit = -Math.log(1 - confidence);
  const power = (n: number, log: number): number => (n === 0 ? 0 : n * log);
  const isInside = (p: number): boolean => logMixture - power(successes, Math.log(p)) - power(failures, Math.log1p(-p)) < limit;
  const best = successes / trials;
  const edge = (inside: number, outside: number): number => {
    let [near, far] = [inside, outside];
    for (let i = 0; i < 60; i += 1) {
      const middle = (near + far) / 2;
      if (isInside(middle)) near = middle;
      else far = middle;
    }
    return far;
  };
  return [successes === 0 ? 0 : edge(best, 0), failures === 0 ? 1 : edge(best, 1)];
}

/** A running mean of values in [0, 1] with a confidence sequence; plain numbers, constant size. */
export interface MeanSequence {
  readonly count: number;
  readonly sum: number;
  /** ½², then the squared distances from the mean before each value. */
  readonly squares: number;
  readonly weights: number;
  readonly weightedSum: number;
  /** Σ 4 (x − μ̂)² ψ_E(λ). */
  readonly penalty: number;
  /** Values left out: outside of [0, 1], or NaN. */
  readonly ignored: number;
}

/** The sequence before the first value. */
export const startMeanSequence: MeanSequence = { count: 0, sum: 0, squares: 0.25, weights: 0, weightedSum: 0, penalty: 0, ignored: 0 };

/**
 * One more value: predictable plug-in empirical Bernstein (Waudby-Smith & Ramdas 2024, theorem 2), λ_t = min(½, √(2 ln(2/α)/(σ̂² t ln(1+t)))).
 * Narrow where the values vary little, valid for any law on [0, 1]. The confidence must stay the same from start to end.
 */
export function stepMeanSequence(state: MeanSequence, value: number, confidence = 0.95): MeanSequence {
  if (!(value >= 0 && value <= 1)) return { ...state, ignored: state.ignored + 1 };
  const t = state.count + 1;
  const meanBefore = (0.5 + state.sum) / t;
  const varianceBefore = state.squares / t;
  const weight = Math.min(0.5, Math.sqrt((2 * Math.log(2 / (1 - confidence))) / (varianceBefore * t * Math.log(1 + t))));
  const cost = (-Math.log1p(-weight) - weight) / 4;
  const sum = state.sum + value;
  return {
    count: t,
    sum,
    squares: state.squares + (value - (0.5 + sum) / (t + 1)) ** 2,
    weights: state.weights + weight,
    weightedSum: state.weightedSum + weight * value,
    penalty: state.penalty + 4 * (value - meanBefore) ** 2 * cost,
    ignored: state.ignored,
  };
}

/** The interval now, with the confidence given to every step. */
export function meanInterval(state: MeanSequence, confidence = 0.95): Interval {
  if (state.count === 0) return [0, 1];
  const centre = state.weightedSum / state.weights;
  const half = (Math.log(2 / (1 - confidence)) + state.penalty) / state.weights;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
