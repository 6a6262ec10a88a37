import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptanceSchema, comparePaired, judgeCandidate, type PairedCorrectness } from "./acceptance.js";

/** Pairs by how many frames both, only the running, only the candidate, and neither got right. */
function pairs(both: number, onlyRunning: number, onlyCandidate: number, neither: number): PairedCorrectness {
  const cells: [number, boolean, boolean][] = [
    [both, true, true],
    [onlyRunning, true, false],
    [onlyCandidate, false, true],
    [neither, false, false],
  ];
  const list = cells.flatMap(([n, a, b]) => Array.from({ length: n }, () => [a, b] as const));
  return { running: list.map(([a]) => a), candidate: list.map(([, b]) => b) };
}

const limits = acceptanceSchema.parse({});
const gain = pairs(40, 5, 50, 25);
const same = pairs(800, 20, 20, 160);

describe("comparePaired", () => {
  test("McNemar's exact test, one-sided", () => {
    // P(X ≥ 9 | 10, ½) = 11/1024; P(X ≥ 10) = 1/1024; P(X ≥ 5) = 638/1024.
    expect(comparePaired(pairs(0, 1, 9, 0)).pValue).toBeCloseTo(11 / 1024, 12);
    expect(comparePaired(pairs(3, 0, 10, 3)).pValue).toBeCloseTo(1 / 1024, 12);
    expect(comparePaired(pairs(3, 5, 5, 3)).pValue).toBeCloseTo(638 / 1024, 12);
    expect(comparePaired(pairs(3, 5, 0, 3)).pValue).toBe(1);
    expect(comparePaired(pairs(3, 0, 0, 3)).pValue).toBe(1);
  });

  test("shares, their difference and its interval", () => {
    const found = comparePaired(gain);
    expect(found).toMatchObject({ frames: 120, onlyRunning: 5, onlyCandidate: 50, running: 45 / 120, candidate: 90 / 120 });
    expect(found.difference).toBeCloseTo(45 / 120, 12);
    // Agresti & Min with half a frame in each cell, by hand: 45/122 ± 1.959964·√(56 − 45²/122)/122.
    expect(found.interval[0]).toBeCloseTo(45 / 122 - (1.959964 * Math.sqrt(56 - 2025 / 122)) / 122, 6);
    expect(found.interval[1]).toBeCloseTo(45 / 122 + (1.959964 * Math.sqrt(56 - 2025 / 122)) / 122, 6);
  });

  test("no frames give no difference and know nothing", () => {
    expect(comparePaired(pairs(0, 0, 0, 0))).toMatchObject({ frames: 0, difference: 0, pValue: 1, running: 0 });
  });

  test("swapping the models mirrors the numbers; more gain never makes p larger", () => {
    const n = fc.nat(60);
    fc.assert(
      fc.property(n, n, n, n, (a, b, c, d) => {
        const [one, other] = [comparePaired(pairs(a, b, c, d)), comparePaired(pairs(a, c, b, d))];
        expect(one.difference).toBeCloseTo(-other.difference, 12);
        expect(one.interval[0]).toBeCloseTo(-other.interval[1], 12);
        expect(one.interval[0]).toBeLessThanOrEqual(one.difference + 1e-12);
        expect(one.interval[1]).toBeGreaterThanOrEqual(one.difference - 1e-12);
        expect(comparePaired(pairs(a, b, c + 1, d)).pValue).toBeLessThanOrEqual(one.pValue + 1e-12);
      }),
      { seed: 3 },
    );
  });
});

describe("judgeCandidate", () => {
  test("passes what beats the running model and keeps the clean frames", () => {
    const result = judgeCandidate(gain, same, limits);
    expect(result).toMatchObject({ passed: true, faults: [] });
    expect(result.sentence).toBe(
      "The candidate passes. Drifted: 37.5 % → 75.0 % on 120 frames (+37.5 points, 95 % +26.8 to +47.0); clean: 82.0 % → 82.0 % on 1000 frames (+0.0 points, 95 % −1.3 to +1.3).",
    );
  });

  test("a point lost on the clean frames is allowed, one frame more is not", () => {
    expect(judgeCandidate(gain, pairs(800, 30, 20, 150), limits).passed).toBe(true);
    const lost = judgeCandidate(gain, pairs(800, 31, 20, 149), limits);
    expect(lost).toMatchObject({ passed: false, faults: ["loss-on-clean-frames"] });
    expect(lost.sentence).toContain("is rejected because more than 1.0 points lost on the clean frames.");
    expect(judgeCandidate(gain, pairs(800, 31, 20, 149), { ...limits, maxCleanLoss: 0.02 }).passed).toBe(true);
  });

  test("a gain that chance explains is none", () => {
    expect(judgeCandidate(pairs(50, 10, 14, 26), same, limits).faults).toEqual(["no-gain-on-drifted-frames"]);
    expect(judgeCandidate(pairs(50, 14, 10, 26), same, limits).faults).toEqual(["no-gain-on-drifted-frames"]);
  });

  test("too few frames are no evidence", () => {
    const few = judgeCandidate(pairs(0, 0, 29, 0), pairs(99, 0, 0, 0), limits);
    expect(few).toMatchObject({ passed: false, faults: ["too-few-drifted-frames", "too-few-clean-frames"] });
    expect(few.sentence).toContain("fewer than 30 drifted frames were held back and fewer than 100 clean frames were held back");
  });

  test("a candidate as good as the running model passes no more often than alpha", () => {
    // Of 2,000 draws of 40 frames on which the models differ by coin flips, 5 % may pass; 3σ above is 130.
    let passed = 0;
    let state = 42;
    const flip = (): boolean => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >= 2147483648;
    };
    for (let i = 0; i < 2000; i += 1) {
      const running = Array.from({ length: 40 }, flip);
      const clean = pairs(200, 0, 0, 0);
      if (judgeCandidate({ running, candidate: running.map((r) => (flip() ? r : !r)) }, clean, limits).passed) passed += 1;
    }
    expect(passed).toBeLessThan(130);
    expect(passed).toBeGreaterThan(10);
  });
});
