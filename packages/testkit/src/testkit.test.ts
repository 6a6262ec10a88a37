import { isLabelKey, isLabelValue, parseDeviceId, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { abruptStream, autoregressiveStream, bernoulli, deviceId, gaussian, labels, manualClock, nastyFloat } from "./index.js";

fc.configureGlobal({ seed: 20_260_101 });

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

test("the clock moves only when told, and the wall clock may jump alone", () => {
  const clock = manualClock(1_000);
  clock.advance(250);
  clock.setWall(5);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([5, 250]);
});

test("device ids and labels are valid ones", () => {
  fc.assert(fc.property(deviceId(), (id) => parseDeviceId(id) === id));
  fc.assert(fc.property(labels(), (set) => Object.entries(set).every(([k, v]) => isLabelKey(k) && isLabelValue(v))));
});

test("nasty floats hold what breaks sums", () => {
  const seen = fc.sample(nastyFloat(), { seed: 7, numRuns: 2_000 });
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, Number.MAX_VALUE])
    expect(seen.some((v) => Object.is(v, value))).toBe(true);
});

test("streams change where they say", () => {
  const stream = abruptStream(bernoulli(0.1), gaussian(5, 0.1), { length: 400, changeAt: 300 }, seededRandom(1));
  expect(stream.slice(0, 300).every((v) => v === 0 || v === 1)).toBe(true);
  expect(Math.abs(mean(stream.slice(300)) - 5)).toBeLessThan(0.1);
});

test("the autoregressive stream has the correlation asked for", () => {
  const series = autoregressiveStream(20_000, 0.9, seededRandom(2));
  const lagged = mean(series.slice(1).map((v, i) => v * (series[i] ?? 0)));
  expect(Math.abs(lagged - 0.9)).toBeLessThan(0.1);
});
