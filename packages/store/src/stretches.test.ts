import fc from "fast-check";
import { expect, test } from "vitest";
import { outside, uncovered } from "./stretches.js";

const range = fc.tuple(fc.nat(200), fc.nat(200)).map(([a, b]) => ({ fromMs: Math.min(a, b), toMs: Math.max(a, b) }));

test("a moment is covered when its hour is whole and nothing in it is due; the rest and that are all", () => {
  fc.assert(
    fc.property(range, fc.integer({ min: 1, max: 40 }), fc.array(fc.nat(220), { maxLength: 8 }), (asked, length, due) => {
      const gaps = uncovered(asked, length, due);
      const covered = outside(asked, gaps);
      for (let t = 0; t < 230; t += 1) {
        const at = Math.floor(t / length) * length;
        const isAsked = t >= asked.fromMs && t < asked.toMs;
        const isWhole = at >= asked.fromMs && at + length <= asked.toMs && !due.some((d) => d >= at && d < at + length);
        const isIn = (list: typeof gaps): boolean => list.some((s) => t >= s.fromMs && t < s.toMs);
        expect(isIn(gaps)).toBe(isAsked && !isWhole);
        expect(isIn(covered)).toBe(isAsked && isWhole);
      }
      expect(gaps).toEqual([...gaps].sort((a, b) => a.fromMs - b.fromMs));
    }),
  );
});
