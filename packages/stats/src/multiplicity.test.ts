import { normal, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { benjaminiHochberg, benjaminiYekutieli, bonferroni, cauchyCombination, eBenjaminiHochberg } from "./multiplicity.js";
import { normalSf } from "./special/normal.js";

fc.configureGlobal({ seed: 20_260_101 });

const pValues = fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 1e-300, Number.NaN)), { maxLength: 30 });

describe("step-up procedures", () => {
  test("Benjamini-Hochberg's own example rejects four at .05", () => {
    const p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];
    expect(benjaminiHochberg(p, 0.05).count).toBe(4);
    expect(benjaminiYekutieli(p, 0.05).count).toBe(3);
  });

  test("the order of hypotheses does not matter, and a smaller p never loses to a larger", () => {
    fc.assert(
      fc.property(pValues, (p) => {
        const { adjusted, rejected } = benjaminiHochberg(p, 0.1);
        expect(benjaminiHochberg([...p].reverse(), 0.1).adjusted).toEqual([...adjusted].reverse());
        p.forEach((left, i) => {
          p.forEach((right, j) => {
            if (left <= right) expect(adjusted[i] ?? 1).toBeLessThanOrEqual(adjusted[j] ?? 0);
          });
        });
        expect(rejected).toEqual(adjusted.map((q) => q <= 0.1));
      }),
    );
  });

  test("Yekutieli never rejects more", () => {
    fc.assert(fc.property(pValues, (p) => benjaminiYekutieli(p, 0.1).count <= benjaminiHochberg(p, 0.1).count));
  });

  test("e-BH rejects the k largest where the k-th is at least n/(k rate)", () => {
    expect(eBenjaminiHochberg([100, 0.5, 45, 1, 16], 0.1).rejected).toEqual([true, false, true, false, false]);
    expect(eBenjaminiHochberg([Number.POSITIVE_INFINITY, 0, Number.NaN], 0.1).rejected).toEqual([true, false, false]);
    expect(eBenjaminiHochberg([], 0.1).count).toBe(0);
  });
});

describe("combining p-values", () => {
  test("one p-value stays what it is", () => {
    fc.assert(fc.property(fc.double({ min: 1e-12, max: 0.98, noNaN: true }), (p) => Math.abs(cauchyCombination([p]) / p - 1) < 1e-9 && bonferroni([p]) === p));
  });

  test("stays in 0..1 whatever comes", () => {
    fc.assert(
      fc.property(pValues, (p) => {
        for (const combined of [cauchyCombination(p), bonferroni(p)]) expect(combined >= 0 && combined <= 1).toBe(true);
      }),
    );
  });

  test("a far tail is kept, and 0 stays 0", () => {
    expect(cauchyCombination([1e-200, 0.5])).toBeCloseTo(2e-200, 205);
    expect(cauchyCombination([0, 1])).toBe(0);
    expect(cauchyCombination([])).toBe(1);
  });

  test("a weight of 0 leaves a test out", () => {
    expect(cauchyCombination([0.03, 1e-9], [1, 0])).toBeCloseTo(0.03, 12);
  });

  test("one test that saw nothing at all does not silence the other", () => {
    expect(cauchyCombination([0.001, 1])).toBeLessThan(0.003);
  });

  test("holds its level for strongly dependent tests", () => {
    const random = seededRandom(5);
    let alarms = 0;
    for (let trial = 0; trial < 4_000; trial += 1) {
      const shared = normal(random);
      const p = [0, 1].map(() => normalSf(0.8 * shared + 0.6 * normal(random)));
      if (cauchyCombination(p) <= 0.05) alarms += 1;
    }
    // 200 expected at the level; 4 standard errors of a binomial(4000, .05) are 55.
    expect(alarms).toBeLessThan(255);
  });
});
