/** Which of several hypotheses are rejected, and each one's adjusted p-value: reject exactly where `adjusted ≤ rate`. */
export interface Rejections {
  readonly rejected: readonly boolean[];
  readonly adjusted: readonly number[];
  readonly count: number;
}

/** NaN is no evidence. */
const asP = (p: number): number => (p >= 0 ? Math.min(1, p) : 1);

function stepUp(pValues: readonly number[], rate: number, penalty: number): Rejections {
  const p = pValues.map(asP);
  const order = p.map((_, i) => i).sort((i, j) => (p[j] as number) - (p[i] as number));
  const adjusted = new Array<number>(p.length).fill(1);
  let least = 1;
  order.forEach((i, place) => {
    const rank = p.length - place;
    least = Math.min(least, ((p[i] as number) * p.length * penalty) / rank);
    adjusted[i] = least;
  });
  const rejected = adjusted.map((q) => q <= rate);
  return { rejected, adjusted, count: rejected.filter(Boolean).length };
}

/** Benjamini & Hochberg 1995: false discovery rate ≤ `rate` for independent or positively dependent p-values. */
export function benjaminiHochberg(pValues: readonly number[], rate: number): Rejections {
  return stepUp(pValues, rate, 1);
}

/** Benjamini & Yekutieli 2001: false discovery rate ≤ `rate` whatever the dependence; pays a factor Σ 1/i. */
export function benjaminiYekutieli(pValues: readonly number[], rate: number): Rejections {
  let penalty = 0;
  for (let i = 1; i <= pValues.length; i += 1) penalty += 1 / i;
  return stepUp(pValues, rate, penalty);
}

/** e-BH (Wang & Ramdas 2022): false discovery rate ≤ `rate` under any dependence and at any look, from e-values. `adjusted` is 1/e after the step-up. */
export function eBenjaminiHochberg(eValues: readonly number[], rate: number): Rejections {
  return stepUp(
    eValues.map((e) => (e > 0 ? 1 / e : 1)),
    rate,
    1,
  );
}

/** Bonferroni's combination: n · min p. Valid under any dependence. 1 for an empty list. */
export function bonferroni(pValues: readonly number[]): number {
  return Math.min(1, pValues.length * pValues.reduce((least, p) => Math.min(least, asP(p)), 1));
}

/**
 * Cauchy combination (Liu & Xie 2020): T = mean tan((½ − p)π), p = ½ − atan(T)/π. Close to exact in the tail under any dependence, and
 * stronger than Bonferroni. p above .99 counts as .99, lest one test that saw nothing at all cancel the others.
 */
export function cauchyCombination(pValues: readonly number[], weights?: readonly number[]): number {
  if (pValues.length === 0) return 1;
  let sum = 0;
  let weight = 0;
  pValues.forEach((value, i) => {
    const p = Math.min(0.99, asP(value));
    const w = weights?.[i] ?? 1;
    if (!(w > 0)) return;
    weight += w;
    sum += w * (p === 0 ? Number.POSITIVE_INFINITY : p < 1e-15 ? 1 / (p * Math.PI) : 1 / Math.tan(p * Math.PI));
  });
  if (weight === 0) return 1;
  const t = sum / weight;
  return t > 1 ? Math.atan(1 / t) / Math.PI : 0.5 - Math.atan(t) / Math.PI;
}
