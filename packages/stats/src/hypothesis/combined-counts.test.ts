import { normal, seededRandom } from "@kedge/core";
import { countVector } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binIndex, quantileCuts } from "../cut-points.js";
import { combinedNominalTest, combinedOrderedTest } from "./combined-counts.js";
import { fisherExact } from "./fisher-exact.js";
import { largestCell } from "./largest-cell.js";

fc.configureGlobal({ seed: 20_260_101 });

const random = seededRandom(44);
const reference = Array.from({ length: 10_000 }, () => normal(random));
const cuts = quantileCuts(reference, 32);

function counted(values: readonly number[]): number[] {
  const counts = new Array<number>(cuts.length + 1).fill(0);
  for (const value of values) {
    const bin = binIndex(cuts, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Share of 200 windows of 500 rows in which the combined rule gives p ≤ .05. */
function power(draw: () => number): number {
  const b = counted(reference);
  let alarms = 0;
  for (let i = 0; i < 200; i += 1) if (combinedOrderedTest(counted(Array.from({ length: 500 }, draw)), b).pValue <= 0.05) alarms += 1;
  return alarms / 200;
}

// Limits lie 3 standard errors of 200 trials below the power measured with 1,000.
test.each<[string, number, () => number]>([
  ["mean +.15", 0.67, () => normal(random) + 0.15],
  ["sd 1.15", 0.85, () => normal(random) * 1.15],
  ["5 % stuck at 0", 0.84, () => (random() < 0.05 ? 0 : normal(random))],
  ["3 % outliers", 0.42, () => normal(random) + (random() < 0.03 ? 6 : 0)],
  ["two modes, same mean and sd", 0.97, () => (random() < 0.5 ? -0.8 : 0.8) + 0.6 * normal(random)],
])("finds %s", (_, limit, draw) => {
  expect(power(draw)).toBeGreaterThan(limit);
});

test("stays quiet without a change", () => {
  expect(power(() => normal(random))).toBeLessThan(0.1);
});

describe("the largest cell", () => {
  test("is the one that moved, by Fisher's p times the cells", () => {
    const found = largestCell([10, 30, 10, 10], [100, 100, 100, 100]);
    expect(found.index).toBe(1);
    expect(found.pValue).toBeCloseTo(8 * fisherExact(30, 30, 100, 300).pGreater, 12);
  });

  test("of two cells is plain Fisher doubled", () => {
    expect(largestCell([5, 15], [50, 50]).pValue).toBeCloseTo(2 * fisherExact(5, 15, 50, 50).pLess, 12);
  });

  test("a cell that the reference never had is found when it is thin", () => {
    expect(largestCell([50, 50, 6], [500, 500, 0])).toMatchObject({ index: 2, pValue: expect.toSatisfy((p: number) => p < 1e-4) });
  });

  test("nothing to compare is no evidence", () => {
    for (const [a, b] of [
      [[], []],
      [[0], [4]],
      [[3], [4]],
    ] as const)
      expect(largestCell(a, b)).toEqual({ index: -1, pValue: 1 });
  });
});

test("any counts give a p-value, and the order of categories does not matter", () => {
  fc.assert(
    fc.property(countVector(7), countVector(7), (a, b) => {
      for (const run of [combinedOrderedTest, combinedNominalTest]) {
        const { pValue, parts } = run(a, b);
        expect(pValue >= 0 && pValue <= 1 && Object.values(parts).every((p) => p >= 0 && p <= 1)).toBe(true);
      }
      const turned = combinedNominalTest([...a].reverse(), [...b].reverse()).pValue;
      // Equal pooled counts may be pooled in another order; the exact cells may not differ.
      expect(largestCell([...a].reverse(), [...b].reverse()).pValue).toBeCloseTo(largestCell(a, b).pValue, 9);
      expect(turned >= 0).toBe(true);
    }),
  );
});
