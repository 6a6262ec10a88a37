import { normal, type Random, seededRandom } from "@kedge/core";
import type { ReadingInput } from "@kedge/sensor";
import { nastyFloat } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildSpec,
  type EmbeddingSummary,
  emptyProfile,
  isIncompatible,
  maxMapNumbers,
  mergeProfiles,
  type Profile,
  profileOf,
  type ProfileSpec,
  type Recipe,
  referenceFrequencies,
  sketchSteps,
} from "./index.js";
import { predictionOf } from "./rows.fixture.js";

const length = 5;
const recipe: Recipe = { input: { kind: "tabular", columns: [{ name: "words", kind: "embedding", length }] }, task: "regression" };
const vector = (values: readonly number[]): ReadingInput => ({ type: "float32", dims: [1, values.length], values: Float32Array.from(values) });
const row = (words: ReadingInput) => predictionOf({ words }, { kind: "regression", value: 1 });
const draw = (count: number, random: Random, shift = 0) =>
  Array.from({ length: count }, () => row(vector(Array.from({ length }, () => shift + normal(random)))));

const spec = buildSpec(recipe, draw(300, seededRandom(1)));
const empty = emptyProfile(spec, "h");

function sketch(profile: Profile): EmbeddingSummary {
  const [first] = profile.features;
  if (first?.kind !== "embedding") throw new Error("no sketch");
  return first;
}

function merged(a: Profile, b: Profile): Profile {
  const both = mergeProfiles(a, b);
  if (isIncompatible(both)) throw new Error(both.reason);
  return both;
}

/** Anything where a vector should be. */
const input: fc.Arbitrary<ReadingInput> = fc.oneof(
  fc.array(fc.oneof(nastyFloat(), fc.double({ min: -9, max: 9, noNaN: true })), { minLength: length - 1, maxLength: length + 1 }).map(vector),
  fc
    .array(fc.nat({ max: 255 }), { minLength: length, maxLength: length })
    .map((v): ReadingInput => ({ type: "uint8", dims: [length], values: Uint8Array.from(v) })),
  fc.constantFrom<ReadingInput>(null, 3, "a vector", true, { type: "string", dims: [length], values: ["a", "b", "c", "d", "e"] }),
  fc.constant<ReadingInput>({ type: "int64", dims: [length], values: new BigInt64Array(length) }),
);

/** As devices count: no reference, so no spread. */
const counted = fc
  .array(input, { maxLength: 20 })
  .map((inputs) => profileOf(spec, "h", inputs.map(row)))
  .map((p): Profile => ({ ...p, features: p.features.map((f) => (f.kind === "embedding" ? { ...f, spread: null } : f)) }));
const options = { seed: 3, numRuns: 150 };

describe("a sketch of vectors", () => {
  test("accounts for every row, whatever comes, in whole numbers within bounds", () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 20 }), (inputs) => {
        const { sums, count, missing, notANumber, wrongType } = sketch(profileOf(spec, "h", inputs.map(row)));
        expect(count + missing + notANumber + wrongType).toBe(inputs.length);
        expect(missing).toBe(inputs.filter((i) => i === null).length);
        expect(sums).toHaveLength(2 * referenceFrequencies);
        for (const sum of sums) expect(Number.isInteger(sum) && !Object.is(sum, -0) && Math.abs(sum) <= count * sketchSteps).toBe(true);
      }),
      options,
    );
  });

  test("merges to the same bits in any order and grouping, and with nothing to itself", () => {
    fc.assert(
      fc.property(counted, counted, counted, (a, b, c) => {
        expect(sketch(merged(a, b))).toEqual(sketch(merged(b, a)));
        expect(sketch(merged(merged(a, b), c))).toEqual(sketch(merged(a, merged(b, c))));
        expect(merged(a, empty)).toEqual(a);
        expect(merged(empty, a)).toEqual(a);
      }),
      options,
    );
  });

  test("as if all vectors had been counted by one, to rounding", () => {
    const [a, b] = [draw(40, seededRandom(2)), draw(70, seededRandom(3), 1)];
    const [apart, whole] = [sketch(merged(profileOf(spec, "h", a), profileOf(spec, "h", b))), sketch(profileOf(spec, "h", [...a, ...b]))];
    // Means are rounded to a step: half a step a vector on either side.
    apart.sums.forEach((sum, i) => {
      expect(Math.abs(sum - (whole.sums[i] ?? 0))).toBeLessThanOrEqual(110);
    });
    expect(apart.spread).toBeNull();
  });

  test("is refused by name where the map is another", () => {
    const [feature] = spec.features;
    if (feature?.kind !== "embedding") throw new Error("no embedding");
    const narrow: ProfileSpec = { ...spec, features: [{ ...feature, frequencies: 3 }, ...spec.features.slice(1)] };
    expect(mergeProfiles(empty, emptyProfile(narrow, "i"))).toMatchObject({ kind: "incompatible", reason: expect.stringMatching(/different specs/) as string });
    expect(mergeProfiles(empty, emptyProfile(narrow, "h"))).toMatchObject({ kind: "incompatible" });
    expect(mergeProfiles(empty, { ...empty, features: [...empty.features].reverse() })).toMatchObject({ kind: "incompatible" });
  });

  test("of a reference knows how its vectors spread; that of a window does not", () => {
    const reference = sketch(profileOf(spec, "h", draw(400, seededRandom(4))));
    const [two, three] = reference.spread ?? [0, 0];
    const scale = 1 / (reference.count * sketchSteps * Math.sqrt(referenceFrequencies));
    const one = 1 - reference.sums.reduce((sum, s) => sum + (s * scale) ** 2, 0);
    // Norms of a covariance fall from the trace on.
    expect(one > Math.sqrt(two) && Math.sqrt(two) > Math.cbrt(three) && three > 0).toBe(true);
    expect(sketch(profileOf(spec, "h", draw(1, seededRandom(5)))).spread).toBeNull();
  });

  test("spreads the same whichever way a device counts, and starts anew once taken", () => {
    const rows = draw(30, seededRandom(6));
    expect(sketch(profileOf(spec, "h", rows)).sums).toEqual(sketch(profileOf(spec, "h", rows)).sums);
  });
});

describe("the map of a feature", () => {
  test("is as wide as the vectors lie apart, and never more than a device keeps", () => {
    const [feature] = spec.features;
    // Five standard normal dimensions: the median distance is near √(2·5).
    expect(feature).toMatchObject({ kind: "embedding", name: "words", dimensions: length, frequencies: referenceFrequencies, seed: 1 });
    expect(Math.abs((feature?.kind === "embedding" ? feature.bandwidth : 0) - 3)).toBeLessThan(0.4);
    const wide: Recipe = { input: { kind: "tabular", columns: [{ name: "words", kind: "embedding", length: 20_000 }] }, task: "regression" };
    const [long] = buildSpec(wide, []).features;
    expect(long?.kind === "embedding" && long.frequencies * long.dimensions <= maxMapNumbers && long.frequencies > 1).toBe(true);
  });

  test("stands where there is nothing, or the same, or no number", () => {
    for (const rows of [[], draw(1, seededRandom(7)), [row(vector([1, 2, 3, 4, 5])), row(vector([1, 2, 3, 4, 5]))], [row(vector([1, Number.NaN, 3, 4, 5]))]]) {
      expect(buildSpec(recipe, rows).features[0]).toMatchObject({ bandwidth: 1 });
    }
  });
});
