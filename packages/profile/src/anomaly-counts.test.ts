import { anomalyRules, inferSchema, type Reading } from "@kedge/sensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnomalyCount,
  type AnomalyCounts,
  compareAnomalies,
  countAnomalies,
  createAnomalyTally,
  maxAnomalyPairs,
  mergeAnomalies,
  withAnomalies,
} from "./anomaly-counts.js";
import { mergeProfiles } from "./merge-profiles.js";

/** Field names by the hundred, so that merges overflow. */
const anyPair: fc.Arbitrary<AnomalyCount> = fc.record({
  field: fc.nat({ max: 60 }).map((n) => `field-${n}`),
  rule: fc.constantFrom(...anomalyRules),
  count: fc.integer({ min: 1, max: 1_000 }),
});

function countsOf(pairs: readonly AnomalyCount[]): AnomalyCounts | undefined {
  return pairs.reduce<AnomalyCounts | undefined>((sum, pair) => mergeAnomalies(sum, { pairs: [pair], overflow: 0 }), undefined);
}

const anyCounts = fc.array(anyPair, { maxLength: 250 }).map(countsOf);
const total = (counts: AnomalyCounts | undefined): number => (counts?.pairs ?? []).reduce((sum, p) => sum + p.count, counts?.overflow ?? 0);

describe("anomaly counts merge", () => {
  test("with nothing they stay what they are", () => {
    fc.assert(
      fc.property(anyCounts, (a) => {
        expect(mergeAnomalies(a, undefined)).toEqual(a);
        expect(mergeAnomalies(undefined, a)).toEqual(a);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test("in any order and grouping to the same, beyond the bound too; nothing is lost, and what is kept is exact", () => {
    fc.assert(
      fc.property(fc.array(anyPair, { maxLength: 400 }), fc.array(anyPair, { maxLength: 400 }), fc.array(anyPair, { maxLength: 400 }), (x, y, z) => {
        const [a, b, c] = [countsOf(x), countsOf(y), countsOf(z)];
        const one = mergeAnomalies(mergeAnomalies(a, b), c);
        expect(mergeAnomalies(a, mergeAnomalies(b, c))).toEqual(one);
        expect(mergeAnomalies(c, mergeAnomalies(b, a))).toEqual(one);
        const all = [...x, ...y, ...z];
        expect(total(one)).toBe(all.reduce((sum, p) => sum + p.count, 0));
        for (const { field, rule, count } of one?.pairs ?? []) {
          expect(count).toBe(all.filter((p) => p.field === field && p.rule === rule).reduce((sum, p) => sum + p.count, 0));
        }
        expect(one?.pairs.length ?? 0).toBeLessThanOrEqual(maxAnomalyPairs);
        for (let i = 1; i < (one?.pairs.length ?? 0); i += 1) {
          const [before, after] = [one?.pairs[i - 1], one?.pairs[i]];
          if (before !== undefined && after !== undefined) expect(compareAnomalies(before, after)).toBeLessThan(0);
        }
      }),
      { seed: 2, numRuns: 15 },
    );
  });
});

test("a tally gives what it was told, and starts anew", () => {
  const tally = createAnomalyTally();
  const [hot, late] = [{ field: "t", rule: "above" } as const, { field: "@time", rule: "order" } as const];
  tally.add([hot]);
  tally.add([late, hot]);
  tally.add([]);
  expect(tally.take()).toEqual({
    pairs: [
      { field: "@time", rule: "order", count: 1 },
      { field: "t", rule: "above", count: 2 },
    ],
    overflow: 0,
  });
  expect(tally.take()).toBeUndefined();
});

test("profiles carry their counts through a merge; without any, a profile is as it was", () => {
  const plain = { specHash: "h", rows: 3, errors: 0, features: [] };
  const some = withAnomalies(plain, { pairs: [{ field: "t", rule: "above", count: 2 }], overflow: 0 });
  expect(mergeProfiles(plain, plain)).not.toHaveProperty("anomalies");
  expect(mergeProfiles(some, plain)).toEqual({ ...some, rows: 6 });
  expect(mergeProfiles(some, some)).toMatchObject({ anomalies: { pairs: [{ field: "t", rule: "above", count: 4 }], overflow: 0 } });
  expect(withAnomalies(plain, undefined)).toBe(plain);
});

test("rows in no order are counted without runs and times", () => {
  const row = (t: number | string, i: number): Reading => ({ id: `r${i}`, atMs: 1e12 - 1_000 * i, inputs: { t } });
  const { schema } = inferSchema(
    Array.from({ length: 200 }, (_, i) => row((i * 7) % 20, -i)),
    { isStream: true },
  );
  expect(countAnomalies(schema, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 99, "x"].map(row))).toEqual({
    pairs: [
      { field: "t", rule: "type", count: 1 },
      { field: "t", rule: "above", count: 1 },
    ],
    overflow: 0,
  });
});
