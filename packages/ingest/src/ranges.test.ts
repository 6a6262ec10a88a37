import fc from "fast-check";
import { expect, test } from "vitest";
import { added, contiguousFrom1, includes, isRanges, lastOf, type Ranges, sizeOf, without } from "./ranges.js";

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });
const rangesOf = (values: readonly number[]): Ranges => values.reduce<Ranges>((ranges, n) => added(ranges, n, n), []);
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const members = (ranges: Ranges) => Array.from({ length: 60 }, (_, i) => i).filter((n) => includes(ranges, n));

test("ranges hold what a set would, in one form whatever the order", () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const [x, y] = [rangesOf(a), rangesOf(b)];
      expect(members(x)).toEqual(sorted(a));
      expect(rangesOf([...a].reverse())).toEqual(x);
      expect(isRanges(x)).toBe(true);
      expect(sizeOf(x)).toBe(a.length);
      expect(lastOf(x)).toBe(Math.max(0, ...a));
      expect(members(without(x, y))).toEqual(sorted(a.filter((n) => !b.includes(n))));
      expect(isRanges(without(x, y))).toBe(true);
      let reached = 0;
      while (a.includes(reached + 1) || b.includes(reached + 1)) reached += 1;
      expect(contiguousFrom1(x, y)).toBe(reached);
    }),
    { seed: 2, numRuns: 300 },
  );
});

test("whole stretches are added at once", () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 40 }), fc.nat({ max: 12 }), (a, from, more) => {
      const stretch = Array.from({ length: more }, (_, i) => from + i);
      expect(members(added(rangesOf(a), from, from + more - 1))).toEqual(sorted(new Set([...a, ...stretch])));
    }),
    { seed: 3 },
  );
});

test.each([null, "1,2", [1], [2, 1], [0, 1], [1, 2, 3, 4], [1, 3, 3, 5], [1.5, 2], [1, Number.NaN], [1, "2"]])("%j are no ranges", (value) => {
  expect(isRanges(value)).toBe(false);
});
