import { expect, test } from "vitest";
import { chanceLeave, meets } from "./figure.js";
import { measuredRate, measuredShare } from "./result.js";

test("rare events have Garwood's exact interval", () => {
  expect(measuredRate(0, 1)).toEqual({ count: 0, rate: 0, interval: [0, 3.6889] });
  expect(measuredRate(10, 1)).toEqual({ count: 10, rate: 10, interval: [4.7954, 18.3904] });
  expect(measuredRate(10, 100).interval).toEqual([0.048, 0.1839]);
});

test("shares have Wilson's interval", () => {
  expect(measuredShare(5, 10)).toEqual({ share: 0.5, trials: 10, interval: [0.2366, 0.7634] });
  expect(measuredShare(0, 0).share).toBe(0);
});

test("a bar is met at its limit, and a short trial has leave on the right side", () => {
  expect([meets(0.06, { atMost: 0.06 }), meets(0.0601, { atMost: 0.06 }), meets(0.9, { atLeast: 0.9 }), meets(0.89, { atLeast: 0.9 })]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(meets(0.89, { atLeast: 0.9 }, 0.02)).toBe(true);
  expect([15, 16, 24, 25].map((v) => meets(v, { atLeast: 16, atMost: 24 }))).toEqual([false, true, true, false]);
  expect(chanceLeave({ atMost: 0.5 }, 100)).toBeCloseTo(0.165, 6);
});
