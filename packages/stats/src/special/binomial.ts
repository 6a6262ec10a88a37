import { logGamma, logRatioMinus, stirlingCorrection } from "./gamma.js";

/** ln C(n, k). */
export function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** n·D(x/n, p): x ln(x/(np)) − (x − np), without cancellation near x = np. */
function deviance(x: number, expected: number): number {
  return -x * logRatioMinus(expected, x);
}

/** P(X = k) for X ~ Binomial(n, p). Loader's saddle-point form (2000), accurate for n in the millions. */
export function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  if (n === 0) return 1;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const shape = deviance(k, n * p) + deviance(n - k, n * (1 - p));
  const correction = stirlingCorrection(n) - stirlingCorrection(k) - stirlingCorrection(n - k);
  return Math.sqrt(n / (2 * Math.PI * k * (n - k))) * Math.exp(correction - shape);
}
