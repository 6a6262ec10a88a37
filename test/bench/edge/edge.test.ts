import { describe, expect, test } from "vitest";
import { alarmRate } from "./alarm-rate.js";
import { budgetMonth } from "./budget-month.js";
import { watchCost } from "./cost.js";
import { bytesOfADay, delays } from "./delays.js";

describe("on the device", () => {
  test("four detectors hold less than 2 kB", () => {
    const cost = watchCost(10_000, 3, 3);
    expect(cost.streams).toBe(4);
    expect(cost.stateBytes).toBeLessThan(2_048);
  });

  test("false alarms of a fleet are as many as were wanted", () => {
    const { wanted, perFleetDay, fleetDays } = alarmRate({ fleetDays: 0.2, wanted: 500 }, 7);
    // Within 20 %, and four standard deviations of a Poisson count of so few days.
    const chance = 4 * Math.sqrt(wanted / fleetDays);
    expect(perFleetDay).toBeGreaterThan(0.8 * wanted - chance);
    expect(perFleetDay).toBeLessThan(1.2 * wanted + chance);
  });

  test("a drift of the answers is found as soon as by sending everything, at a tenth of the bytes", () => {
    const { found, trials, ratio } = delays({ contrast: 0.5, shift: 0 }, 1, 90);
    expect(found).toBe(trials);
    expect(ratio).toBeLessThanOrEqual(1.2);
  });

  test("a day with a change costs a tenth of the bytes", () => {
    expect(bytesOfADay(10, 7).ratio).toBeLessThanOrEqual(0.1);
  });
});

describe("a byte budget", () => {
  test.each([
    [60_000, null],
    [200_000, 900_000],
  ])("of %i bytes a day with heartbeats of %s ms is kept, and every row arrives", (bytesPerDay, heartbeatMs) => {
    const month = budgetMonth(1, bytesPerDay, 5, heartbeatMs);
    expect(month.mostBytes).toBeLessThanOrEqual(bytesPerDay);
    expect(month.rowsSent).toBe(month.rowsCounted);
    // The budget is used, not only kept.
    if (heartbeatMs === null) expect(month.mostBytes).toBeGreaterThan(bytesPerDay / 2);
  });
});
