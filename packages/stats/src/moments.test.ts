import { nastyFloats } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addToMoments, emptyMoments, largestMagnitude, type Moments, mergeMoments, standardDeviation, variance } from "./moments.js";

fc.configureGlobal({ seed: 20_260_101 });

function of(values: readonly number[]): Moments {
  const moments = emptyMoments();
  for (const value of values) addToMoments(moments, value);
  return moments;
}

const near = (a: number, b: number, scale: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-9 * (Math.abs(a) + Math.abs(b) + scale) + 1e-300;

/** Equal but for rounding: means within 1e-9 of the largest value, m2 of its square. */
function alike(a: Moments, b: Moments): boolean {
  const size = Math.max(0, Math.abs(a.min), Math.abs(a.max));
  const scale = Number.isFinite(size) ? size : 0;
  const exact = a.count === b.count && a.notANumber === b.notANumber && Object.is(a.min + 0, b.min + 0) && Object.is(a.max + 0, b.max + 0);
  return exact && near(a.mean, b.mean, scale) && near(a.m2, b.m2, scale * scale * a.count);
}

test("mean and variance of a known sample", () => {
  const moments = of([2, 4, 4, 4, 5, 5, 7, 9]);
  expect(moments).toEqual({ count: 8, mean: 5, m2: 32, min: 2, max: 9, notANumber: 0 });
  expect(variance(moments)).toBeCloseTo(32 / 7, 14);
  expect(standardDeviation(moments)).toBeCloseTo(Math.sqrt(32 / 7), 14);
});

test("a large offset does not eat the variance", () => {
  expect(variance(of([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]))).toBe(30);
});

test("what is no usable number is counted and changes nothing else", () => {
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, 2 * largestMagnitude];
  expect(of([1, ...strange, 3])).toEqual({ ...of([1, 3]), notANumber: 5 });
});

describe("merging", () => {
  test("is the same as adding all to one", () => {
    fc.assert(fc.property(nastyFloats(), nastyFloats(), (a, b) => alike(mergeMoments(of(a), of(b)), of([...a, ...b]))));
  });

  test("the empty moments change nothing, bit for bit", () => {
    fc.assert(
      fc.property(nastyFloats(), (a) => {
        expect(mergeMoments(of(a), emptyMoments())).toEqual(of(a));
        expect(mergeMoments(emptyMoments(), of(a))).toEqual(of(a));
      }),
    );
  });

  test("commutes bit for bit", () => {
    fc.assert(
      fc.property(nastyFloats(), nastyFloats(), (a, b) => {
        expect(mergeMoments(of(a), of(b))).toEqual(mergeMoments(of(b), of(a)));
      }),
    );
  });

  test("associates", () => {
    fc.assert(
      fc.property(nastyFloats(), nastyFloats(), nastyFloats(), (a, b, c) =>
        alike(mergeMoments(mergeMoments(of(a), of(b)), of(c)), mergeMoments(of(a), mergeMoments(of(b), of(c)))),
      ),
    );
  });

  test("never gives NaN", () => {
    fc.assert(fc.property(nastyFloats(), nastyFloats(), (a, b) => Object.values(mergeMoments(of(a), of(b))).every((v) => !Number.isNaN(v))));
  });
});
