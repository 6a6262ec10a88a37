import fc from "fast-check";
import { expect, test } from "vitest";
import { binIndex } from "./cut-points.js";
import { histogramQuantile } from "./histogram-quantile.js";

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 200 });
const someCuts = fc.uniqueArray(fc.integer({ min: -90, max: 90 }), { maxLength: 12 }).map((cuts) => cuts.sort((a, b) => a - b));

function histogramOf(all: readonly number[], cuts: readonly number[]) {
  const counts = new Array<number>(cuts.length + 1).fill(0);
  for (const v of all) counts[binIndex(cuts, v)] = (counts[binIndex(cuts, v)] ?? 0) + 1;
  return { counts, cuts, min: Math.min(...all), max: Math.max(...all) };
}

test("a quantile lies in the bin of the true one", () => {
  fc.assert(
    fc.property(values, someCuts, fc.double({ min: 0.001, max: 1, noNaN: true }), (all, cuts, q) => {
      const sorted = all.slice().sort((a, b) => a - b);
      const truth = sorted[Math.max(0, Math.ceil(q * all.length - 1e-9) - 1)] ?? 0;
      const bin = binIndex(cuts, truth);
      const found = histogramQuantile(histogramOf(all, cuts), q) ?? Number.NaN;
      expect(found).toBeGreaterThanOrEqual(Math.max(sorted[0] ?? 0, cuts[bin - 1] ?? -Infinity));
      expect(found).toBeLessThanOrEqual(Math.min(sorted.at(-1) ?? 0, cuts[bin] ?? Infinity));
    }),
  );
});

test("quantiles grow with the share", () => {
  fc.assert(
    fc.property(values, someCuts, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (all, cuts, a, b) => {
      const histogram = histogramOf(all, cuts);
      expect(histogramQuantile(histogram, Math.min(a, b)) ?? 0).toBeLessThanOrEqual((histogramQuantile(histogram, Math.max(a, b)) ?? 0) + 1e-9);
    }),
  );
});

test("of nothing there is none, and of one value it is that value", () => {
  expect(histogramQuantile({ counts: [0, 0], cuts: [1], min: 0, max: 0 }, 0.5)).toBeNull();
  expect(histogramQuantile({ counts: [0, 1], cuts: [1], min: 7, max: 7 }, 0.1)).toBe(7);
});
