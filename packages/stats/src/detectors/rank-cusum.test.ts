import { normal, type Random, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestMagnitude } from "../moments.js";
import { type RankBaseline, RankCusums, rankCusumThreshold, type RankStream } from "./rank-cusum.js";

const cell = new Float64Array(1);

function step(bank: RankCusums, value: number, stream = 0): boolean {
  cell[0] = value;
  return bank.step(stream, cell, 0);
}

function alarmsIn(stream: RankStream, draw: (random: Random) => number, rows: number, seed: number): number {
  const bank = new RankCusums([stream], seed);
  const random = seededRandom(seed);
  let alarms = 0;
  for (let i = 0; i < rows; i += 1) if (step(bank, draw(random))) alarms += 1;
  return alarms;
}

function delayOf(before: (random: Random) => number, after: (random: Random) => number, seed: number, every = 1e7): number {
  const bank = new RankCusums([{ falseAlarmEvery: every }], seed);
  const random = seededRandom(seed);
  for (let i = 0; i < 2_000; i += 1) step(bank, before(random));
  for (let i = 1; i <= 5_000; i += 1) if (step(bank, after(random))) return i;
  return Number.POSITIVE_INFINITY;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const laws: Readonly<Record<string, (random: Random) => number>> = {
  normal: (r) => normal(r),
  "lognormal, heavy to the right": (r) => Math.exp(1.5 * normal(r)),
  "saturated: nine of ten are 1": (r) => (r() < 0.9 ? 1 : r()),
  "three values": (r) => Math.floor(3 * r()),
  constant: () => 7,
};

describe("false alarms come as seldom as asked, whatever the law", () => {
  test.each(Object.entries(laws))("%s", (_, draw) => {
    const every = 5_000;
    const rows = 2_000_000;
    const found = alarmsIn({ falseAlarmEvery: every }, draw, rows, 11);
    // 400 expected: five standard deviations of a Poisson count, and 3 % for the formula.
    expect(found).toBeGreaterThan(400 * 0.97 - 5 * 20);
    expect(found).toBeLessThan(400 * 1.03 + 5 * 20);
  });

  test("with a baseline too", () => {
    const random = seededRandom(5);
    const seen = Array.from({ length: 4_000 }, () => normal(random)).sort((a, b) => a - b);
    const cuts = Array.from({ length: 31 }, (_, i) => seen[125 * (i + 1) - 1] as number);
    const baseline: RankBaseline = { cuts, counts: new Array<number>(32).fill(125), mean: 0 };
    const found = alarmsIn({ falseAlarmEvery: 5_000, baseline }, laws["normal"] as (r: Random) => number, 1_000_000, 3);
    expect(found).toBeGreaterThan(200 * 0.95 - 5 * 14);
    expect(found).toBeLessThan(200 * 1.05 + 5 * 14);
  });
});

const chain = [
  [
    [8, 256.2],
    [18, 6_835.5],
  ],
  [
    [8, 6_320.4],
    [18, 32_781_641],
  ],
] as const;

test.each([0, 1] as const)("the threshold of size %i is the one of Brook and Evans' chain", (size) => {
  // Mean run lengths of a 1,500-state chain.
  for (const [h, every] of chain[size]) expect(rankCusumThreshold(every, size)).toBeCloseTo(h, 2);
});

describe("changes are found soon", () => {
  const seeds = Array.from({ length: 30 }, (_, i) => 100 + i);
  test.each<[string, (r: Random) => number, (r: Random) => number, number]>([
    ["a third of a sd", (r) => normal(r), (r) => 0.35 + normal(r), 300],
    ["half a sd", (r) => normal(r), (r) => 0.5 + normal(r), 165],
    ["one sd", (r) => normal(r), (r) => 1 - 2 + normal(r), 70],
    ["sd 1 to 2", (r) => normal(r), (r) => 2 * normal(r), 110],
    ["sd 1 to .3", (r) => normal(r), (r) => 0.3 * normal(r), 110],
    ["a constant that moves down a little", () => 1, () => 0.999, 40],
    ["a stuck sensor", (r) => normal(r), () => 0.1, 90],
  ])("%s, at one false alarm in ten million", (_, before, after, limit) => {
    expect(mean(seeds.map((seed) => delayOf(before, after, seed)))).toBeLessThan(limit);
  });

  test("what is said of a change is what happened", () => {
    const bank = new RankCusums([{ falseAlarmEvery: 1e6 }], 1);
    const random = seededRandom(4);
    for (let i = 0; i < 1_000; i += 1) step(bank, 10 + normal(random));
    let rows = 1;
    while (!step(bank, 13 + normal(random))) rows += 1;
    const found = bank.lastChange(0);
    expect(found?.change).toBe("level");
    expect(found?.beforeMean).toBeCloseTo(10, 0);
    expect(found?.afterMean).toBeCloseTo(13, 0);
    expect(Math.abs((found?.afterRows ?? 0) - rows)).toBeLessThan(12);
    expect((found?.beforeRows ?? 0) + (found?.afterRows ?? 0)).toBe(1_000 + rows);
  });

  test("a device unlike its baseline alarms once, and then takes itself for normal", () => {
    const baseline: RankBaseline = { cuts: [0, 1, 2], counts: [500, 500, 500, 500], mean: 1 };
    const bank = new RankCusums([{ falseAlarmEvery: 1e6, baseline }], 1);
    const random = seededRandom(4);
    const at: number[] = [];
    for (let i = 0; i < 20_000; i += 1) if (step(bank, 5 + normal(random))) at.push(i);
    expect(at).toHaveLength(1);
    expect(at[0]).toBeLessThan(60);
  });
});

test("any values are taken: what is no number is counted, nothing throws, streams do not touch each other", () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 300 }), (values) => {
      const [alone, pair] = [new RankCusums([{ falseAlarmEvery: 100 }], 9), new RankCusums([{ falseAlarmEvery: 100 }, { falseAlarmEvery: 100 }], 9)];
      for (const value of values) {
        step(alone, value);
        step(pair, value);
      }
      expect(pair.ignored(0)).toBe(values.filter((v) => !(Math.abs(v) <= largestMagnitude)).length);
      expect(pair.ignored(1)).toBe(0);
      expect(pair.lastChange(0)).toEqual(alone.lastChange(0));
    }),
  );
});

test("the state is as small as it says", () => {
  expect(new RankCusums([{ falseAlarmEvery: 100 }], 1).stateBytes).toBeLessThanOrEqual(648);
});
