import type { DeviceId } from "@kedge/core";
import { expect, test } from "vitest";
import { firstDelayMs } from "./first-delay.js";

const fleet = Array.from({ length: 5_000 }, (_, i) => `cam-${i}` as DeviceId);

test("devices that boot together spread their first try evenly, each to its own place", () => {
  const delays = fleet.map((id) => firstDelayMs(id, { splayMs: 30_000, uptimeMs: 20_000 }));
  expect(delays).toEqual(fleet.map((id) => firstDelayMs(id, { splayMs: 30_000, uptimeMs: 100 })));
  const perSecond = Array.from({ length: 30 }, (_, s) => delays.filter((ms) => Math.floor(ms / 1_000) === s).length);
  // 5,000 over 30 seconds: 167 in each, with a standard deviation of 12.7; five of them.
  for (const count of perSecond) expect(Math.abs(count - 167)).toBeLessThan(64);
});

test("an agent that is started on a machine that has been up does not wait; nor does one without a splay", () => {
  for (const id of fleet.slice(0, 50)) {
    expect(firstDelayMs(id, { splayMs: 30_000, uptimeMs: 3_600_000 })).toBe(0);
    expect(firstDelayMs(id, { splayMs: 0, uptimeMs: 0 })).toBe(0);
  }
});
