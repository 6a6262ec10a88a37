import type { Interval } from "./proportions.js";

/** A 95 % interval for the mean of a count of independent events, by Byar's approximation to the exact one (Breslow & Day 1987): within 1 % of it. */
export function poissonInterval(count: number): Interval {
  const z = 1.959964;
  const bound = (n: number, side: 1 | -1): number => n * (1 - 1 / (9 * n) + (side * z) / (3 * Math.sqrt(n))) ** 3;
  return [count === 0 ? 0 : Math.max(0, bound(count, -1)), bound(count + 1, 1)];
}
