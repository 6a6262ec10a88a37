import fc from "fast-check";
import { expect, test } from "vitest";
import { applyIsotonicMap, fitIsotonicMap, isotonicRegression } from "./isotonic.js";

fc.configureGlobal({ seed: 20_260_101 });

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 });

test("a textbook case", () => {
  expect(isotonicRegression([1, 3, 2, 4, 3, 5])).toEqual([1, 2.5, 2.5, 3.5, 3.5, 5]);
  expect(isotonicRegression([3, 1], [1, 3])).toEqual([1.5, 1.5]);
  expect(isotonicRegression([])).toEqual([]);
});

test("never descends, keeps the mean, and leaves an ascending sequence as it is", () => {
  fc.assert(
    fc.property(values, (y) => {
      const fit = isotonicRegression(y);
      const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
      expect(fit).toHaveLength(y.length);
      expect(fit.every((v, i) => i === 0 || v >= (fit[i - 1] ?? 0))).toBe(true);
      expect(Math.abs(sum(fit) - sum(y))).toBeLessThan(1e-9 * (1 + y.length * 100));
      const sorted = [...y].sort((a, b) => a - b);
      expect(isotonicRegression(sorted).every((v, i) => Math.abs(v - (sorted[i] ?? 0)) < 1e-9)).toBe(true);
    }),
  );
});

test("a map calibrates: equal scores share their mean outcome, and it is linear between and flat beyond", () => {
  const map = fitIsotonicMap([0.2, 0.8, 0.2, 0.8, 0.5], [0, 1, 1, 1, 0.6]);
  expect(map).toEqual({ inputs: [0.2, 0.5, 0.8], outputs: [0.5, 0.6, 1] });
  expect([-1, 0.2, 0.35, 0.65, 0.8, 9].map((s) => applyIsotonicMap(map, s))).toEqual([0.5, 0.5, 0.55, 0.8, 1, 1].map((v) => expect.closeTo(v, 12)));
});

test("knots inside of a flat stretch are dropped", () => {
  expect(fitIsotonicMap([1, 2, 3, 4, 5], [1, 1, 1, 1, 2]).inputs).toEqual([1, 4, 5]);
});

test("pairs with a NaN or without weight are left out, and an empty map knows nothing", () => {
  expect(fitIsotonicMap([1, Number.NaN, 2, 3], [0, 1, Number.NaN, 1])).toEqual({ inputs: [1, 3], outputs: [0, 1] });
  expect(fitIsotonicMap([1, 2], [5, 7], [1, 0])).toEqual({ inputs: [1], outputs: [5] });
  expect(applyIsotonicMap(fitIsotonicMap([], []), 1)).toBeNaN();
  expect(applyIsotonicMap({ inputs: [1], outputs: [5] }, Number.NaN)).toBeNaN();
});
