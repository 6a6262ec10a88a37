import { randomInt, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addToFrequentItems, emptyFrequentItems, type FrequentItems, mergeFrequentItems, topItems, unlisted } from "./frequent-items.js";

fc.configureGlobal({ seed: 20_260_101 });

function of(items: Iterable<string>, capacity = 4): FrequentItems {
  const out = emptyFrequentItems(capacity);
  for (const item of items) addToFrequentItems(out, item);
  return out;
}

const texts = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "", "é"), { maxLength: 80 });
const plain = (items: FrequentItems): unknown => [items.total, items.error, [...items.counts].sort()];

/** True counts lie within what the list says of them. */
function expectBounds(items: FrequentItems, stream: readonly string[]): void {
  expect(items.counts.size).toBeLessThanOrEqual(items.capacity);
  expect(items.error).toBeLessThanOrEqual(stream.length / (items.capacity + 1));
  expect(items.total).toBe(stream.length);
  for (const item of new Set(stream)) {
    const truth = stream.filter((other) => other === item).length;
    const listed = items.counts.get(item) ?? 0;
    expect(truth >= listed && truth <= listed + items.error).toBe(true);
  }
}

test("counts few kinds exactly, by falling count", () => {
  const items = of(["b", "a", "b", "c", "b", "a"]);
  expect(topItems(items)).toEqual([
    { item: "b", atLeast: 3, atMost: 3 },
    { item: "a", atLeast: 2, atMost: 2 },
    { item: "c", atLeast: 1, atMost: 1 },
  ]);
  expect(topItems(items, 1)).toHaveLength(1);
});

test("keeps its bounds on any stream", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 6 }), (stream, capacity) => {
      expectBounds(of(stream, capacity), stream);
    }),
  );
});

test("keeps the frequent ones among ten thousand kinds", () => {
  const random = seededRandom(1);
  const items = emptyFrequentItems(32);
  for (let i = 0; i < 50_000; i += 1) addToFrequentItems(items, random() < 0.2 ? "often" : `rare ${randomInt(random, 10_000)}`);
  expect(topItems(items, 1)[0]).toMatchObject({ item: "often" });
  expect(items.counts.size).toBeLessThanOrEqual(32);
  expect(unlisted(items)).toBeGreaterThan(30_000);
});

test("a long text is listed shortened, and two of them stay two", () => {
  const items = of([`${"x".repeat(5_000)}1`, `${"x".repeat(5_000)}2`]);
  expect([...items.counts.keys()].map((name) => name.length)).toEqual([64, 64]);
});

test("a count that is none changes nothing", () => {
  const items = of(["a"]);
  for (const times of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) addToFrequentItems(items, "b", times);
  expect(plain(items)).toEqual(plain(of(["a"])));
});

describe("merging", () => {
  test("keeps the bounds of the whole stream, and commutes", () => {
    fc.assert(
      fc.property(texts, texts, texts, (a, b, c) => {
        const left = mergeFrequentItems(mergeFrequentItems(of(a), of(b)), of(c));
        const right = mergeFrequentItems(of(a), mergeFrequentItems(of(b), of(c)));
        expectBounds(left, [...a, ...b, ...c]);
        expectBounds(right, [...a, ...b, ...c]);
        expect(plain(mergeFrequentItems(of(a), of(b)))).toEqual(plain(mergeFrequentItems(of(b), of(a))));
      }),
    );
  });

  test("is exact while everything fits, and the empty list changes nothing", () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(plain(mergeFrequentItems(of(a, 20), of(b, 20)))).toEqual(plain(of([...a, ...b], 20)));
        expect(plain(mergeFrequentItems(of(a), emptyFrequentItems(4)))).toEqual(plain(of(a)));
      }),
    );
  });

  test("takes the smaller capacity and touches neither side", () => {
    const [a, b] = [of(["a", "b", "c"], 4), of(["d"], 1)];
    expect(mergeFrequentItems(a, b).capacity).toBe(1);
    expect([a.counts.size, b.counts.size]).toEqual([3, 1]);
  });
});
