const HALF_LOG_TWO_PI = 0.9189385332046727;

/** Tail of Stirling's series at x ≥ 8: ln Γ(x) − [(x−½)ln x − x + ½ln 2π]. Eight Bernoulli terms leave less than 1e-15. */
function stirlingSeries(x: number): number {
  const y = 1 / (x * x);
  return (1 / 12 + y * (-1 / 360 + y * (1 / 1260 + y * (-1 / 1680 + y * (1 / 1188 + y * (-691 / 360360 + y * (1 / 156 + (y * -3617) / 122400))))))) / x;
}

/** ln Γ(x) minus Stirling's leading terms, for any x > 0. Keeps ratios of large gammas exact where the plain difference of logs would cancel. */
export function stirlingCorrection(x: number): number {
  if (x >= 8) return stirlingSeries(x);
  return logGamma(x) - ((x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI);
}

/** ln |Γ(x)| for x > 0: upward recurrence to x ≥ 8, then Stirling's series. NaN for x ≤ 0 or NaN. */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let product = 1;
  let y = x;
  while (y < 8) {
    product *= y;
    y += 1;
  }
  return (y - 0.5) * Math.log(y) - y + HALF_LOG_TWO_PI + stirlingSeries(y) - Math.log(product);
}

/** ln(x/peak) − (x − peak)/peak, without cancellation near the peak nor loss of x far below it. */
export function logRatioMinus(x: number, peak: number): number {
  const u = (x - peak) / peak;
  if (u < -0.5 || u > 1) return Math.log(x / peak) - u;
  const r = u / (2 + u);
  const y = r * r;
  let power = y;
  let sum = 0;
  for (let k = 3; k < 80; k += 2) {
    const term = power / k;
    sum += term;
    if (term < sum * 1e-17) break;
    power *= y;
  }
  return r * (2 * sum - u);
}

/** x^a e^-x / Γ(a), written about the peak x = a so that nothing cancels when a is large. */
function gammaKernel(a: number, x: number): number {
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * logRatioMinus(x, a) - stirlingCorrection(a));
}

/** Both need O(√a) steps at the worst point x ≈ a. */
function stepLimit(a: number): number {
  return 400 + 40 * Math.ceil(Math.sqrt(a));
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1, limit = stepLimit(a); n < limit; n += 1) {
    term *= x / (a + n);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum * gammaKernel(a, x);
}

/** Lentz's evaluation of Legendre's continued fraction. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1, limit = stepLimit(a); i < limit; i += 1) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < 1e-300) d = 1e-300;
    c = b + an / c;
    if (Math.abs(c) < 1e-300) c = 1e-300;
    d = 1 / d;
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return h * gammaKernel(a, x);
}

/** Regularised lower incomplete gamma P(a, x) for a > 0, x ≥ 0. Abramowitz & Stegun 6.5.29 and 6.5.31. */
export function gammaP(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) return Number.NaN;
  if (x === 0) return 0;
  if (x === Number.POSITIVE_INFINITY) return 1;
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/** Regularised upper incomplete gamma Q(a, x) = 1 − P(a, x), with full relative accuracy in the far tail. */
export function gammaQ(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) return Number.NaN;
  if (x === 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

/** P(X > x) for a chi-square variable of `degrees` > 0 degrees of freedom. */
export function chiSquareSf(x: number, degrees: number): number {
  return x <= 0 ? 1 : gammaQ(degrees / 2, x / 2);
}
