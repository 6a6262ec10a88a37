import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPace, type Pace, startPace } from "./pace.js";

test("waits out each period", () => {
  let pace: Pace = startPace(4, 100);
  const waits: number[] = [];
  for (const nowMs of [100, 110, 600, 600]) {
    const next = nextPace(pace, nowMs);
    waits.push(next.waitMs);
    pace = next.pace;
  }
  expect(waits).toEqual([0, 240, 0, 250]);
});

test("goes on from now after a long stop, without a burst", () => {
  const { waitMs, pace } = nextPace(startPace(10, 0), 60_000);
  expect(waitMs).toBe(0);
  expect(nextPace(pace, 60_000).waitMs).toBe(100);
});

test("when obeyed, gives the asked rate over any time", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 5000, noNaN: true }), (perSecond) => {
      let nowMs = 0;
      let pace = startPace(perSecond, 0);
      for (let i = 0; i < 200; i += 1) {
        const next = nextPace(pace, nowMs);
        nowMs += next.waitMs;
        pace = next.pace;
      }
      expect(nowMs).toBeCloseTo((199 * 1000) / perSecond, 3);
    }),
    { seed: 6 },
  );
});
