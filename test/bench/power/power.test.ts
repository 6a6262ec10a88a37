import { expect, test } from "vitest";
import { type Bar, chanceLeave, meets } from "../support/figure.js";
import { changes } from "./changes.js";
import { countsPower } from "./counts.js";
import { featuresPower, sketchBytes } from "./features.js";
import { powerFigures } from "./figures.js";
import { vectorChanges } from "./vectors.js";

test("counts find what they should find, and nothing where nothing is", () => {
  const trials = 250;
  const { figures, details } = countsPower({ rows: 500, referenceRows: 10_000, bins: 32, trials, seed: 3 });
  for (const { key } of changes) {
    const bar = powerFigures.find((f) => f.key === key)?.bar as Bar;
    expect(meets(figures[key] as number, bar, chanceLeave(bar, trials)), `${key}: ${figures[key]}`).toBe(true);
  }
  expect(details.h0?.baselines?.["always fires"]).toBe(1);
  expect(figures.sd115 as number).toBeGreaterThan((details.sd115?.baselines?.["KS on the raw rows"] as number) + 0.3);
});

test("the sketch of vectors takes 1,028 bytes and has at least four fifths of the exact test's power", () => {
  expect(sketchBytes(256)).toBe(1_028);
  // Small enough for seconds: fewer dimensions, rows and frequencies, where the same changes show as well.
  const plan = { dimensions: 16, referenceRows: 300, rows: 150, frequencies: 64, permutations: 99, references: 3, windows: 14, seed: 4 };
  const { figures, details } = featuresPower(plan);
  const rows = (details.rffRatioMin as unknown as { changes: { key: string; sketch: { share: number }; exact: { share: number } }[] }).changes;
  expect(rows.map((r) => r.key)).toEqual(vectorChanges.map((c) => c.key));
  expect(Number.isFinite(figures.rffRatioMin)).toBe(true);
  for (const { key, sketch, exact } of rows) {
    // Two shares of 42 windows each.
    const leave = 3.3 * Math.sqrt((2 * 0.25) / 42);
    if (key === "none") expect(Math.max(sketch.share, exact.share)).toBeLessThan(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / 42));
    else expect(sketch.share, key).toBeGreaterThanOrEqual(0.8 * exact.share - leave);
  }
});
