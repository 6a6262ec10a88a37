import { expect, test } from "vitest";
import { fleetFalseAlarms, fleetPlans } from "./fleet-false-alarms.js";
import { seasonalFigures, seasonPlan } from "./seasons.js";

const short = { devices: 60, drifted: 3, windows: 60 } as const;

test.each(["fleet", "fleetAr09"] as const)("%s: no clean device is flagged, and those that drifted are found", (key) => {
  // Two seeds of 57 clean devices; at a level of .01 one is flagged in every second run, two in one of ten.
  const found = fleetFalseAlarms({ ...fleetPlans[key], ...short, steps: [0.6, 0.6] });
  expect(found.cleanFlaggedShare.share * found.cleanFlaggedShare.trials).toBeLessThan(3);
  expect(found.driftedFound).toBeGreaterThanOrEqual(2);
  expect(found.baseline.naive.cleanFlaggedShare.share).toBeGreaterThan(0.5);
});

test("a daily cycle that was learnt raises no alarm, and a step on top of it is found at once", () => {
  const found = seasonalFigures({ ...seasonPlan, devices: 4, weeks: 0.3, windowMs: 1_800_000, stepHours: [3, 18] });
  expect(found.seasonalAlarms).toBe(0);
  expect(found.baseline.withoutSeasons).toBeGreaterThan(10);
  expect(found.seasonalStepWindows).toBeLessThanOrEqual(3);
});
