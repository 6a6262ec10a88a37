import { couponEstimate, type HllSketch } from "./hll-sketch.js";

/** Largest value a register takes, less one. */
const range = 62;

/** σ(x) = x + Σ x^(2^k) 2^(k−1). */
function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY;
  let x = start;
  let y = 1;
  let sum = x;
  for (let before = -1; before !== sum; ) {
    before = sum;
    x *= x;
    sum += x * y;
    y += y;
  }
  return sum;
}

/** τ(x) = (1 − x − Σ (1 − x^(2^−k))² 2^−k) / 3. */
function tau(start: number): number {
  if (start === 0 || start === 1) return 0;
  let x = start;
  let y = 1;
  let sum = 1 - x;
  for (let before = -1; before !== sum; ) {
    before = sum;
    x = Math.sqrt(x);
    y /= 2;
    sum -= (1 - x) ** 2 * y;
  }
  return sum / 3;
}

/** Ertl's improved raw estimator (arXiv 1702.01284, algorithm 6): unbiased over the whole range, without tables of corrections. */
function registerEstimate(registers: Uint8Array): number {
  const m = registers.length;
  const counts = new Float64Array(range + 2);
  for (const value of registers) counts[value] = (counts[value] as number) + 1;
  let z = m * tau(1 - (counts[range + 1] as number) / m);
  for (let k = range; k >= 1; k -= 1) z = (z + (counts[k] as number)) / 2;
  z += m * sigma((counts[0] as number) / m);
  return (m * m) / (2 * Math.LN2 * z);
}

/** About how many different items the sketch has seen. Exact but for hash collisions while few. */
export function estimateHll(sketch: Readonly<HllSketch>): number {
  if (sketch.mode !== "registers") return couponEstimate(sketch.couponCount);
  return sketch.isOutOfOrder ? registerEstimate(sketch.registers) : sketch.hip;
}

/** Relative standard error of {@link estimateHll}: .8326/√k from the accumulator, 1.03896/√k after a merge, about 0 while few. */
export function hllStandardError(sketch: Readonly<HllSketch>): number {
  if (sketch.mode !== "registers") return 0.409 / 2 ** 13;
  return (sketch.isOutOfOrder ? 1.03896 : 0.8325546) / Math.sqrt(sketch.registers.length);
}
