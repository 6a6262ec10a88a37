import { seededRandom } from "@kedge/core";
import type { Outcome } from "@kedge/inference";
import type { ReadingInput } from "@kedge/sensor";
import { nastyFloat } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answer, mixedRecipe, mixedRows, predictionOf } from "./rows.fixture.js";
import { buildSpec, createProfiler, emptyProfile, type FeatureSummary, type Profile, profileOf, type ProfileSpec, type Recipe } from "./index.js";

const spec = buildSpec(mixedRecipe, mixedRows(500, seededRandom(1)), ["cat", "dog", "cow"]);
const cat: Outcome = { kind: "classification", classIndex: 0, label: "cat", probabilities: Float32Array.of(0.7, 0.2, 0.1) };

function feature<K extends FeatureSummary["kind"]>(profile: Profile, of: ProfileSpec, name: string, kind: K): Extract<FeatureSummary, { kind: K }> {
  const found = profile.features[of.features.findIndex((f) => f.name === name)];
  if (found?.kind !== kind) throw new Error(`${name} is no ${kind} feature`);
  return found as Extract<FeatureSummary, { kind: K }>;
}

/** Anything a reading may hold, fit or not. */
const input = (): fc.Arbitrary<ReadingInput> =>
  fc.oneof(
    nastyFloat(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.constant({ type: "float32" as const, dims: [2], values: Float32Array.of(1, 2) }),
    fc.constantFrom("red", "green", "toString", "__proto__"),
  );

const outcome = (): fc.Arbitrary<Outcome> =>
  fc.oneof(
    fc.record({ kind: fc.constant("regression" as const), value: nastyFloat() }),
    fc.record({ kind: fc.constant("anomaly" as const), score: nastyFloat() }),
    fc.record({
      kind: fc.constant("classification" as const),
      classIndex: fc.nat({ max: 5 }),
      label: fc.constantFrom("cat", "dog", "cow", "fox", "__proto__"),
      probabilities: fc.array(fc.float(), { maxLength: 6 }).map((p) => Float32Array.from(p)),
    }),
  );

const recipes: readonly Recipe[] = [
  mixedRecipe,
  { ...mixedRecipe, task: "regression" },
  { input: { kind: "none" }, task: "anomaly" },
  { input: { kind: "image", from: "temperature", width: 2, height: 1, channels: 1 }, task: "classification" },
];

describe("a profiler", () => {
  test("accounts for every row of every feature, whatever comes", () => {
    const row = fc.record({
      inputs: fc.dictionary(fc.constantFrom("temperature", "colour", "isOpen", "more"), input()),
      outcome: outcome(),
      latencyMs: nastyFloat(),
    });
    for (const recipe of recipes) {
      const own = buildSpec(recipe, mixedRows(50, seededRandom(2)), ["cat", "dog", "cow"]);
      fc.assert(
        fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
          const profile = profileOf(
            own,
            "h",
            rows.map((r) => predictionOf(r.inputs, r.outcome, r.latencyMs)),
          );
          expect(profile.rows).toBe(rows.length);
          for (const f of profile.features) {
            if (f.kind === "embedding") throw new Error("no vectors here");
            const invalid = f.missing + f.wrongType + (f.kind === "numeric" ? f.notANumber : 0);
            expect(f.count + invalid).toBe(rows.length);
            expect(f.counts.reduce((a, b) => a + b, 0) + (f.kind === "categorical" ? f.other : 0)).toBe(f.count);
            if (f.kind === "numeric") {
              expect([f.mean, f.m2, f.min, f.max].every(Number.isFinite)).toBe(true);
              expect(f.min <= f.mean && f.mean <= f.max && f.m2 >= 0).toBe(true);
              expect(f.under + f.over).toBeLessThanOrEqual(f.count);
            }
          }
        }),
        { seed: 1, numRuns: 60 },
      );
    }
  });

  test("tells apart what is missing, of the wrong type, no number, out of range and unheard of", () => {
    const rows = [
      { temperature: 20, colour: "red", isOpen: true },
      { temperature: -1e6, colour: "violet", isOpen: false },
      { temperature: 1e6, colour: 7, isOpen: "true" },
      { temperature: Number.NaN, colour: true, isOpen: 1 },
      { temperature: Number.POSITIVE_INFINITY, colour: null, isOpen: null },
      { temperature: "20", colour: "red" },
      {},
    ];
    const profile = profileOf(
      spec,
      "h",
      rows.map((r) => predictionOf(r, cat)),
    );
    expect(feature(profile, spec, "temperature", "numeric")).toMatchObject({
      count: 3,
      under: 1,
      over: 1,
      notANumber: 2,
      wrongType: 1,
      missing: 1,
      min: -1e6,
      max: 1e6,
    });
    expect(feature(profile, spec, "colour", "categorical")).toMatchObject({ count: 4, other: 2, wrongType: 1, missing: 2 });
    expect(feature(profile, spec, "isOpen", "categorical")).toMatchObject({ count: 2, wrongType: 2, missing: 3 });
  });

  test("score, margin and entropy are the largest probability, its lead, and the spread in nats", () => {
    const { features } = spec;
    const profile = profileOf(spec, "h", [predictionOf({}, cat)]);
    const mean = (name: string): number => feature(profile, spec, name, "numeric").mean;
    expect(mean("score")).toBeCloseTo(0.7, 6);
    expect(mean("margin")).toBeCloseTo(0.5, 6);
    expect(mean("entropy")).toBeCloseTo(-(0.7 * Math.log(0.7) + 0.2 * Math.log(0.2) + 0.1 * Math.log(0.1)), 6);
    expect(features.map((f) => `${f.role} ${f.name}`)).toEqual([
      "input temperature",
      "input colour",
      "input isOpen",
      "output class",
      "output score",
      "output entropy",
      "output margin",
      "runtime latency_ms",
    ]);
  });

  test("an answer of another kind is missing and does not repeat the one before it", () => {
    const profile = profileOf(spec, "h", [predictionOf({}, cat), predictionOf({}, { kind: "regression", value: 3 })]);
    for (const name of ["score", "entropy", "margin"]) expect(feature(profile, spec, name, "numeric")).toMatchObject({ count: 1, missing: 1 });
    expect(feature(profile, spec, "class", "categorical")).toMatchObject({ count: 1, missing: 1 });
  });

  test("broken probabilities are no numbers", () => {
    const broken: Outcome = { ...cat, probabilities: Float32Array.of(0.5, Number.NaN, 0.5) };
    expect(feature(profileOf(spec, "h", [predictionOf({}, broken)]), spec, "score", "numeric")).toMatchObject({ count: 0, notANumber: 1 });
  });

  test("an image of the wrong size or kind is of the wrong type; none at all is missing", () => {
    const recipe: Recipe = { input: { kind: "image", from: "image", width: 4, height: 4, channels: 1 }, task: "classification" };
    const image = (values: Uint8Array | BigInt64Array) => ({
      image: { type: values instanceof Uint8Array ? ("uint8" as const) : ("int64" as const), dims: [values.length], values },
    });
    const rows = [
      image(new Uint8Array(16).fill(9)),
      image(new Uint8Array(16)),
      image(new Uint8Array(15)),
      image(new BigInt64Array(16)),
      { image: "a cat" },
      { image: null },
      {},
    ];
    const own = buildSpec(recipe, [predictionOf(image(new Uint8Array(16)), cat)], ["cat"]);
    const profile = profileOf(
      own,
      "h",
      rows.map((r) => predictionOf(r, cat)),
    );
    expect(feature(profile, own, "brightness", "numeric")).toMatchObject({ count: 2, wrongType: 3, missing: 2 });
    // The second is black and so has no centre.
    expect(feature(profile, own, "center_x", "numeric")).toMatchObject({ count: 1, notANumber: 1, wrongType: 3, missing: 2 });
  });

  test("take starts anew, and errors are counted beside the rows", () => {
    const profiler = createProfiler(spec, "h");
    for (const row of mixedRows(20, seededRandom(3))) profiler.add(row);
    profiler.addError();
    expect(profiler.rows).toBe(20);
    expect(profiler.take()).toMatchObject({ specHash: "h", rows: 20, errors: 1 });
    expect(profiler.rows).toBe(0);
    expect(profiler.take()).toEqual(emptyProfile(spec, "h"));
  });

  test("a feature that the recipe does not give is missing in every row", () => {
    const own: ProfileSpec = { ...spec, features: [{ kind: "numeric", name: "humidity", role: "input", cuts: [1, 2], low: 0, high: 3 }, ...spec.features] };
    const profile = profileOf(own, "h", mixedRows(5, seededRandom(4)));
    expect(profile.features[0]).toMatchObject({ count: 0, missing: 5 });
    expect(feature(profile, own, "temperature", "numeric").count).toBe(5);
  });

  test("more bins than a device counts are refused by name", () => {
    const cuts = Array.from({ length: 256 }, (_, i) => i);
    const wide: ProfileSpec = { ...spec, features: [{ kind: "numeric", name: "temperature", role: "input", cuts, low: 0, high: 300 }] };
    expect(() => createProfiler(wide, "h")).toThrow(expect.objectContaining({ code: "profile/too-many-bins" }));
    expect(() =>
      createProfiler({ ...wide, features: [{ kind: "numeric", name: "temperature", role: "input", cuts: cuts.slice(1), low: 0, high: 300 }] }, "h"),
    ).not.toThrow();
  });

  test("a profile is plain JSON", () => {
    const random = seededRandom(5);
    const profile = profileOf(spec, "h", [...mixedRows(50, random), predictionOf({ temperature: 1e9 }, answer(random))]);
    expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
  });
});
