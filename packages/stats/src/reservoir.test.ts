import { seededRandom } from "@kedge/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyReservoir, mergeReservoirs, offerToReservoir, type Reservoir } from "./reservoir.js";

fc.configureGlobal({ seed: 20_260_101 });

function of(items: readonly number[], capacity: number, seed: number): Reservoir<number> {
  const random = seededRandom(seed);
  const out = emptyReservoir<number>(capacity);
  for (const item of items) offerToReservoir(out, item, random);
  return out;
}

const lists = fc.array(fc.nat(1_000), { maxLength: 50 });

test("keeps everything while there is room, then a bounded number", () => {
  expect(
    of([1, 2, 3], 5, 1)
      .entries.map((e) => e.item)
      .sort(),
  ).toEqual([1, 2, 3]);
  const full = of(
    Array.from({ length: 1_000 }, (_, i) => i),
    10,
    1,
  );
  expect([full.entries.length, full.seen]).toEqual([10, 1_000]);
});

test("every item has the same chance, merged or not", () => {
  const hits = [new Array<number>(20).fill(0), new Array<number>(20).fill(0)];
  for (let seed = 0; seed < 4_000; seed += 1) {
    const items = Array.from({ length: 20 }, (_, i) => i);
    const whole = of(items, 5, seed);
    const parts = mergeReservoirs(of(items.slice(0, 3), 5, 2 * seed + 10_000), of(items.slice(3), 5, 2 * seed + 10_001));
    [whole, parts].forEach((sample, which) => {
      for (const { item } of sample.entries) (hits[which] as number[])[item] = ((hits[which] as number[])[item] ?? 0) + 1;
    });
  }
  // 1,000 expected for each; 5 binomial standard errors are 137.
  for (const counts of hits) for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(137);
});

test("merging commutes, associates, and the empty sample changes nothing", () => {
  fc.assert(
    fc.property(lists, lists, lists, fc.nat(100), (a, b, c, seed) => {
      const [x, y, z] = [of(a, 6, seed), of(b, 6, seed + 1), of(c, 6, seed + 2)];
      expect(mergeReservoirs(x, y)).toEqual(mergeReservoirs(y, x));
      expect(mergeReservoirs(mergeReservoirs(x, y), z)).toEqual(mergeReservoirs(x, mergeReservoirs(y, z)));
      expect(mergeReservoirs(x, emptyReservoir(6))).toEqual(x);
    }),
  );
});

test("different capacities merge to the smaller", () => {
  expect(mergeReservoirs(of([1, 2, 3, 4], 4, 1), of([5], 2, 2))).toMatchObject({ capacity: 2, seen: 5, entries: { length: 2 } });
});
