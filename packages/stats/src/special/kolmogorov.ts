/**
 * P(K > x) of Kolmogorov's limit distribution: 2 Σ (−1)^(k−1) exp(−2k²x²), and Jacobi's dual series where that one converges slowly.
 * Kolmogorov 1933; Marsaglia, Tsang & Wang 2003.
 */
export function kolmogorovSf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x <= 0) return 1;
  if (x < 1) {
    const y = (Math.PI * Math.PI) / (8 * x * x);
    let sum = 0;
    for (let k = 1; k <= 15; k += 2) sum += Math.exp(-k * k * y);
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k <= 6; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}
