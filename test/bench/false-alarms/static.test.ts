import { expect, test } from "vitest";
import { type Bar, chanceLeave, meets } from "../support/figure.js";
import { sketchFalseAlarms } from "./sketches.js";
import { staticFigures } from "./figures.js";
import { staticFalseAlarms } from "./static.js";

const trials = { sketches: 0, categories: 600, windows: 300 };

test("single tests keep their level, and the field's defaults do not", () => {
  const parts = staticFalseAlarms(trials, 7);
  const figures = Object.assign({}, ...parts.map((p) => p.figures)) as Record<string, number>;
  expect(Object.keys(figures).sort()).toEqual(staticFigures.map((f) => f.key).sort());
  for (const { key, bar } of staticFigures.filter((f) => f.key !== "ksSketch50k561k")) {
    const n = key.startsWith("small") ? trials.windows : trials.categories;
    expect(meets(figures[key] as number, bar as Bar, chanceLeave(bar as Bar, n)), `${key}: ${figures[key]}`).toBe(true);
  }
  const details = Object.assign({}, ...parts.map((p) => p.details)) as Record<string, { baselines: Record<string, number> }>;
  expect(details.chiSquare10?.baselines["chi-square as goodness of fit (Evidently, whylogs)"]).toBeGreaterThan(0.4);
  expect(details.small50?.baselines["earth mover's distance > .1 sd (Evidently)"]).toBeGreaterThan(0.9);
});

test("sketches of one law are called the same, and without the sketches' error they are not", () => {
  const { figures, details } = sketchFalseAlarms("ks", { k: 200, rows: [50_000, 100_000], trials: 30, seed: 5 });
  const bar = { atMost: 0.06 };
  expect(meets(figures.ks as number, bar, chanceLeave(bar, 30))).toBe(true);
  expect(details.ks?.baselines?.["KS without the sketches' error (whylogs)"]).toBeGreaterThan(0.7);
});
