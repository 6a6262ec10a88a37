import { expect, test } from "vitest";
import { attributionPlan } from "./attribution.js";
import { attributionFigures, measureAttribution } from "./figures.js";
import { type Bar, chanceLeave, meets } from "../support/figure.js";

test("who moved is named exactly, and nobody where nothing did", () => {
  const trials = 6;
  const { figures, details } = measureAttribution({ ...attributionPlan, devices: 60, cohorts: 6, trials });
  for (const { key, bar } of attributionFigures)
    expect(meets(figures[key] as number, bar as Bar, chanceLeave(bar as Bar, trials)), `${key}: ${figures[key]}`).toBe(true);
  expect(details["falseNodes"]?.baselines?.["p < .05 at each node"]).toBe(1);
});
