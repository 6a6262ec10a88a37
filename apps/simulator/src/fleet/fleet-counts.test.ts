import fc from "fast-check";
import { expect, test } from "vitest";
import { LatencyCounts } from "./latency-counts.js";
import { sumOfParts } from "./part-counts.js";
import { WindowRounds } from "./window-rounds.js";

test("quantiles of latencies are within 6 % of the exact ones, also of parts put together", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.2, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (values, share) => {
        const [whole, a, b] = [new LatencyCounts(), new LatencyCounts(), new LatencyCounts()];
        for (const [i, v] of values.entries()) (i % 2 === 0 ? a : b).add(v);
        whole.addPairs(a.pairs());
        whole.addPairs(b.pairs());
        const exact = [...values].sort((x, y) => x - y)[Math.ceil(share * values.length) - 1] ?? 0;
        const found = whole.quantile(share) ?? 0;
        expect(found / exact).toBeGreaterThan(0.999);
        expect(found / exact).toBeLessThan(1.06);
      },
    ),
  );
  expect(new LatencyCounts().quantile(0.5)).toBe(null);
});

test("rounds: each device once in each, at its own time, in the order of time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 1_000 }), (devices, seed) => {
      const rounds = new WindowRounds([...Array(devices).keys()], { seed, interval: 1_000 });
      let before = -1;
      const ends = new Map<number, number[]>();
      for (let i = 0; i < devices * 3; i += 1) {
        const due = rounds.first;
        if (due === undefined) throw new Error("there are devices");
        expect(due.elapsedMs).toBeGreaterThanOrEqual(before);
        expect(due.index).toBe(Math.floor(i / devices) + 1);
        before = due.elapsedMs;
        ends.set(due.device, [...(ends.get(due.device) ?? []), due.elapsedMs]);
        rounds.advance();
      }
      expect(ends.size).toBe(devices);
      for (const [first = 0, second, third] of ends.values()) expect([second, third]).toEqual([first + 1_000, first + 2_000]);
      expect(Math.min(...[...ends.values()].map(([first = 0]) => first))).toBeGreaterThanOrEqual(1_000);
    }),
  );
});

test("rounds of no devices never come", () => {
  expect(new WindowRounds([], { seed: 1, interval: 1_000 }).first).toBe(undefined);
});

test("parts add up, whatever bundles and faults each has", () => {
  const none = sumOfParts([]);
  const one = { ...none, windows: { produced: 3, acknowledged: 2, dropped: 1 }, running: { a: 1 }, complaints: { x: 2 }, online: 1, lagMs: 5 };
  const two = { ...none, windows: { produced: 4, acknowledged: 4, dropped: 0 }, running: { a: 2, b: 1 }, complaints: { y: 1 }, online: 3, lagMs: 9 };
  expect(sumOfParts([one, two])).toMatchObject({
    windows: { produced: 7, acknowledged: 6, dropped: 1 },
    running: { a: 3, b: 1 },
    complaints: { x: 2, y: 1 },
    online: 4,
    lagMs: 9,
  });
});
