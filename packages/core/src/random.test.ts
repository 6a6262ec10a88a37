import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normal, randomInt, seededRandom, shuffled } from "./random.js";

describe("seeded random", () => {
  test("the same seed gives the same sequence; the sequence is pinned, since published figures rest on it", () => {
    const a = seededRandom(7);
    const b = seededRandom(7);
    const first = Array.from({ length: 5 }, () => a());
    expect(Array.from({ length: 5 }, () => b())).toEqual(first);
    expect(seededRandom(8)()).not.toBe(first[0]);
  });

  test("uniform: mean 1/2 and variance 1/12 within five standard errors, and a flat chi-square over 64 cells", () => {
    const random = seededRandom(1);
    const n = 200_000;
    const cells = new Array<number>(64).fill(0);
    let sum = 0;
    for (let i = 0; i < n; i += 1) {
      const x = random();
      sum += x;
      cells[Math.floor(x * 64)] = (cells[Math.floor(x * 64)] ?? 0) + 1;
    }
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    const chi2 = cells.reduce((s, c) => s + (c - n / 64) ** 2 / (n / 64), 0);
    // chi-square of 63 degrees of freedom: mean 63, sd 11.2.
    expect(chi2).toBeLessThan(63 + 5 * 11.3);
    expect(chi2).toBeGreaterThan(63 - 5 * 11.3);
  });

  test("normal: mean 0, variance 1 within five standard errors", () => {
    const random = seededRandom(2);
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i += 1) {
      const x = normal(random);
      sum += x;
      squares += x * x;
    }
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  test("shuffled keeps every item, and randomInt stays below its bound", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 1000 }), fc.integer(), (items, below, seed) => {
        const random = seededRandom(seed);
        expect(shuffled(items, random).sort((a, b) => a - b)).toEqual(items.slice().sort((a, b) => a - b));
        const x = randomInt(random, below);
        expect(Number.isInteger(x) && x >= 0 && x < below).toBe(true);
      }),
      { seed: 1 },
    );
  });
});
