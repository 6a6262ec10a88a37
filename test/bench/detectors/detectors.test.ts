import { expect, test } from "vitest";
import { type Bar, chanceLeave, meets } from "../support/figure.js";
import { defaultDetector } from "./contenders.js";
import { detectorFigures } from "./figures.js";
import { mulberry32 } from "./mulberry32.js";
import type { DetectorScore } from "./score.js";
import { detectorTable } from "./simulate.js";
import { streams } from "./streams.js";

const runs = 60;
const plan = { quietRuns: 4, quietLength: 10_000, changeRuns: 4, changeAt: 5_000, horizon: 2_000 };
const table = detectorTable(plan, runs, [defaultDetector, "page-hinkley-up", "eddm", "always-fires"]);
const scoreOf = (name: string, stream: string): DetectorScore => table[name]?.[stream] as DetectorScore;

test.each(detectorFigures.map(({ key, bar }) => [key, bar as Bar] as const))("%s", (key, bar) => {
  const [name = "", stream = "", what] = key.split(".");
  const score = scoreOf(name, stream);
  if (what === "delay") expect(meets(score.delay as number, bar, (3.3 / 1.96) * (score.delayWithin as number))).toBe(true);
  else if (what === "recall") expect(meets(score.recall, bar, chanceLeave(bar, runs))).toBe(true);
  // At the bar there would be runs/10 alarms; one test in a thousand sees so many more.
  else expect(score.per10k).toBeLessThanOrEqual(0.1 + 3.3 * Math.sqrt(0.1 / runs) + 1 / runs);
});

test("a detector that always fires finds everything at once, and is wrong every time", () => {
  for (const { key } of streams) expect(scoreOf("always-fires", key)).toMatchObject({ per10k: 10_000, recall: 1, delay: 1, chanceRecall: 1 });
});

test("what others miss: a fall by a one-sided test; and what their recall is worth: EDDM's alarms come by chance", () => {
  expect(scoreOf("page-hinkley-up", "uniformFalls").recall).toBe(0);
  expect(scoreOf(defaultDetector, "uniformFalls").recall).toBe(1);
  expect(scoreOf("eddm", "rate02to03").chanceRecall).toBeGreaterThan(0.9);
});

test("the generator is mulberry32: its published first values for seed 1", () => {
  const random = mulberry32(1);
  const values = Array.from({ length: 3 }, () => Math.round(random() * 4_294_967_296));
  expect(values).toEqual([2693262067, 11749833, 2265367787]);
});
