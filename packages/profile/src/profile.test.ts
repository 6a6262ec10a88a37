import { type Random, seededRandom } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildSpec,
  createProfiler,
  emptyProfile,
  type FeatureSummary,
  imageStatistics,
  isIncompatible,
  maxCategories,
  mergeProfiles,
  type NumericSummary,
  type Profile,
  profileOf,
  type ProfileSpec,
  type Recipe,
  referenceFor,
} from "./index.js";

const recipe: Recipe = {
  input: {
    kind: "tabular",
    columns: [
      { name: "t", kind: "numeric" },
      { name: "place", kind: "categorical" },
      { name: "door", kind: "boolean" },
    ],
  },
  task: "classification",
};
const classes = ["cat", "dog", "emu"];

function prediction(inputs: Prediction["reading"]["inputs"], classIndex = 0, probabilities: readonly number[] = [0.7, 0.2, 0.1]): Prediction {
  return {
    reading: { id: "r", atMs: 0, inputs },
    outcome: { kind: "classification", classIndex, label: classes[classIndex] ?? "", probabilities: Float32Array.from(probabilities) },
    latencyMs: 2,
    bundleDigest: "",
  };
}

function row(random: Random): Prediction {
  return prediction({ t: 20 + 5 * random(), place: random() < 0.5 ? "roof" : "cellar", door: random() < 0.2 }, Math.floor(2 * random()));
}

function specOf(rows = 400): ProfileSpec {
  const random = seededRandom(1);
  return buildSpec(
    recipe,
    Array.from({ length: rows }, () => row(random)),
    classes,
  );
}

const spec = specOf();
const at = (profile: Profile, name: string): FeatureSummary => profile.features[spec.features.findIndex((f) => f.name === name)] as FeatureSummary;
const numeric = (profile: Profile, name: string): NumericSummary => at(profile, name) as NumericSummary;

describe("a spec from a reference", () => {
  test("has ascending cuts of nearly equal share, the words seen, and every class in its place", () => {
    const t = spec.features.find((f) => f.name === "t");
    expect(t?.kind === "numeric" && t.cuts.length).toBe(31);
    if (t?.kind === "numeric") for (let i = 1; i < t.cuts.length; i += 1) expect(t.cuts[i]).toBeGreaterThan(t.cuts[i - 1] ?? 0);
    expect(spec.features.find((f) => f.name === "class")).toMatchObject({ categories: classes, role: "output" });
    expect(spec.features.find((f) => f.name === "door")).toMatchObject({ categories: ["false", "true"] });
    expect(spec.features.map((f) => f.role)).toEqual(["input", "input", "input", "output", "output", "output", "output", "runtime"]);
  });

  test("bounds the words it keeps, most frequent first", () => {
    const many = buildSpec(
      recipe,
      Array.from({ length: 1_000 }, (_, i) => prediction({ t: i, place: i % 3 === 0 ? "often" : `rare-${i}`, door: true })),
    );
    const place = many.features.find((f) => f.name === "place");
    expect(place?.kind === "categorical" && [place.categories.length, place.categories[0]]).toEqual([maxCategories, "often"]);
  });
});

describe("a profiler", () => {
  test("counts what is no value apart, and never throws for a value", () => {
    const profiler = createProfiler(spec, "h");
    const broken = [
      { t: null },
      { t: Number.NaN },
      { t: Number.POSITIVE_INFINITY },
      { t: "warm" },
      {},
      { t: -1e9 },
      { t: 1e9 },
      { t: 22, place: "moon", door: "yes" },
      { t: 1e200 },
    ];
    for (const inputs of broken) profiler.add(prediction(inputs as Prediction["reading"]["inputs"]));
    profiler.addError();
    const profile = profiler.take();
    expect(profile).toMatchObject({ rows: broken.length, errors: 1 });
    expect(numeric(profile, "t")).toMatchObject({ missing: 2, notANumber: 3, wrongType: 1, under: 1, over: 1, count: 3, min: -1e9, max: 1e9 });
    expect(at(profile, "place")).toMatchObject({ missing: 8, count: 1, counts: [0, 0] });
    expect((at(profile, "place") as { other: number }).other).toBe(1);
    expect(profile.features.every((f) => f.counts.every((c) => Number.isInteger(c) && c >= 0))).toBe(true);
  });

  test("starts anew after each profile", () => {
    const profiler = createProfiler(spec, "h");
    profiler.add(row(seededRandom(2)));
    expect([profiler.rows, profiler.take().rows, profiler.rows]).toEqual([1, 1, 0]);
    expect(profiler.take()).toEqual(emptyProfile(spec, "h"));
  });

  test("tells how sure the model is", () => {
    const profile = profileOf(spec, "h", [prediction({}, 0, [0.5, 0.3, 0.2])]);
    expect(numeric(profile, "score").mean).toBeCloseTo(0.5, 6);
    expect(numeric(profile, "margin").mean).toBeCloseTo(0.2, 6);
    expect(numeric(profile, "entropy").mean).toBeCloseTo(-(0.5 * Math.log(0.5) + 0.3 * Math.log(0.3) + 0.2 * Math.log(0.2)), 6);
  });
});

const value = fc.oneof(
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, "x", true),
);
const profiles = fc.array(fc.record({ t: value, place: fc.constantFrom("roof", "cellar", "moon", null), door: fc.boolean() }), { maxLength: 12 }).map((rows) =>
  profileOf(
    spec,
    "h",
    rows.map((r) => prediction(r as Prediction["reading"]["inputs"], r.door ? 1 : 2)),
  ),
);

/** Counts exactly, moments to rounding. */
function expectSame(a: Profile, b: Profile): void {
  expect([a.rows, a.errors]).toEqual([b.rows, b.errors]);
  a.features.forEach((f, i) => {
    const g = b.features[i] as FeatureSummary;
    if (f.kind === "categorical" || g.kind === "categorical") {
      expect(f).toEqual(g);
      return;
    }
    const { mean, m2, ...exact } = f;
    const { mean: mean2, m2: m22, ...exact2 } = g;
    expect(exact).toEqual(exact2);
    const scale = Math.max(1, Math.abs(f.max), Math.abs(f.min));
    expect(Math.abs(mean - mean2) / scale).toBeLessThan(1e-9);
    expect(Math.abs(m2 - m22) / (scale * scale * Math.max(1, f.count))).toBeLessThan(1e-9);
  });
}

function sum(a: Profile, b: Profile): Profile {
  const merged = mergeProfiles(a, b);
  if (isIncompatible(merged)) throw new Error(merged.reason);
  return merged;
}

describe("merging profiles", () => {
  test("nothing changes nothing; order and grouping do not matter", () => {
    fc.assert(
      fc.property(profiles, profiles, profiles, (a, b, c) => {
        expectSame(sum(a, emptyProfile(spec, "h")), a);
        expectSame(sum(emptyProfile(spec, "h"), a), a);
        expectSame(sum(a, b), sum(b, a));
        expectSame(sum(sum(a, b), c), sum(a, sum(b, c)));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("the parts of a stream merge to the profile of the whole", () => {
    const random = seededRandom(3);
    const rows = Array.from({ length: 500 }, () => row(random));
    expectSame(sum(profileOf(spec, "h", rows.slice(0, 123)), profileOf(spec, "h", rows.slice(123))), profileOf(spec, "h", rows));
  });

  test("profiles that count by different specs are refused by name", () => {
    expect(mergeProfiles(emptyProfile(spec, "one"), emptyProfile(spec, "other"))).toMatchObject({
      kind: "incompatible",
      reason: expect.stringContaining("different specs") as string,
    });
    const shorter = { ...emptyProfile(spec, "h"), features: emptyProfile(spec, "h").features.slice(1) };
    expect(mergeProfiles(emptyProfile(spec, "h"), shorter)).toHaveProperty("reason");
  });
});

describe("image statistics", () => {
  const shape = { width: 8, height: 8, channels: 1 };
  const random = seededRandom(4);
  const image = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 > 1 && i % 8 < 5 ? Math.floor(255 * random()) : 0));
  const of = (pixels: Uint8Array, s = shape): Float64Array => {
    const out = new Float64Array(6);
    imageStatistics(pixels, s, out);
    return out;
  };
  const [brightness = 0, contrast = 0, sharpness = 0, edges = 0, x = 0, y = 0] = of(image);

  test("a knock of two pixels moves the centre by two", () => {
    const knocked = Uint8Array.from(image, (_, i) => (i % 8 < 2 ? 0 : (image[i - 2] ?? 0)));
    const after = of(knocked);
    expect((after[4] ?? 0) - x).toBeCloseTo(2, 9);
    expect([after[0], after[5]]).toEqual([expect.closeTo(brightness, 9), expect.closeTo(y, 9)]);
  });

  test("half the light: half as bright, half the contrast, a quarter of the edges, the same centre", () => {
    const even = image.map((p) => p & 0xfe);
    const [b = 0, c = 0, s = 0, e = 0, cx = 0] = of(even);
    const dim = of(even.map((p) => p / 2));
    expect([...dim.slice(0, 5)]).toEqual([
      expect.closeTo(b / 2, 9),
      expect.closeTo(c / 2, 9),
      expect.closeTo(s / 4, 9),
      expect.closeTo(e / 4, 9),
      expect.closeTo(cx, 9),
    ]);
  });

  test("blur takes sharpness and edges away", () => {
    const blurred = Uint8Array.from(image, (_, i) => [i - 1, i, i + 1].reduce((total, k) => total + (image[k] ?? 0), 0) / 3);
    const after = of(blurred);
    expect(after[2]).toBeLessThan(sharpness);
    expect(after[3]).toBeLessThan(edges);
    expect(contrast).toBeGreaterThan(0);
  });

  test("a black image has no centre, which is counted and not invented", () => {
    expect(Number.isNaN(of(new Uint8Array(64))[4])).toBe(true);
    const images: Recipe = { input: { kind: "image", from: "i", ...shape }, task: "classification" };
    const black = prediction({ i: { type: "uint8", dims: [8, 8], values: new Uint8Array(64) } });
    const ofImages = buildSpec(images, [prediction({ i: { type: "uint8", dims: [8, 8], values: image } })], classes);
    const profile = profileOf(ofImages, "h", [black, prediction({})]);
    expect(profile.features[4]).toMatchObject({ notANumber: 1, missing: 1, count: 0 });
  });

  test("three equal channels are one", () => {
    const colour = Uint8Array.from({ length: 192 }, (_, i) => image[Math.floor(i / 3)] ?? 0);
    of(colour, { ...shape, channels: 3 }).forEach((v, i) => {
      expect(v).toBeCloseTo(of(image)[i] ?? 0, 9);
    });
  });
});

describe("the reference of a device", () => {
  const named = (rows: number): Profile => ({ ...emptyProfile(spec, "h"), rows });
  const reference = {
    spec,
    cohorts: [
      { selector: "", profile: named(1), rows: 1 },
      { selector: "site=oslo", profile: named(2), rows: 2 },
      { selector: "site=oslo,line=3", profile: named(3), rows: 3 },
    ],
  };
  test.each([
    [{}, 1],
    [{ site: "lyon" }, 1],
    [{ site: "oslo" }, 2],
    [{ site: "oslo", line: "3" }, 3],
  ])("with labels %o is the most specific that matches", (labels, rows) => expect(referenceFor(reference, labels as Record<string, string>)?.rows).toBe(rows));

  test("is none where no entry matches", () => expect(referenceFor({ spec, cohorts: reference.cohorts.slice(1) }, {})).toBeUndefined());
});
