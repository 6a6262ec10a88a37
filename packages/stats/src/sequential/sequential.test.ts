import { normal, type Random, seededRandom } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { type BettingPlan, bettingEValue, planBets, robertsValue, startBetting, stepBetting } from "./betting.js";
import { meanInterval, shareSequence, startMeanSequence, stepMeanSequence } from "./confidence-sequence.js";
import { startTwoSample, stepTwoSample, type TwoSampleSide, type TwoSampleState, twoSampleEValue } from "./two-sample.js";

const cuts = [-1.28, -0.84, -0.52, -0.25, 0, 0.25, 0.52, 0.84, 1.28];
const plan: BettingPlan = { shares: [0.1003, 0.2005, 0.3015, 0.4013, 0.5, 0.5987, 0.6985, 0.7995, 0.8997], delta: 0.02 };

function below(rows: number, draw: () => number): number[] {
  const values = Array.from({ length: rows }, draw);
  return cuts.map((cut) => values.filter((v) => v <= cut).length);
}

/** Windows of 100 rows until the e-value reaches 1/α, or ∞. */
function windowsUntil(limit: number, random: Random, shift: (window: number) => number, unit: "row" | "window" = "row", most = 100): number {
  let state = startBetting({ ...plan, unit });
  for (let window = 1; window <= most; window += 1) {
    state = stepBetting(
      { ...plan, unit },
      state,
      below(100, () => normal(random) + shift(window)),
      100,
    );
    if (bettingEValue(state) >= limit) return window;
  }
  return Number.POSITIVE_INFINITY;
}

describe("betting", () => {
  test("comes to the same bits when the plan is worked out beforehand", () => {
    const random = seededRandom(6);
    for (const unit of ["row", "window"] as const) {
      let [plain, planned] = [startBetting({ ...plan, unit }), startBetting({ ...plan, unit })];
      for (let window = 0; window < 100; window += 1) {
        const hits = below(100, () => normal(random) + window / 200);
        plain = stepBetting({ ...plan, unit }, plain, hits, 100);
        planned = stepBetting(planBets({ ...plan, unit }), planned, hits, 100);
        expect(planned).toEqual(plain);
      }
    }
  });

  test("capital is neither made nor lost while it waits for a change: where no bet can be made it stays 1, however long", () => {
    const idle: BettingPlan = { shares: [0.5], delta: 0.5 };
    let state = startBetting(idle);
    for (let window = 1; window <= 20_000; window += 1) {
      state = stepBetting(idle, state, [50], 100);
      if (window < 5 || window % 5_000 === 0) expect(bettingEValue(state)).toBeCloseTo(1, 9);
    }
  });

  test("without a change, even a harmless one, hardly any stream ever reaches 1/α", () => {
    const random = seededRandom(1);
    let crossed = 0;
    for (let i = 0; i < 60; i += 1) if (windowsUntil(20, random, () => (i % 2 === 0 ? 0 : 0.02)) < Number.POSITIVE_INFINITY) crossed += 1;
    // Ville: at most .05 of 60 in the mean; 9 would be beyond three standard errors.
    expect(crossed).toBeLessThan(9);
  });

  test("a change is found, early or late in the stream, by rows and by windows", () => {
    const random = seededRandom(2);
    expect(windowsUntil(1_000, random, () => 0.5)).toBeLessThan(8);
    expect(windowsUntil(1_000, random, (window) => (window > 60 ? 0.5 : 0)) - 60).toBeLessThan(12);
    expect(windowsUntil(1_000, random, () => 0.8, "window")).toBeLessThan(60);
  });

  test("starts at one, and windows without rows change nothing", () => {
    const start = startBetting(plan);
    expect(bettingEValue(start)).toBe(1);
    expect(robertsValue(start)).toBe(0);
    expect(
      stepBetting(
        plan,
        start,
        below(0, () => 0),
        0,
      ),
    ).toBe(start);
    expect(bettingEValue(startBetting({ shares: [], delta: 0.1 }))).toBe(1);
  });

  test("counts that cannot be do no harm", () => {
    const state = stepBetting(plan, startBetting(plan), [-5, 1e9], 10);
    expect(Number.isFinite(bettingEValue(state))).toBe(true);
  });

  test("the expected gain of every bet is at most one at the edge of the null", () => {
    // One cut, one row: the mean over both outcomes at F = share ± delta is exactly one for the side that is at its bound.
    const one: BettingPlan = { shares: [0.3], delta: 0.05 };
    for (const truth of [0.25, 0.3, 0.35]) {
      const values = [0, 1].map((hit) => bettingEValue(stepBetting(one, startBetting(one), [hit], 1)));
      expect((values[0] as number) * (1 - truth) + (values[1] as number) * truth).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  test("the Shiryaev-Roberts statistic grows by about one a window without a change, and fast with one", () => {
    const random = seededRandom(3);
    let quiet = startBetting(plan);
    let loud = startBetting(plan);
    for (let window = 0; window < 50; window += 1) {
      quiet = stepBetting(
        plan,
        quiet,
        below(100, () => normal(random)),
        100,
      );
      loud = stepBetting(
        plan,
        loud,
        below(100, () => normal(random) + (window >= 40 ? 0.5 : 0)),
        100,
      );
    }
    expect(robertsValue(quiet)).toBeLessThan(500);
    expect(robertsValue(loud)).toBeGreaterThan(1_000);
  });

  test("evidence beyond a double's range stays a number", () => {
    let state = startBetting(plan);
    for (let i = 0; i < 50; i += 1)
      state = stepBetting(
        plan,
        state,
        cuts.map(() => 0),
        10_000,
      );
    expect(Number.isFinite(bettingEValue(state)) && bettingEValue(state) > 1e100).toBe(true);
  });
});

describe("two samples", () => {
  function run(random: Random, shareA: number, shareB: number, side: TwoSampleSide, blocks = 60): TwoSampleState {
    let state = startTwoSample;
    for (let i = 0; i < blocks && twoSampleEValue(state) < 20; i += 1) {
      const hits = (share: number): number => Array.from({ length: 40 }, () => (random() < share ? 1 : 0)).filter((v) => v === 1).length;
      state = stepTwoSample(state, { successesA: hits(shareA), trialsA: 40, successesB: hits(shareB), trialsB: 40 }, side);
    }
    return state;
  }

  test("equal shares hardly ever reach 1/α, however long one looks", () => {
    const random = seededRandom(4);
    let crossed = 0;
    for (let i = 0; i < 100; i += 1) if (twoSampleEValue(run(random, 0.9, 0.9, "both")) >= 20) crossed += 1;
    expect(crossed).toBeLessThan(12);
  });

  test("a worse canary is found; a better one is no harm", () => {
    const random = seededRandom(5);
    expect(twoSampleEValue(run(random, 0.7, 0.9, "a-less"))).toBeGreaterThanOrEqual(20);
    expect(twoSampleEValue(run(random, 0.9, 0.7, "a-less"))).toBeLessThan(20);
    expect(twoSampleEValue(run(random, 0.9, 0.7, "a-greater"))).toBeGreaterThanOrEqual(20);
  });

  test("a block without trials on one side changes nothing", () => {
    expect(stepTwoSample(startTwoSample, { successesA: 0, trialsA: 0, successesB: 1, trialsB: 2 })).toBe(startTwoSample);
  });
});

describe("confidence sequences", () => {
  test("a share's interval holds the truth at every look", () => {
    const random = seededRandom(6);
    let missed = 0;
    for (let stream = 0; stream < 200; stream += 1) {
      let hits = 0;
      for (let n = 1; n <= 300; n += 1) {
        if (random() < 0.3) hits += 1;
        if (n % 7 !== 0) continue;
        const [low, high] = shareSequence(hits, n);
        if (low > 0.3 || high < 0.3) {
          missed += 1;
          break;
        }
      }
    }
    expect(missed).toBeLessThan(20);
  });

  test("narrows with n, and its ends are exact", () => {
    const width = (n: number): number => shareSequence(0.8 * n, n)[1] - shareSequence(0.8 * n, n)[0];
    expect(width(10_000)).toBeLessThan(0.04);
    expect(width(10_000)).toBeLessThan(width(1_000));
    expect([shareSequence(0, 0), shareSequence(0, 9)[0], shareSequence(9, 9)[1]]).toEqual([[0, 1], 0, 1]);
  });

  test("a mean's interval holds the truth and is narrow where values vary little", () => {
    const random = seededRandom(7);
    const widths: number[] = [];
    for (const spread of [0.02, 0.5]) {
      let state = startMeanSequence;
      for (let i = 0; i < 2_000; i += 1) state = stepMeanSequence(state, 0.5 + spread * (random() - 0.5) * 2);
      const [low, high] = meanInterval(state);
      expect(low <= 0.5 && high >= 0.5).toBe(true);
      widths.push(high - low);
    }
    expect(widths[0]).toBeLessThan(0.03);
    expect(widths[1]).toBeLessThan(0.12);
  });

  test("values outside of 0…1 are counted and left out", () => {
    let state = startMeanSequence;
    for (const value of [Number.NaN, -1, 2, Number.POSITIVE_INFINITY]) state = stepMeanSequence(state, value);
    expect(state).toEqual({ ...startMeanSequence, ignored: 4 });
    expect(meanInterval(state)).toEqual([0, 1]);
  });
});
