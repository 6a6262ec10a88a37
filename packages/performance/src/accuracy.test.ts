import { parseSelector, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accuracyIn, accuracyOf, type LabelledPrediction } from "./accuracy.js";

describe("accuracy", () => {
  test("nothing labelled: nothing known", () => {
    expect(accuracyOf([])).toEqual({ accuracy: null, interval: [0, 1], rows: 0 });
  });

  test("81 of 263 right: the interval of Newcombe 1998, table I, method 3", () => {
    const { accuracy, interval } = accuracyOf(Array.from({ length: 263 }, (_, i) => i < 81));
    expect(accuracy).toBeCloseTo(81 / 263, 12);
    expect(interval[0]).toBeCloseTo(0.2553, 4);
    expect(interval[1]).toBeCloseTo(0.3662, 4);
  });

  test("the interval holds the true share in about 95 % of trials", () => {
    const random = seededRandom(4);
    let held = 0;
    for (let t = 0; t < 2_000; t += 1) {
      const { interval } = accuracyOf(Array.from({ length: 80 }, () => random() < 0.7));
      if (interval[0] <= 0.7 && 0.7 <= interval[1]) held += 1;
    }
    // Binomial of 2,000 trials at .95 ± five standard errors.
    expect(held / 2_000).toBeGreaterThan(0.95 - 5 * Math.sqrt((0.95 * 0.05) / 2_000));
    expect(held / 2_000).toBeLessThan(0.95 + 5 * Math.sqrt((0.95 * 0.05) / 2_000));
  });

  const labelled = fc.record({
    atMs: fc.integer({ min: 0, max: 100 }),
    deviceLabels: fc.record({ site: fc.constantFrom("oslo", "lyon") }),
    bundleDigest: fc.constantFrom("a", "b"),
    predicted: fc.constantFrom("shoe", "bag"),
    actual: fc.constantFrom("shoe", "bag"),
  });

  test("queries part the rows: before and after, here and there, one bundle and the other add up", () => {
    const oslo = parseSelector("site=oslo");
    const rest = parseSelector("site!=oslo");
    if (typeof oslo === "string" || typeof rest === "string") throw new Error("unreachable");
    fc.assert(
      fc.property(fc.array(labelled), fc.integer({ min: 0, max: 100 }), (rows: LabelledPrediction[], at) => {
        const n = (query: Parameters<typeof accuracyIn>[1]): number => accuracyIn(rows, query).rows;
        expect(n({ toMs: at }) + n({ fromMs: at })).toBe(rows.length);
        expect(n({ selector: oslo }) + n({ selector: rest })).toBe(rows.length);
        expect(n({ bundleDigest: "a" }) + n({ bundleDigest: "b" })).toBe(rows.length);
        const { accuracy } = accuracyIn(rows, {});
        if (rows.length > 0) expect(accuracy).toBeCloseTo(rows.filter((r) => r.predicted === r.actual).length / rows.length, 12);
      }),
      { seed: 1 },
    );
  });
});
