import { binIndex } from "./cut-points.js";

/**
 * The non-decreasing sequence nearest to `values` in weighted squares: pool adjacent violators (Ayer et al. 1955; Barlow et al. 1972),
 * linear time. Weights default to 1 and must be positive.
 */
export function isotonicRegression(values: ArrayLike<number>, weights?: ArrayLike<number>): number[] {
  const means: number[] = [];
  const masses: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < values.length; i += 1) {
    let mean = values[i] as number;
    let mass = weights?.[i] ?? 1;
    while (means.length > 0 && (means[means.length - 1] as number) >= mean) {
      const before = means.pop() as number;
      const beforeMass = masses.pop() as number;
      ends.pop();
      mean = (before * beforeMass + mean * mass) / (beforeMass + mass);
      mass += beforeMass;
    }
    means.push(mean);
    masses.push(mass);
    ends.push(i + 1);
  }
  const fitted: number[] = [];
  means.forEach((mean, block) => {
    while (fitted.length < (ends[block] as number)) fitted.push(mean);
  });
  return fitted;
}

/** A monotone map by its knots: `inputs` ascend strictly, `outputs` do not descend. */
export interface IsotonicMap {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Fits a monotone map from scores to outcomes (0/1 or means), as for calibration (Zadrozny & Elkan 2002). Pairs with a NaN are left out. */
export function fitIsotonicMap(scores: ArrayLike<number>, outcomes: ArrayLike<number>, weights?: ArrayLike<number>): IsotonicMap {
  const order = Array.from({ length: scores.length }, (_, i) => i)
    .filter((i) => Number.isFinite(scores[i]) && Number.isFinite(outcomes[i]) && (weights?.[i] ?? 1) > 0)
    .sort((i, j) => (scores[i] as number) - (scores[j] as number));
  const inputs: number[] = [];
  const means: number[] = [];
  const masses: number[] = [];
  for (const i of order) {
    const last = inputs.length - 1;
    const mass = weights?.[i] ?? 1;
    if (last >= 0 && inputs[last] === scores[i]) {
      const whole = (masses[last] as number) + mass;
      means[last] = ((means[last] as number) * (masses[last] as number) + (outcomes[i] as number) * mass) / whole;
      masses[last] = whole;
    } else {
      inputs.push(scores[i] as number);
      means.push(outcomes[i] as number);
      masses.push(mass);
    }
  }
  const fitted = isotonicRegression(means, masses);
  // Inside a flat stretch the ends say everything.
  const needed = inputs.map((_, i) => i === 0 || i === inputs.length - 1 || fitted[i] !== fitted[i - 1] || fitted[i] !== fitted[i + 1]);
  return { inputs: inputs.filter((_, i) => needed[i]), outputs: fitted.filter((_, i) => needed[i]) };
}

/** The map at a score: linear between knots, flat beyond them. NaN for a map without knots or a NaN score. */
export function applyIsotonicMap(map: IsotonicMap, score: number): number {
  const last = map.inputs.length - 1;
  if (last < 0 || Number.isNaN(score)) return Number.NaN;
  const right = binIndex(map.inputs, score);
  if (right === 0) return map.outputs[0] as number;
  if (right > last) return map.outputs[last] as number;
  const from = map.inputs[right - 1] as number;
  const to = map.inputs[right] as number;
  const low = map.outputs[right - 1] as number;
  return low + (((map.outputs[right] as number) - low) * (score - from)) / (to - from);
}
