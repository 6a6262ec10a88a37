import { normal, type Random, seededRandom } from "@kedge/core";
import { countVector } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binIndex, quantileCuts } from "../cut-points.js";
import { cauchyCombination } from "../multiplicity.js";
import { chiSquareFit, chiSquareHomogeneity } from "./chi-square.js";
import { fisherExact } from "./fisher-exact.js";
import { exactKolmogorovSf, kolmogorovSmirnov, orderedSample, sketchSampleSize } from "./kolmogorov-smirnov.js";
import { neymanSmooth } from "./neyman-smooth.js";
import { compareProportions, exactInterval, wilsonInterval } from "./proportions.js";

fc.configureGlobal({ seed: 20_260_101 });

const tests = { chiSquareHomogeneity, neymanSmooth };

function counted(cuts: readonly number[], n: number, draw: () => number): number[] {
  const counts = new Array<number>(cuts.length + 1).fill(0);
  for (let i = 0; i < n; i += 1) {
    const bin = binIndex(cuts, draw());
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

const thirtyTwo = quantileCuts(
  Array.from({ length: 20_000 }, (_, i) => i / 20_000),
  32,
);

/** How often `test` says p ≤ .05 for a window of `n` against a reference of `m` rows. */
function alarmRate(test: (a: number[], b: number[]) => number, sizes: readonly [n: number, m: number], trials: number, random: Random, draw = random): number {
  let alarms = 0;
  for (let i = 0; i < trials; i += 1) if (test(counted(thirtyTwo, sizes[0], draw), counted(thirtyTwo, sizes[1], random)) <= 0.05) alarms += 1;
  return alarms / trials;
}

const combined = (a: number[], b: number[]): number => cauchyCombination([neymanSmooth(a, b).pValue, chiSquareHomogeneity(a, b).pValue]);

describe("tests on counts", () => {
  test.each(Object.entries(tests))("%s: nothing against something is no evidence", (_, run) => {
    for (const [a, b] of [
      [[], []],
      [
        [0, 0],
        [3, 4],
      ],
      [[5], [9]],
      [
        [0, 7],
        [0, 3],
      ],
    ] as const)
      expect(run(a, b)).toMatchObject({ statistic: 0, degrees: 0, pValue: 1 });
  });

  test.each(Object.entries(tests))("%s: symmetric, and never NaN", (_, run) => {
    fc.assert(
      fc.property(countVector(12), countVector(12), (a, b) => {
        const [one, two] = [run(a, b), run(b, a)];
        expect(one.pValue >= 0 && one.pValue <= 1).toBe(true);
        expect(Math.abs(one.statistic - two.statistic)).toBeLessThan(1e-6 * (1 + one.statistic));
      }),
    );
  });

  test.each([
    ["neyman", (a: number[], b: number[]) => neymanSmooth(a, b).pValue],
    ["chi-square", (a: number[], b: number[]) => chiSquareHomogeneity(a, b).pValue],
    ["both combined", combined],
  ])("%s keeps its level on small and large windows", (_, run) => {
    for (const n of [50, 200, 500]) {
      const rate = alarmRate(run, [n, 2_000], 600, seededRandom(n));
      // .05 and 3.5 standard errors of 600 trials.
      expect(rate, `n ${n}`).toBeLessThan(0.081);
      expect(rate, `n ${n}`).toBeGreaterThan(0.019);
    }
  });

  test("Neyman sees a shift that chi-square on 32 bins misses, chi-square the spike that Neyman misses", () => {
    const random = seededRandom(3);
    const shifted = (): number => Math.min(0.999, random() ** 1.2);
    const spiked = (): number => (random() < 0.05 ? 0.501 : random());
    const p = (run: (a: number[], b: number[]) => { pValue: number }, draw: () => number): number =>
      alarmRate((a, b) => run(a, b).pValue, [500, 5_000], 60, random, draw);
    expect(p(neymanSmooth, shifted)).toBeGreaterThan(p(chiSquareHomogeneity, shifted) + 0.1);
    expect(p(chiSquareHomogeneity, spiked)).toBeGreaterThan(p(neymanSmooth, spiked) + 0.4);
  });

  test("thin cells are pooled with a neighbour, or with the next rarest", () => {
    const a = [40, 1, 1, 40, 1, 2, 40];
    const b = [40, 2, 0, 40, 3, 1, 40];
    expect(chiSquareHomogeneity(a, b).degrees).toBe(2);
    expect(chiSquareHomogeneity(a, b, { cells: "nominal" }).degrees).toBe(3);
    expect(chiSquareHomogeneity(a, b, { minExpected: 0 }).degrees).toBe(6);
  });

  test("a category the reference never had is seen", () => {
    expect(chiSquareHomogeneity([50, 50, 40], [500, 500, 0], { cells: "nominal" }).pValue).toBeLessThan(1e-10);
    expect(chiSquareFit([5, 5, 1], [0.5, 0.5, 0]).pValue).toBe(0);
  });
});

describe("Kolmogorov-Smirnov", () => {
  test("the smallest cases, counted by hand", () => {
    // Of the C(4,2) = 6 orders of two and two, two part them wholly, and in every one D ≥ ½.
    expect(exactKolmogorovSf(2, 2, 1)).toBeCloseTo(2 / 6, 12);
    expect(exactKolmogorovSf(2, 2, 0.5)).toBeCloseTo(1, 12);
    expect(kolmogorovSmirnov(orderedSample([1, 2]), orderedSample([3, 4]))).toEqual({ statistic: 1, pValue: expect.closeTo(1 / 3, 12), effectiveRows: 1 });
  });

  test("ties are taken together, NaN and infinities left out, an empty side is no evidence", () => {
    expect(kolmogorovSmirnov(orderedSample([1, 1, 1]), orderedSample([1, 1, Number.NaN])).statistic).toBe(0);
    expect(kolmogorovSmirnov(orderedSample([]), orderedSample([1])).pValue).toBe(1);
  });

  test("a weight stands for so many rows", () => {
    const plain = kolmogorovSmirnov(orderedSample([1, 1, 2, 5]), orderedSample([2, 3, 3]));
    const weighted = kolmogorovSmirnov({ values: [1, 2, 5], weights: [2, 1, 1], rows: 4 }, orderedSample([2, 3, 3]));
    expect(weighted).toEqual(plain);
  });

  test("a sketch counts as the sample of its rank error", () => {
    expect(sketchSampleSize(200)).toBeCloseTo(14_995, -1);
    expect(sketchSampleSize(1_024)).toBeCloseTo(359_083, -2);
    const rows = { values: [0, 1], weights: [50_000, 50_000], rows: 100_000 };
    expect(kolmogorovSmirnov({ ...rows, sketchRows: 14_995 }, rows).effectiveRows).toBeCloseTo(1 / (2 / 100_000 + 1 / 14_995), 6);
  });

  test("keeps its level on raw rows", () => {
    const random = seededRandom(9);
    const sample = (n: number) => orderedSample(Array.from({ length: n }, () => normal(random)));
    let alarms = 0;
    for (let i = 0; i < 1_000; i += 1) if (kolmogorovSmirnov(sample(80), sample(90)).pValue <= 0.05) alarms += 1;
    expect(alarms).toBeLessThan(75);
    expect(alarms).toBeGreaterThan(20);
  });
});

describe("shares", () => {
  test("intervals hold the truth as often as they say", () => {
    const random = seededRandom(21);
    const missed = [0, 0];
    for (let trial = 0; trial < 2_000; trial += 1) {
      let k = 0;
      for (let i = 0; i < 60; i += 1) if (random() < 0.13) k += 1;
      [wilsonInterval, exactInterval].forEach((interval, which) => {
        const [low, high] = interval(k, 60);
        if (low > 0.13 || high < 0.13) missed[which] = (missed[which] ?? 0) + 1;
      });
    }
    expect(missed[0]).toBeLessThan(0.065 * 2_000);
    expect(missed[1]).toBeLessThanOrEqual(0.055 * 2_000);
  });

  test("the ends are exact and an empty trial knows nothing", () => {
    for (const interval of [wilsonInterval, exactInterval]) {
      expect(interval(0, 20)[0]).toBe(0);
      expect(interval(20, 20)[1]).toBe(1);
      expect(interval(0, 0)).toEqual([0, 1]);
    }
  });

  test("comparison: sign, sides and the empty trial", () => {
    const worse = compareProportions(400, 500, 450, 500);
    expect(worse.difference).toBeCloseTo(-0.1, 12);
    expect(worse.pLess).toBeLessThan(0.001);
    expect(worse.pLess + worse.pGreater).toBeCloseTo(1, 12);
    expect(worse.interval[1]).toBeLessThan(0);
    expect(compareProportions(0, 0, 3, 4)).toMatchObject({ pTwoSided: 1, interval: [-1, 1] });
    expect(compareProportions(5, 5, 9, 9).pTwoSided).toBe(1);
  });

  test("Newcombe's published interval: 56/70 against 48/80", () => {
    const { interval } = compareProportions(56, 70, 48, 80);
    expect(interval[0]).toBeCloseTo(0.0524, 4);
    expect(interval[1]).toBeCloseTo(0.3339, 4);
  });

  test("Fisher: the two sides overlap in the table itself, and swapping rows swaps the sides", () => {
    const cell = fc.nat({ max: 60 });
    fc.assert(
      fc.property(cell, cell, cell, cell, (a, b, c, d) => {
        const [one, other] = [fisherExact(a, b, c, d), fisherExact(c, d, a, b)];
        expect(one.pLess).toBeCloseTo(other.pGreater, 9);
        expect(one.pTwoSided).toBeCloseTo(other.pTwoSided, 9);
        expect(one.pLess + one.pGreater).toBeGreaterThanOrEqual(1 - 1e-9);
        expect(one.pTwoSided).toBeGreaterThanOrEqual(Math.min(1, Math.min(one.pLess, one.pGreater)) - 1e-9);
      }),
    );
  });

  test("Fisher stays quick and right at a million rows", () => {
    const big = fisherExact(500_000, 500_000, 501_000, 499_000);
    expect(Math.abs(big.pTwoSided / compareProportions(500_000, 1e6, 501_000, 1e6).pTwoSided - 1)).toBeLessThan(0.02);
  });
});
