import { nastyFloat, nastyFloats } from "@kedge/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { binIndex, nextBelow, quantileCuts } from "./cut-points.js";

fc.configureGlobal({ seed: 20_260_101 });

const ascending = fc
  .uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 40, comparator: (a, b) => a === b })
  .map((cuts) => cuts.sort((a, b) => a - b));

test("bin i holds cuts[i-1] < value <= cuts[i]", () => {
  fc.assert(
    fc.property(ascending, nastyFloat(), (cuts, value) => {
      fc.pre(!Number.isNaN(value));
      expect(binIndex(cuts, value)).toBe(cuts.filter((cut) => cut < value).length);
    }),
  );
});

test("a value on a cut belongs to the bin below it", () => {
  expect([0, 0.5, 1, 2, 2.1, -9, Infinity, -Infinity].map((v) => binIndex([0, 1, 2], v))).toEqual([0, 1, 1, 2, 3, 0, 3, 0]);
  expect(binIndex([], 5)).toBe(0);
});

test("cuts ascend strictly, are finite, and are fewer than the bins", () => {
  fc.assert(
    fc.property(nastyFloats(), fc.integer({ min: 0, max: 40 }), (values, bins) => {
      const cuts = quantileCuts(values, bins);
      expect(cuts.length).toBeLessThanOrEqual(Math.max(0, bins - 1));
      expect(cuts.every((cut, i) => Number.isFinite(cut) && !Object.is(cut, -0) && (i === 0 || cut > (cuts[i - 1] ?? 0)))).toBe(true);
    }),
  );
});

test("distinct values are parted into equal bins", () => {
  const values = Array.from({ length: 1_000 }, (_, i) => (i * 617) % 1_000);
  const cuts = quantileCuts(values, 32);
  const counts = new Array<number>(32).fill(0);
  for (const value of values) counts[binIndex(cuts, value)] = (counts[binIndex(cuts, value)] ?? 0) + 1;
  expect(cuts).toHaveLength(31);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(30);
  expect(Math.max(...counts)).toBeLessThanOrEqual(33);
});

test("a value that repeats often has a bin of its own", () => {
  const values = [...Array.from({ length: 100 }, (_, i) => i / 100), ...new Array<number>(60).fill(0.5), ...Array.from({ length: 100 }, (_, i) => 1 + i / 100)];
  const cuts = quantileCuts(values, 8);
  const bin = binIndex(cuts, 0.5);
  expect(values.filter((v) => binIndex(cuts, v) === bin && v !== 0.5)).toEqual([]);
});

test("few distinct values get a bin each", () => {
  expect(quantileCuts([0, 1, 1, 0, 1, 2, 2, 2], 32)).toEqual([0, 1]);
});

test("a constant sample shows a change in either direction", () => {
  const cuts = quantileCuts([5, 5, 5], 32);
  expect([4.999, 5, 5.001].map((v) => binIndex(cuts, v))).toEqual([0, 1, 2]);
  expect(quantileCuts([0, -0, 0], 4)).toEqual([-Number.MIN_VALUE, 0]);
});

test("an empty sample, or one of nothing but NaN, gives no cut", () => {
  expect(quantileCuts([], 32)).toEqual([]);
  expect(quantileCuts([Number.NaN, Number.POSITIVE_INFINITY], 32)).toEqual([]);
});

test("the next double below is the largest smaller one", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300 }), (value) => {
      const below = nextBelow(value);
      expect(below).toBeLessThan(value);
      const middle = below / 2 + value / 2;
      expect(middle === below || middle === value || Math.abs(value) < 1e-300).toBe(true);
    }),
  );
});
