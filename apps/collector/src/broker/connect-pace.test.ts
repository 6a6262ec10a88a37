import { manualClock } from "@kedge/testkit";
import { expect, test } from "vitest";
import { ConnectPace } from "./connect-pace.js";

const limits = { connectBurst: 3, connectEveryMs: 1_000, connectHoldMs: 2_500 };

test("a device may connect so many times at once, waits then longer and longer, and is refused when it would wait too long", () => {
  const pace = new ConnectPace(limits, manualClock());
  const waits = Array.from({ length: 7 }, () => pace.next("a"));
  expect(waits.map((w) => w.waitMs)).toEqual([0, 0, 0, 1_000, 2_000, 2_500, 2_500]);
  expect(waits.map((w) => w.isLetIn)).toEqual([true, true, true, true, true, false, false]);
  expect(pace.next("b")).toEqual({ waitMs: 0, isLetIn: true });
});

test("time gives back what was taken, and no more; a refusal takes nothing", () => {
  const clock = manualClock();
  const pace = new ConnectPace(limits, clock);
  for (let i = 0; i < 9; i += 1) pace.next("a");
  clock.advance(3_000);
  // Two were promised beyond the burst.
  expect(pace.next("a")).toEqual({ waitMs: 0, isLetIn: true });
  expect(pace.next("a")).toEqual({ waitMs: 1_000, isLetIn: true });
  clock.advance(1_000_000);
  expect(Array.from({ length: 4 }, () => pace.next("a").waitMs)).toEqual([0, 0, 0, 1_000]);
});

test("in a tight loop a device gets in once in each interval, however fast it comes", () => {
  const clock = manualClock();
  const pace = new ConnectPace(limits, clock);
  let letIn = 0;
  for (let ms = 0; ms < 100_000; ms += 50) {
    if (pace.next("a").isLetIn) letIn += 1;
    clock.advance(50);
  }
  expect(letIn).toBeGreaterThanOrEqual(100);
  expect(letIn).toBeLessThanOrEqual(100 + 3 + 3);
});
