import { cdfDistance, chiSquareFit, kolmogorovSf, type OrderedSample, quantileCuts } from "@kedge/stats";
import { countsOf } from "./counted.js";

/*
 * What widely used monitors do by default, written anew from their documentation, to stand beside our figures. They live here alone:
 * nothing of the product calls them.
 */

/** Flags every window: the least that a power or a delay has to be held against. */
export const alwaysFires = (): boolean => true;

/** Kolmogorov-Smirnov at .05 as if sketches were samples of all their rows (whylogs, on profiles). */
export function uncorrectedSketchKs(a: OrderedSample, b: OrderedSample): boolean {
  return kolmogorovSf(cdfDistance(a, b) * Math.sqrt((a.rows * b.rows) / (a.rows + b.rows))) < 0.05;
}

/** Chi-square at .05 with the reference's shares taken for the truth (Evidently and whylogs, for categories). */
export function goodnessOfFit(reference: readonly number[], current: readonly number[]): boolean {
  return chiSquareFit(current, reference).pValue < 0.05;
}

/** ∫ |F − G| of two ascending samples, in the unit of the values. */
function earthMovers(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let i = 0;
  let j = 0;
  let sum = 0;
  let at = Math.min(a[0] as number, b[0] as number);
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    sum += Math.abs(i / a.length - j / b.length) * (next - at);
    at = next;
    while (i < a.length && a[i] === at) i += 1;
    while (j < b.length && b[j] === at) j += 1;
  }
  return sum;
}

/** The earth mover's distance over the reference's standard deviation, above .1 (Evidently, for numbers from 1,000 reference rows on). Ascending samples. */
export function distanceAboveTenth(reference: ArrayLike<number>, current: ArrayLike<number>): boolean {
  let mean = 0;
  for (let i = 0; i < reference.length; i += 1) mean += (reference[i] as number) / reference.length;
  let square = 0;
  for (let i = 0; i < reference.length; i += 1) square += ((reference[i] as number) - mean) ** 2 / reference.length;
  return earthMovers(reference, current) / Math.sqrt(square) > 0.1;
}

/** The population stability index above .1, on tenths of the reference with empty ones at .0001 (the credit trade's rule). */
export function stabilityAboveTenth(reference: ArrayLike<number>, current: ArrayLike<number>): boolean {
  const cuts = quantileCuts(reference, 10);
  const share = (values: ArrayLike<number>): number[] => countsOf(cuts, values).map((c) => Math.max(c / values.length, 1e-4));
  const [p, q] = [share(reference), share(current)];
  return p.reduce((sum, x, i) => sum + (x - (q[i] as number)) * Math.log(x / (q[i] as number)), 0) > 0.1;
}
