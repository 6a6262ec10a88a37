import { logRatioMinus, stirlingCorrection } from "./gamma.js";

/** x^a (1−x)^b / B(a, b), written about the peak x = a/(a+b) so that nothing cancels when the shapes are large. */
function betaKernel(a: number, b: number, x: number): number {
  const n = a + b;
  const peak = a / n;
  const deviance = a * logRatioMinus(x, peak) + b * logRatioMinus(1 - x, b / n);
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(deviance + stirlingCorrection(n) - stirlingCorrection(a) - stirlingCorrection(b));
}

function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const keep = (v: number): number => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / keep(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1, limit = 400 + 40 * Math.ceil(Math.sqrt(Math.max(a, b))); m < limit; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / keep(1 + even * d);
    c = keep(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / keep(1 + odd * d);
    c = keep(1 + odd / c);
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return (h * betaKernel(a, b, x)) / a;
}

/** Regularised incomplete beta I_x(a, b) for a, b > 0 and x in [0, 1]; small values keep their relative accuracy. Didonato & Morris 1992. */
export function betaI(a: number, b: number, x: number): number {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return x;
  return x < (a + 1) / (a + b + 2) ? betaFraction(a, b, x) : 1 - betaFraction(b, a, 1 - x);
}

/** The x with I_x(a, b) = p, by bisection on [0, 1] (exact to the last bits, ~60 steps). */
export function betaQuantile(a: number, b: number, p: number): number {
  if (!(p >= 0 && p <= 1) || !(a > 0) || !(b > 0)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 1100 && high - low > high * 2e-16; i += 1) {
    const middle = (low + high) / 2;
    if (betaI(a, b, middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T > t) for Student's t with `degrees` degrees of freedom. */
export function studentSf(t: number, degrees: number): number {
  if (!(degrees > 0) || Number.isNaN(t)) return Number.NaN;
  const square = t * t;
  const half = square === Number.POSITIVE_INFINITY ? 0 : betaI(degrees / 2, 0.5, degrees / (degrees + square)) / 2;
  return t > 0 ? half : 1 - half;
}
