import { expect, test } from "vitest";
import { poissonInterval } from "./rates.js";

// Exact (Garwood 1936), from scipy.stats.chi2.ppf.
test.each([
  [0, 0, 3.689],
  [1, 0.0253, 5.572],
  [5, 1.623, 11.668],
  [20, 12.217, 30.888],
  [100, 81.364, 121.627],
])("the interval of %i events is nearly the exact one", (count, low, high) => {
  const interval = poissonInterval(count);
  expect(interval[0]).toBeCloseTo(low, 1);
  expect(Math.abs(interval[1] / high - 1)).toBeLessThan(0.01);
});
