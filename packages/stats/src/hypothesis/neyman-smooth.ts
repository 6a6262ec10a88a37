import { at, type Counts, total } from "../counts.js";
import { chiSquareSf } from "../special/gamma.js";
import { nothingToCompare, type TestResult } from "./chi-square.js";

/**
 * Polynomials in the pooled mid-rank, orthonormal under the pooled counts (Gram-Schmidt, twice for stability). On equal bins these are
 * Legendre's; on ties and unequal bins they stay exactly orthonormal, which keeps the level where plain Legendre loses it.
 */
function orthonormalScores(pooledShares: readonly number[], order: number): number[][] {
  let below = 0;
  const x = pooledShares.map((share) => {
    const middle = below + share / 2;
    below += share;
    return 2 * middle - 1;
  });
  const found: number[][] = [pooledShares.map(() => 1)];
  for (let k = 1; k <= order; k += 1) {
    const scores = (found[k - 1] as number[]).map((v, i) => v * (x[i] as number));
    for (let pass = 0; pass < 2; pass += 1) {
      for (const known of found) {
        let dot = 0;
        for (let i = 0; i < scores.length; i += 1) dot += (pooledShares[i] as number) * (scores[i] as number) * (known[i] as number);
        for (let i = 0; i < scores.length; i += 1) scores[i] = (scores[i] as number) - dot * (known[i] as number);
      }
    }
    let norm = 0;
    for (let i = 0; i < scores.length; i += 1) norm += (pooledShares[i] as number) * (scores[i] as number) ** 2;
    if (!(norm > 1e-10)) break;
    found.push(scores.map((v) => v / Math.sqrt(norm)));
  }
  return found.slice(1);
}

/** A smooth test with its parts. */
export interface SmoothTestResult extends TestResult {
  /** Z_k for k = 1, 2, …: a minus b in location, scale, skew and tails, each about standard normal without change. */
  readonly components: readonly number[];
}

const nothingSmooth: SmoothTestResult = { ...nothingToCompare, components: [] };

/**
 * Neyman's smooth test of `order` 4 between two samples counted on the same ordered bins: are location, scale, skew and tails the same?
 * T = Σ_k Z_k², Z_k the standardised difference of the mean k-th score, about chi-square with `order` degrees (its mean under exchange of
 * rows is exactly that). Far stronger than chi-square on 32 bins for smooth changes, weaker for a spike in one bin: combine both.
 * Neyman 1937; Rayner, Thas & Best 2009.
 */
export function neymanSmooth(a: Counts, b: Counts, order = 4): SmoothTestResult {
  const na = total(a);
  const nb = total(b);
  const n = na + nb;
  if (!(na > 0) || !(nb > 0) || n < 3) return nothingSmooth;
  const used: [number, number][] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) if (at(a, i) + at(b, i) > 0) used.push([at(a, i), at(b, i)]);
  const scores = orthonormalScores(
    used.map(([ca, cb]) => (ca + cb) / n),
    Math.min(order, used.length - 1),
  );
  if (scores.length === 0) return nothingSmooth;
  const scale = Math.sqrt(((na * nb) / n) * ((n - 1) / n));
  const components = scores.map((score) => used.reduce((sum, [ca, cb], i) => sum + (score[i] as number) * (ca / na - cb / nb), 0) * scale);
  const statistic = components.reduce((sum, z) => sum + z * z, 0);
  return { statistic, degrees: scores.length, pValue: chiSquareSf(statistic, scores.length), components };
}
