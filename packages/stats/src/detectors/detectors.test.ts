import { readFileSync } from "node:fs";
import { type Random, seededRandom } from "@kedge/core";
import { abruptStream, bernoulli, type Draw, gaussian, nastyFloats } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adwin } from "./adwin.js";
import type { ChangeDetector } from "./change-detector.js";
import { cusum, cusumThreshold } from "./cusum.js";
import { ddm } from "./ddm.js";
import { eddm } from "./eddm.js";
import { errorCusum } from "./error-cusum.js";
import { hddmA } from "./hddm-a.js";
import { hddmW } from "./hddm-w.js";
import { kswin } from "./kswin.js";
import { levelAndSpread } from "./level-and-spread.js";
import { pageHinkley } from "./page-hinkley.js";

fc.configureGlobal({ seed: 20_260_101 });

function vector(name: string): Record<string, number[]> {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), "utf8")) as Record<string, number[]>;
}

const streams: Readonly<Record<string, number[]>> = {
  ...vector("river-streams.json"),
  ...vector("river-streams-more.json"),
  binary42: vector("river-binary42.json") as unknown as number[],
};

function alarms(detector: ChangeDetector, values: Iterable<number>): number[] {
  const found: number[] = [];
  let i = 0;
  for (const value of values) {
    if (detector.update(value)) found.push(i);
    i += 1;
  }
  return found;
}

describe("gives River's published indices", () => {
  const up = { sides: "up" } as const;
  test.each<[string, () => ChangeDetector, string, number[]]>([
    ["adwin", () => adwin(), "s1", [1023]],
    ["adwin", () => adwin(), "steps42", [1023, 2015, 3007]],
    ["adwin", () => adwin(), "steps12345", [1023]],
    ["page-hinkley", () => pageHinkley(up), "s1", [1020, 1991]],
    ["page-hinkley", () => pageHinkley(up), "steps12345", [1006]],
    ["ddm", () => ddm(), "s2", [1049]],
    ["ddm", () => ddm(), "binary42", [1334]],
    ["eddm", () => eddm({ warningLevel: 0.8, driftLevel: 0.75 }), "binary42", [1278]],
    ["hddm-a", () => hddmA(up), "s2", [1047]],
    ["hddm-a", () => hddmA(up), "binary42", [1206]],
    ["hddm-a two-sided", () => hddmA(), "s3", [531, 1015, 1545]],
    ["hddm-w", () => hddmW(up), "s2", [1018]],
    ["hddm-w", () => hddmW(up), "binary42", [1077]],
  ])("%s (%#)", (_, create, stream, expected) => {
    expect(alarms(create(), streams[stream] ?? [])).toEqual(expected);
  });

  test("and its first warnings", () => {
    const first = (detector: ChangeDetector): number => (streams.binary42 ?? []).findIndex((v) => detector.update(v) || detector.isWarning);
    expect([ddm(), eddm({ warningLevel: 0.8, driftLevel: 0.75 }), hddmA(up), hddmW(up)].map(first)).toEqual([1084, 1059, 451, 451]);
  });
});

const all: Readonly<Record<string, () => ChangeDetector>> = {
  adwin: () => adwin(),
  "level-and-spread": () => levelAndSpread(),
  "page-hinkley": () => pageHinkley(),
  ddm: () => ddm(),
  eddm: () => eddm(),
  "hddm-a": () => hddmA(),
  "hddm-w": () => hddmW(),
  cusum: () => cusum(),
  "error-cusum": () => errorCusum(),
  kswin: () => kswin({ random: seededRandom(3) }),
};

describe.each(Object.entries(all))("%s", (name, create) => {
  const random = seededRandom(77);
  const bits = abruptStream(bernoulli(0.1), bernoulli(0.7), { length: 3_000, changeAt: 1_500 }, random);

  test("says its name and finds a great change of the error rate, once known", () => {
    const detector = create();
    expect(detector.kind).toBe(name);
    expect(alarms(detector, bits).some((i) => i >= 1_500 && i < 1_800)).toBe(true);
  });

  test("what is no number is counted, and changes no decision", () => {
    const detector = create();
    const [clean, dirty] = [create(), detector].map((d, which) =>
      alarms(d, which === 0 ? bits : bits.flatMap((v) => [Number.NaN, v, Number.POSITIVE_INFINITY])),
    );
    expect((dirty ?? []).map((i) => (i - 1) / 3)).toEqual(clean);
    expect(detector.ignored).toBe(2 * bits.length);
  });

  test("after a reset it is as new", () => {
    // Chance is an argument of KSWIN, not part of what it forgets.
    if (name === "kswin") return;
    const detector = create();
    alarms(detector, bits.slice(0, 1_700));
    detector.reset();
    expect(alarms(detector, bits)).toEqual(alarms(create(), bits));
  });

  test("never throws and never alarms on a constant", () => {
    fc.assert(fc.property(nastyFloats(400), (values) => alarms(create(), values).every((i) => i >= 0)));
    for (const constant of [0, 1]) expect(alarms(create(), new Array<number>(2_000).fill(constant))).toEqual([]);
  });
});

interface Score {
  readonly falsePer10k: number;
  readonly recall: number;
  readonly delay: number;
}

function score(create: (random: Random) => ChangeDetector, before: Draw, after: Draw, runs = 20): Score {
  let falseAlarms = 0;
  let hits = 0;
  let delays = 0;
  for (let run = 1; run <= runs; run += 1) {
    const random = seededRandom(7919 * run);
    falseAlarms += alarms(create(random), abruptStream(before, before, { length: 10_000, changeAt: 0 }, random)).length;
    const detector = create(random);
    alarms(detector, abruptStream(before, before, { length: 2_000, changeAt: 0 }, random));
    const [first] = alarms(detector, abruptStream(after, after, { length: 2_000, changeAt: 0 }, random));
    if (first !== undefined) {
      hits += 1;
      delays += first + 1;
    }
  }
  return { falsePer10k: falseAlarms / runs, recall: hits / runs, delay: delays / Math.max(1, hits) };
}

describe("quickness and quiet", () => {
  test("the default detector sees a rise of the error rate and a wider spread, without false alarms", () => {
    const rise = score(() => levelAndSpread(), bernoulli(0.2), bernoulli(0.4));
    const wider = score(() => levelAndSpread(), gaussian(0, 1), gaussian(0, 2));
    expect(rise).toMatchObject({ recall: 1, falsePer10k: expect.toSatisfy((v: number) => v <= 0.1) });
    expect(wider).toMatchObject({ recall: 1, falsePer10k: expect.toSatisfy((v: number) => v <= 0.1) });
    expect(rise.delay).toBeLessThan(160);
    expect(wider.delay).toBeLessThan(60);
  });

  test("two-sided tests see a fall, one-sided ones do not", () => {
    const fall = (create: () => ChangeDetector): number => score(create, bernoulli(0.6), bernoulli(0.2), 5).recall;
    expect([fall(() => pageHinkley()), fall(() => hddmA()), fall(() => hddmW())]).toEqual([1, 1, 1]);
    expect([fall(() => pageHinkley({ sides: "up" })), fall(() => hddmA({ sides: "up" }))]).toEqual([0, 0]);
    expect(fall(() => pageHinkley({ sides: "down" }))).toBe(1);
  });

  test("CUSUM holds the rate of false alarms asked for when it knows the reference", () => {
    const every = 500;
    const detector = cusum({ reference: { mean: 3, sd: 2 }, falseAlarmEvery: every });
    const found = alarms(detector, abruptStream(gaussian(3, 2), gaussian(3, 2), { length: 200_000, changeAt: 0 }, seededRandom(8)));
    // 400 expected; Siegmund's approximation and chance together stay within a quarter.
    expect(found.length).toBeGreaterThan(300);
    expect(found.length).toBeLessThan(500);
  });

  test("Siegmund's thresholds: h = 4 and 5 give alarms every 168 and 465 values", () => {
    expect(cusumThreshold(168)).toBeCloseTo(4, 1);
    expect(cusumThreshold(465)).toBeCloseTo(5, 1);
  });

  test("CUSUM after a constant stretch takes any other value for a change", () => {
    const detector = cusum({ warmUp: 50 });
    alarms(detector, new Array<number>(60).fill(7));
    expect(detector.update(7.001)).toBe(true);
  });
});

test("ADWIN's window has the mean and variance of what it holds", () => {
  const detector = adwin({ lookEvery: 1e9 });
  const values = Array.from({ length: 777 }, (_, i) => (i * 37) % 101);
  for (const value of values) detector.update(value);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  expect(detector.width).toBe(777);
  expect(detector.mean).toBeCloseTo(mean, 9);
  expect(detector.variance).toBeCloseTo(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length, 6);
});

test("ADWIN's memory is bounded: a very long window forgets its oldest values", () => {
  const detector = adwin({ lookEvery: 1e9 });
  for (let i = 0; i < 2_000_000; i += 1) detector.update(i & 1);
  expect(detector.width).toBeGreaterThan(1_000_000);
  expect(detector.width).toBeLessThan(1_700_000);
  expect(detector.mean).toBeCloseTo(0.5, 6);
});
