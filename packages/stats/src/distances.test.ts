import { normal, seededRandom } from "@kedge/core";
import { countVector } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binIndex, quantileCuts } from "./cut-points.js";
import * as distances from "./distances.js";

fc.configureGlobal({ seed: 20_260_101 });

const { hellinger, jensenShannon, jensenShannonCorrected, kullbackLeibler, largestCdfShift, largestShareShift, populationStability, wasserstein } = distances;
const filled = countVector(8).filter((c) => c.some((v) => v > 0));

describe("every distance", () => {
  const all = { hellinger, jensenShannon, populationStability, wasserstein };

  test.each(Object.entries(all))("%s is 0 to itself, symmetric and never negative", (_, distance) => {
    fc.assert(
      fc.property(filled, filled, (a, b) => {
        // A square root turns one last bit of 1e-16 into 1e-8.
        expect(distance(a, a)).toBeCloseTo(0, 7);
        expect(distance(a, b)).toBeGreaterThanOrEqual(0);
        expect(Math.abs(distance(a, b) - distance(b, a))).toBeLessThan(1e-12);
      }),
    );
  });

  test("ignores scale where it compares shares", () => {
    fc.assert(
      fc.property(filled, filled, (a, b) => {
        const tenfold = a.map((v) => v * 10);
        for (const distance of [hellinger, jensenShannon, wasserstein]) expect(Math.abs(distance(tenfold, b) - distance(a, b))).toBeLessThan(1e-9);
      }),
    );
  });

  test("of disjoint samples is at its greatest", () => {
    expect(hellinger([5, 0], [0, 7])).toBe(1);
    expect(jensenShannon([5, 0], [0, 7])).toBeCloseTo(Math.LN2, 14);
    expect(wasserstein([5, 0, 0], [0, 0, 7])).toBe(1);
    expect(largestCdfShift([5, 0, 0], [0, 0, 7])).toEqual({ value: 1, index: 0 });
    expect(kullbackLeibler([5, 1], [0, 7])).toBe(Number.POSITIVE_INFINITY);
  });

  test("of an empty sample is NaN, not 0", () => {
    for (const distance of [hellinger, jensenShannon, kullbackLeibler, wasserstein]) expect(distance([0, 0], [1, 2])).toBeNaN();
    expect(largestShareShift([], [1]).value).toBeNaN();
  });
});

test("vectors of different length are compared as if padded", () => {
  expect(jensenShannon([1, 2], [1, 2, 0, 0])).toBe(0);
  expect(largestShareShift([1, 1], [1, 1, 2])).toEqual({ value: -0.5, index: 2 });
});

test("an empty cell costs PSI a finite amount", () => {
  expect(populationStability([100, 0], [90, 10])).toBeGreaterThan(0.1);
  expect(Number.isFinite(populationStability([100, 0], [0, 100]))).toBe(true);
});

test("Wasserstein counts in the unit of the positions", () => {
  expect(wasserstein([10, 0, 0], [0, 0, 10], [1, 5, 21])).toBe(20);
});

test("largest shifts carry the sign of a minus b", () => {
  expect(largestShareShift([8, 1, 1], [4, 1, 5]).value).toBeCloseTo(0.4, 12);
  expect(largestCdfShift([4, 1, 5], [8, 1, 1])).toEqual({ value: expect.closeTo(-0.4, 12), index: 0 });
});

test("the correction takes away what chance adds to Jensen-Shannon", () => {
  const random = seededRandom(11);
  const cuts = quantileCuts(
    Array.from({ length: 20_000 }, () => normal(random)),
    16,
  );
  const draw = (n: number): number[] => {
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < n; i += 1) {
      const bin = binIndex(cuts, normal(random));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  };
  let plain = 0;
  let corrected = 0;
  for (let trial = 0; trial < 400; trial += 1) {
    const [a, b] = [draw(200), draw(1_000)];
    plain += jensenShannon(a, b) / 400;
    corrected += jensenShannonCorrected(a, b) / 400;
  }
  expect(plain).toBeGreaterThan(0.009);
  expect(Math.abs(corrected)).toBeLessThan(0.001);
});

test("Kullback-Leibler splits exactly over groups", () => {
  fc.assert(
    fc.property(countVector(6, 500), countVector(6, 500), (left, right) => {
      const [a, b] = [left.map((v) => v + 1), right.map((v) => v + 1)];
      const q = [1, 2, 3, 4, 5, 6];
      const n = (c: readonly number[]): number => c.reduce((s, v) => s + v, 0);
      const both = a.map((v, i) => v + (b[i] ?? 0));
      const whole = n(a) * kullbackLeibler(a, q) + n(b) * kullbackLeibler(b, q);
      const split = n(both) * kullbackLeibler(both, q) + n(a) * kullbackLeibler(a, both) + n(b) * kullbackLeibler(b, both);
      expect(Math.abs(whole - split)).toBeLessThan(1e-8 * (1 + whole));
    }),
  );
});
