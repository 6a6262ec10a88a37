import { normal, type Random, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FeatureReference, featureMeanTest, featureReference, medianDistance } from "./hypothesis/feature-mean-test.js";
import * as features from "./random-features.js";

fc.configureGlobal({ seed: 20_260_101 });

const { addToFeatureSum, emptyFeatureSum, mapInto, mergeFeatureSums, quantiseFeatureSum, randomFeatures, restoreFeatureSum } = features;
const spec: features.RandomFeatureSpec = { seed: 7, dimensions: 8, features: 32, bandwidth: 4 };
const map = randomFeatures(spec, seededRandom);

function of(vectors: readonly (readonly number[])[], with_ = map): features.FeatureSum {
  const sum = emptyFeatureSum(with_.spec);
  const scratch = new Float64Array(2 * with_.spec.features);
  for (const vector of vectors) addToFeatureSum(sum, with_, vector, scratch);
  return sum;
}

const draw = (n: number, random: Random, shift = 0, scale = 1): number[][] =>
  Array.from({ length: n }, () => Array.from({ length: 8 }, () => shift + scale * normal(random)));

describe("the map", () => {
  test("is the same for the same seed, another for another", () => {
    expect(randomFeatures(spec, seededRandom).frequencies).toEqual(map.frequencies);
    expect(randomFeatures({ ...spec, seed: 8 }, seededRandom).frequencies).not.toEqual(map.frequencies);
  });

  test("its inner product is near the Gaussian kernel", () => {
    const wide = randomFeatures({ ...spec, features: 512 }, seededRandom);
    const random = seededRandom(3);
    for (let trial = 0; trial < 20; trial += 1) {
      const [x = [], y = []] = draw(2, random, 0, 2);
      const [a, b] = [new Float64Array(1_024), new Float64Array(1_024)];
      mapInto(wide, x, a);
      mapInto(wide, y, b);
      const square = x.reduce((s, v, i) => s + (v - (y[i] ?? 0)) ** 2, 0);
      expect(Math.abs(a.reduce((s, v, i) => s + v * (b[i] ?? 0), 0) - Math.exp(-square / (2 * 16)))).toBeLessThan(0.12);
    }
  });

  test("blocks of frequencies are orthogonal", () => {
    const row = (i: number): Float64Array => map.frequencies.subarray(8 * i, 8 * i + 8);
    for (let i = 0; i < 8; i += 1) for (let j = 0; j < i; j += 1) expect(Math.abs(row(i).reduce((s, v, k) => s + v * (row(j)[k] ?? 0), 0))).toBeLessThan(1e-12);
  });
});

describe("sums", () => {
  const vectors = fc.array(
    fc.array(fc.oneof(fc.double({ min: -50, max: 50, noNaN: true }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)), { minLength: 7, maxLength: 8 }),
    { maxLength: 12 },
  );
  const value = (merged: ReturnType<typeof mergeFeatureSums>): features.FeatureSum => {
    if (merged.kind !== "decoded") throw new Error(merged.message);
    return merged.value;
  };
  const near = (a: features.FeatureSum, b: features.FeatureSum): boolean =>
    a.rows === b.rows && a.notANumber === b.notANumber && a.sum.every((v, i) => Math.abs(v - (b.sum[i] ?? 9)) < 1e-9);

  test("merge as if all vectors had come to one; what cannot be mapped is counted", () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, (a, b, c) => {
        const [x, y, z] = [of(a), of(b), of(c)];
        expect(near(value(mergeFeatureSums(x, y)), of([...a, ...b]))).toBe(true);
        expect(value(mergeFeatureSums(x, y))).toEqual(value(mergeFeatureSums(y, x)));
        expect(near(value(mergeFeatureSums(value(mergeFeatureSums(x, y)), z)), value(mergeFeatureSums(x, value(mergeFeatureSums(y, z)))))).toBe(true);
        expect(value(mergeFeatureSums(x, emptyFeatureSum(spec)))).toEqual(x);
        expect(x.notANumber).toBe(a.filter((v) => v.length !== 8 || v.some((n) => !Number.isFinite(n))).length);
      }),
    );
  });

  test("of different maps are refused by name", () => {
    expect(mergeFeatureSums(of([]), emptyFeatureSum({ ...spec, seed: 8 }))).toMatchObject({ kind: "rejected", code: "stats/incompatible" });
  });

  test("survive sixteen bits, and a wrong length is refused", () => {
    const sum = of(draw(50, seededRandom(1)));
    const mean = quantiseFeatureSum(sum);
    expect(mean.byteLength).toBe(128);
    const back = value(restoreFeatureSum(spec, mean, 50));
    for (const [i, v] of back.sum.entries()) expect(Math.abs(v - (sum.sum[i] ?? 9))).toBeLessThan(50 * 1e-5);
    expect(restoreFeatureSum(spec, new Int16Array(3), 1)).toMatchObject({ code: "stats/incompatible" });
    expect(restoreFeatureSum(spec, mean, Number.NaN)).toMatchObject({ code: "stats/corrupt" });
    expect([...quantiseFeatureSum(emptyFeatureSum(spec))].every((v) => v === 0)).toBe(true);
  });
});

describe("the test of feature means", () => {
  const random = seededRandom(5);
  const reference: FeatureReference = featureReference(map, draw(1_000, random));
  const rate = (shift: number, scale: number): number => {
    let alarms = 0;
    for (let i = 0; i < 200; i += 1) if (featureMeanTest(of(draw(150, random, shift, scale)), reference).pValue <= 0.05) alarms += 1;
    return alarms / 200;
  };

  test("keeps its level, and sees shift and scale", () => {
    // .05 and four standard errors of 200 trials, a little less for the reference's own error.
    expect(rate(0, 1)).toBeLessThan(0.115);
    expect(rate(0.25, 1)).toBeGreaterThan(0.9);
    expect(rate(0, 1.2)).toBeGreaterThan(0.9);
  });

  test("no rows, or a reference of another map, is no evidence", () => {
    expect(featureMeanTest(emptyFeatureSum(spec), reference).pValue).toBe(1);
    expect(featureMeanTest(of(draw(9, random)), { ...reference, mean: new Float64Array(2) }).pValue).toBe(1);
    expect(featureReference(map, [[Number.NaN]]).rows).toBe(0);
  });

  test("the median distance of normal vectors is near √(2·8)", () => {
    expect(Math.abs(medianDistance(draw(300, random), random) - 3.92)).toBeLessThan(0.2);
    expect([medianDistance([], random), medianDistance([[1], [1]], random)]).toEqual([1, 1]);
  });
});
