import { seededRandom } from "@kedge/core";
import { mergeMoments } from "@kedge/stats";
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildSpec, emptyProfile, type FeatureSummary, type NumericSummary, type Profile, profileOf, ProfileSum } from "./index.js";
import { mixedRecipe, mixedRows } from "./rows.fixture.js";

const spec = buildSpec(mixedRecipe, mixedRows(300, seededRandom(1)), ["cat", "dog", "cow"]);
const profile = () =>
  fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 1e6 }), fc.nat({ max: 2 })).map(([rows, seed, errors]): Profile => {
    const random = seededRandom(seed);
    return { ...profileOf(spec, "h", mixedRows(rows, random)), errors };
  });

/** What adding means, feature by feature and in the plainest form. */
function added(a: FeatureSummary, b: FeatureSummary): FeatureSummary {
  const both = (x: readonly number[], y: readonly number[]): number[] => x.map((v, i) => v + (y[i] ?? 0));
  const shared = { missing: a.missing + b.missing, wrongType: a.wrongType + b.wrongType };
  if (a.kind === "numeric" && b.kind === "numeric") {
    const range = { under: a.under + b.under, over: a.over + b.over };
    return { kind: "numeric", counts: both(a.counts, b.counts), ...range, ...mergeMoments(a, b), ...shared } satisfies NumericSummary;
  }
  if (a.kind === "categorical" && b.kind === "categorical")
    return { kind: "categorical", counts: both(a.counts, b.counts), other: a.other + b.other, count: a.count + b.count, ...shared };
  if (a.kind !== "embedding" || b.kind !== "embedding") throw new Error("two kinds");
  const spread = b.count === 0 ? a.spread : a.count === 0 ? b.spread : null;
  return { kind: "embedding", sums: both(a.sums, b.sums), notANumber: a.notANumber + b.notANumber, count: a.count + b.count, spread, ...shared };
}

const plainMoments = (feature: FeatureSummary): FeatureSummary => {
  if (feature.kind !== "numeric") return feature;
  const { kind, counts, under, over, missing, notANumber, wrongType, count, mean, m2, min, max } = feature;
  return { kind, counts, under, over, missing, notANumber, wrongType, count, mean, m2, min, max };
};

test("adding one after the other in place gives the bits that adding feature by feature gives", () => {
  fc.assert(
    fc.property(fc.array(profile(), { minLength: 1, maxLength: 5 }), (profiles) => {
      const sum = ProfileSum.ofSpec(spec, "h");
      let plain = emptyProfile(spec, "h").features;
      for (const one of profiles) {
        expect(sum.add(ProfileSum.of(one))).toBeUndefined();
        plain = plain.map((f, i) => plainMoments(added(f, one.features[i] as FeatureSummary)));
      }
      expect(sum.toProfile()).toStrictEqual({
        specHash: "h",
        rows: profiles.reduce((n, p) => n + p.rows, 0),
        errors: profiles.reduce((n, p) => n + p.errors, 0),
        features: plain,
      });
    }),
    { seed: 3, numRuns: 60 },
  );
});

test("a profile comes back from flat arrays as it went in, and what is cleared is nothing", () => {
  fc.assert(
    fc.property(profile(), profile(), (a, b) => {
      const sum = ProfileSum.of(a);
      expect(sum.toProfile()).toStrictEqual(a);
      const copy = sum.copy();
      sum.clear();
      expect(sum.toProfile()).toStrictEqual(emptyProfile(spec, "h"));
      expect(sum.addProfile(b)).toBeUndefined();
      expect(sum.toProfile()).toStrictEqual(b);
      sum.set(copy);
      expect(sum.toProfile()).toStrictEqual(a);
      expect(sum.add(sum.copy())).toBeUndefined();
      expect(copy.toProfile()).toStrictEqual(a);
    }),
    { seed: 4, numRuns: 60 },
  );
});

test("what is refused by name changes nothing", () => {
  const [own] = fc.sample(profile(), { seed: 5, numRuns: 1 }) as [Profile];
  const sum = ProfileSum.of(own);
  const odd: readonly Profile[] = [
    { ...own, specHash: "other" },
    { ...own, features: own.features.slice(1) },
    { ...own, features: [...own.features].reverse() },
    { ...own, features: own.features.map((f) => (f.kind === "embedding" ? f : { ...f, counts: f.counts.slice(1) })) },
  ];
  for (const other of odd) {
    expect(sum.add(ProfileSum.of(other))).toMatchObject({ kind: "incompatible", reason: expect.any(String) as string });
    expect(sum.addProfile(other)).toMatchObject({ kind: "incompatible" });
    expect(sum.toProfile()).toStrictEqual(own);
  }
});
