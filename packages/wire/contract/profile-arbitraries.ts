import {
  type CategoricalSummary,
  type EmbeddingSummary,
  type FeatureSummary,
  invalidIn,
  type NumericSummary,
  type Profile,
  type ProfileSpec,
  type ReferenceProfile,
  type WatchPlan,
} from "@kedge/profile";
import fc from "fast-check";
import { double, float, orNull, positive, printable, record, sha256, small, u32 } from "./value-arbitraries.js";

const counts = (size: fc.Arbitrary<number>) => size.chain((n) => fc.array(small, { minLength: n, maxLength: n }));

const numeric: fc.Arbitrary<NumericSummary> = fc
  .tuple(counts(fc.integer({ min: 1, max: 33 })), fc.tuple(small, small, small), double, double, float, float, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bins, [missing, notANumber, wrongType], mean, m2, a, b, share]) => {
    const count = bins.reduce((sum, n) => sum + n, 0);
    const under = Math.floor(count * share);
    const range = count === 0 ? { mean: 0, m2: 0, min: 0, max: 0 } : { mean, m2: Math.abs(m2), min: Math.min(a, b), max: Math.max(a, b) };
    return { kind: "numeric", counts: bins, under, over: count - under, missing, notANumber, wrongType, count, ...range };
  });

const categorical: fc.Arbitrary<CategoricalSummary> = fc
  .tuple(counts(fc.integer({ min: 0, max: 12 })), small, small, small)
  .map(([bins, other, missing, wrongType]) => ({
    kind: "categorical",
    counts: bins,
    other,
    missing,
    wrongType,
    count: bins.reduce((sum, n) => sum + n, other),
  }));

/** `isWindow`: as devices count, whose sums are whole multiples; else as they are once merged. */
const embedding: fc.Arbitrary<EmbeddingSummary> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 300 }), fc.boolean(), fc.tuple(small, small, small))
  .chain(([frequencies, count, isWindow, [missing, notANumber, wrongType]]) => {
    const step = fc.integer({ min: -32_767, max: 32_767 });
    const sum = isWindow ? step.map((s) => s * count + 0) : fc.integer({ min: -32_767 * count, max: 32_767 * count }).map((s) => s + 0);
    const spread = orNull(fc.tuple(positive, positive));
    const sums = fc.array(sum, { minLength: 2 * frequencies, maxLength: 2 * frequencies });
    return record({ kind: fc.constant("embedding" as const), sums, spread }).map((s) => ({ ...s, missing, notANumber, wrongType, count }));
  });

const valuesIn = (f: FeatureSummary) => f.count + invalidIn(f);

export const profile: fc.Arbitrary<Profile> = record({
  specHash: sha256,
  errors: small,
  features: fc.array(fc.oneof({ arbitrary: numeric, weight: 3 }, { arbitrary: categorical, weight: 3 }, embedding), { maxLength: 12 }),
  more: small,
}).map(({ more, ...rest }) => ({ ...rest, rows: Math.max(0, ...rest.features.map(valuesIn)) + more }));

/** The profiles that windows carry unchanged: their sums of squares are floats. */
export const shortProfile = profile.map((p) => ({
  ...p,
  features: p.features.map((f) => (f.kind === "numeric" ? { ...f, m2: Math.fround(Math.min(f.m2, 3e38)) } : f)),
}));

/** Arrays of distinct ascending numbers. */
const ascending = (length: number) =>
  fc
    .uniqueArray(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((d) => d + 0),
      { minLength: length, maxLength: length },
    )
    .map((a) => a.sort((x, y) => x - y));

function specFor(given: Profile): fc.Arbitrary<ProfileSpec> {
  const features = given.features.map((feature, i) => {
    const shared = { name: fc.constant(`f${i}`), role: fc.constantFrom("input", "output", "runtime") };
    if (feature.kind === "embedding") {
      const map = { seed: u32, dimensions: fc.integer({ min: 1, max: 500 }), frequencies: fc.constant(feature.sums.length / 2), bandwidth: positive };
      return record({ kind: fc.constant("embedding"), ...shared, ...map });
    }
    return feature.kind === "numeric"
      ? record({
          kind: fc.constant("numeric"),
          ...shared,
          cuts: ascending(feature.counts.length - 1),
          low: double.map((d) => d + 0),
          high: double.map((d) => d + 0),
        })
      : record({ kind: fc.constant("categorical"), ...shared, categories: fc.constant(feature.counts.map((_, c) => `c${c}`)) });
  });
  const image = {
    kind: fc.constant("image"),
    from: printable(10),
    width: fc.integer({ min: 1, max: 4096 }),
    height: fc.constant(28),
    channels: fc.constant(3),
  };
  const input = fc.oneof(
    fc.constant({ kind: "none" }),
    record(image),
    record({ ...image, thumbnail: fc.integer({ min: 1, max: 32 }) }),
    record({
      kind: fc.constant("tabular"),
      columns: fc.array(
        fc.oneof(
          record({ name: printable(10), kind: fc.constantFrom("numeric", "categorical", "boolean") }),
          record({ name: printable(10), kind: fc.constant("embedding"), length: fc.integer({ min: 1, max: 2_000 }) }),
        ),
        { maxLength: 4 },
      ),
    }),
  );
  const recipe = record({ input, task: fc.constantFrom("classification", "regression", "anomaly") });
  return record({ formatVersion: fc.constant(1), recipe, features: fc.tuple(...features) }) as unknown as fc.Arbitrary<ProfileSpec>;
}

const watch: fc.Arbitrary<WatchPlan> = record({
  streams: fc.array(record({ name: fc.constantFrom("score", "latency_ms", "error"), falseAlarmEvery: fc.double({ min: 1, max: 1e15, noNaN: true }) }), {
    maxLength: 5,
  }),
  alarmsPerFleetDay: fc.double({ min: 0, max: 1e6, noNaN: true }).map((n) => n + 0),
  devices: u32,
  rowsPerDay: fc.double({ min: 0, max: 1e9, noNaN: true }).map((n) => n + 0),
});

export const referenceProfile: fc.Arbitrary<ReferenceProfile> = profile.chain((p) =>
  record(
    {
      spec: specFor(p),
      cohorts: fc
        .array(record({ selector: printable(20), profile: fc.constant(p), rows: u32 }), { maxLength: 2 })
        .map((more) => [{ selector: "", profile: p, rows: p.rows }, ...more]),
      watch,
    },
    { requiredKeys: ["spec", "cohorts"] },
  ),
);
