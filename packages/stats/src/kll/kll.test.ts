import { readFileSync } from "node:fs";
import { normal, seededRandom } from "@kedge/core";
import { nastyFloats } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kolmogorovSmirnov } from "../hypothesis/kolmogorov-smirnov.js";
import { decodeKll, encodeKll, type KllItemType } from "./kll-codec.js";
import { kllQuantile, kllRank, kllRankError, kllSample } from "./kll-queries.js";
import { addToKll, emptyKll, type KllSketch, levelCapacity, mergeKll, totalCapacity } from "./kll-sketch.js";

fc.configureGlobal({ seed: 20_260_101 });

interface VectorFile {
  readonly file: string;
  readonly sketch: "kll_float" | "kll_double";
  readonly n: number;
  readonly base64: string;
}

const { files } = JSON.parse(readFileSync(new URL("../../vectors/datasketches-kll.json", import.meta.url), "utf8")) as {
  readonly files: readonly VectorFile[];
};

function of(values: Iterable<number>, k = 200, seed = 1): KllSketch {
  const random = seededRandom(seed);
  const sketch = emptyKll(k);
  for (const value of values) addToKll(sketch, value, random);
  return sketch;
}

function decoded(bytes: Uint8Array, type: KllItemType = "float64"): KllSketch {
  const read = decodeKll(bytes, type);
  if (read.kind !== "decoded") throw new Error(read.message);
  return read.value;
}

const weight = (sketch: KllSketch): number => sketch.levels.reduce((sum, level, height) => sum + level.length * 2 ** height, 0);

function changed(bytes: Uint8Array, place: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[place] = value;
  return copy;
}

/** What must hold of any sketch, however it came about. */
function expectSound(sketch: KllSketch): void {
  expect(weight(sketch)).toBe(sketch.n);
  expect(sketch.held).toBe(sketch.levels.reduce((sum, level) => sum + level.length, 0));
  expect(sketch.capacity).toBe(totalCapacity(sketch.k, sketch.levels.length));
  expect(sketch.held).toBeLessThanOrEqual(sketch.capacity);
  for (const level of sketch.levels) expect(level.every((v) => v >= sketch.min && v <= sketch.max)).toBe(true);
  for (const level of sketch.levels.slice(1)) expect(level.every((v, i) => i === 0 || v >= (level[i - 1] ?? 0))).toBe(true);
}

describe("DataSketches' published bytes", () => {
  test.each(files.map((f) => [f.file, f] as const))("%s", (_, { base64, n, sketch: kind, file }) => {
    const type = kind === "kll_float" ? "float32" : "float64";
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    const sketch = decoded(bytes, type);
    expectSound(sketch);
    expect([sketch.n, sketch.k, sketch.notANumber]).toEqual([n, 200, 0]);
    if (n > 0) expect([sketch.min, sketch.max]).toEqual([1, n]);
    for (const rank of [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]) if (n > 0) expect(Math.abs(kllQuantile(sketch, rank) / n - rank)).toBeLessThan(0.0133 + 1 / n);
    // The legacy files write one item at full length; the present form is the short one.
    if (!file.endsWith("one_item_v1.sk")) expect(encodeKll(sketch, type)).toEqual(bytes);
    if (n <= 200) {
      const own = encodeKll(of(Array.from({ length: n }, (_x, i) => i + 1)), type);
      expect(own).toEqual(encodeKll(sketch, type));
    }
  });
});

describe("a sketch", () => {
  test("of up to k values is exact", () => {
    const sketch = of(Array.from({ length: 200 }, (_, i) => (i * 77) % 200));
    expect(kllRankError(sketch)).toBe(0);
    expect([0, 0.005, 0.5, 0.995, 1].map((rank) => kllQuantile(sketch, rank))).toEqual([0, 0, 99, 198, 199]);
    expect(kllRank(sketch, 99)).toBe(0.5);
  });

  test("keeps its rank error on sorted, reversed and random streams", () => {
    const random = seededRandom(4);
    const n = 50_000;
    const orders: Record<string, (i: number) => number> = { up: (i) => i / n, down: (i) => 1 - i / n, random: () => random() };
    for (const next of Object.values(orders)) {
      const sketch = of(Array.from({ length: n }, (_, i) => next(i)));
      expectSound(sketch);
      for (let q = 0.02; q < 1; q += 0.02) expect(Math.abs(kllRank(sketch, q) - q)).toBeLessThan(0.02);
    }
  });

  test("is small: under 650 items of 300,000", () => {
    const random = seededRandom(6);
    const sketch = of({
      *[Symbol.iterator]() {
        for (let i = 0; i < 300_000; i += 1) yield random();
      },
    });
    expect(sketch.held).toBeLessThan(650);
    expect(encodeKll(sketch, "float32").length).toBeLessThan(2_900);
  });

  test("counts what is no number and changes nothing else", () => {
    const sketch = of([Number.NaN, 2, Number.POSITIVE_INFINITY, 1]);
    expect(sketch).toEqual({ ...of([2, 1]), notANumber: 2 });
  });

  test("empty, it knows no quantile", () => {
    expect([kllQuantile(emptyKll(), 0.5), kllRank(emptyKll(), 1)]).toEqual([Number.NaN, Number.NaN]);
    expect(kllQuantile(of([1]), 2)).toBeNaN();
  });

  test("k is kept within its bounds", () => {
    expect([emptyKll(0).k, emptyKll(Number.NaN).k, emptyKll(1e9).k, emptyKll(100.7).k]).toEqual([8, 8, 65_535, 100]);
  });

  test("capacities fall by two thirds from the top, down to eight", () => {
    expect([3, 2, 1, 0].map((height) => levelCapacity(200, 4, height))).toEqual([200, 133, 89, 59]);
    expect(levelCapacity(200, 40, 0)).toBe(8);
  });
});

describe("merging", () => {
  const random = seededRandom(9);
  const merge = (a: KllSketch, b: KllSketch): KllSketch => mergeKll(a, b, random);
  const small = fc.integer({ min: 8, max: 20 });
  const sorted = (sketch: KllSketch): number[] =>
    sketch.levels
      .flat()
      .map((v) => v + 0)
      .sort((a, b) => a - b);

  test("gives exact count, ends and weight, in any order of merging", () => {
    fc.assert(
      fc.property(nastyFloats(), nastyFloats(), nastyFloats(), small, (a, b, c, k) => {
        const [x, y, z] = [of(a, k), of(b, k), of(c, k)];
        const left = merge(merge(x, y), z);
        const right = merge(x, merge(z, y));
        for (const sketch of [left, right]) expectSound(sketch);
        expect([left.n, left.min + 0, left.max + 0, left.notANumber]).toEqual([right.n, right.min + 0, right.max + 0, right.notANumber]);
      }),
    );
  });

  test("loses nothing while exact, and is then the same in any order", () => {
    fc.assert(
      fc.property(nastyFloats(60), nastyFloats(60), (a, b) => {
        const together = of([...a, ...b]);
        expect(sorted(merge(of(a), of(b)))).toEqual(sorted(together));
        expect(sorted(merge(of(b), of(a)))).toEqual(sorted(together));
      }),
    );
  });

  test("the empty sketch changes nothing, and neither argument is touched", () => {
    fc.assert(
      fc.property(nastyFloats(), small, (values, k) => {
        const sketch = of(values, k);
        const before = JSON.stringify(sketch);
        expect(merge(sketch, emptyKll(k))).toEqual(sketch);
        expect(merge(emptyKll(k), sketch).n).toBe(sketch.n);
        expect(JSON.stringify(sketch)).toBe(before);
      }),
    );
  });

  test("of many parts keeps the error of one sketch of all", () => {
    let whole = emptyKll(200);
    for (let part = 0; part < 100; part += 1) {
      whole = merge(
        whole,
        of(
          Array.from({ length: 1_000 }, () => random()),
          200,
          part,
        ),
      );
    }
    expectSound(whole);
    for (let q = 0.05; q < 1; q += 0.05) expect(Math.abs(kllRank(whole, q) - q)).toBeLessThan(0.02);
  });

  test("of different k remembers the worse error", () => {
    const coarse = of(
      Array.from({ length: 5_000 }, () => random()),
      50,
    );
    const fine = of(
      Array.from({ length: 5_000 }, () => random()),
      400,
    );
    expect(merge(fine, coarse)).toMatchObject({ k: 400, minK: 50 });
    expect(merge(coarse, fine)).toMatchObject({ k: 50, minK: 50 });
    expect(merge(fine, of([1], 50)).minK).toBe(400);
  });
});

test("Kolmogorov-Smirnov on sketches keeps its level where the plain one cries wolf", () => {
  const random = seededRandom(12);
  const trials = 60;
  let aware = 0;
  let plain = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const [a, b] = [8_000, 12_000].map((n) => {
      const sketch = emptyKll(64);
      for (let i = 0; i < n; i += 1) addToKll(sketch, normal(random), random);
      return kllSample(sketch);
    });
    if (a === undefined || b === undefined) continue;
    if (kolmogorovSmirnov(a, b).pValue <= 0.05) aware += 1;
    if (kolmogorovSmirnov({ ...a, sketchRows: Number.POSITIVE_INFINITY }, { ...b, sketchRows: Number.POSITIVE_INFINITY }).pValue <= 0.05) plain += 1;
  }
  expect(aware / trials).toBeLessThan(0.12);
  expect(plain / trials).toBeGreaterThan(0.4);
});

describe("decoding", () => {
  const random = seededRandom(2);
  const whole = encodeKll(
    of(
      Array.from({ length: 3_000 }, () => random()),
      64,
    ),
  );

  test("gives back what was encoded, in both widths", () => {
    fc.assert(
      fc.property(nastyFloats(), fc.integer({ min: 8, max: 20 }), (values, k) => {
        const sketch = of(values, k);
        expect(decoded(encodeKll(sketch))).toEqual({ ...sketch, notANumber: 0 });
        const narrow = of(
          values.map((v) => Math.fround(Math.max(-1e30, Math.min(1e30, v)))),
          k,
        );
        expect(decoded(encodeKll(narrow, "float32"), "float32")).toEqual({ ...narrow, notANumber: 0 });
      }),
    );
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array, string]>([
    ["nothing", () => new Uint8Array(0), "stats/truncated"],
    ["a cut end", (b) => b.slice(0, -1), "stats/truncated"],
    ["bytes too many", (b) => new Uint8Array([...b, 0]), "stats/truncated"],
    ["another family", (b) => changed(b, 2, 7), "stats/not-this-sketch"],
    ["a later version", (b) => changed(b, 1, 3), "stats/version"],
    ["another m", (b) => changed(b, 6, 9), "stats/corrupt"],
    ["more levels than any", (b) => changed(b, 18, 200), "stats/corrupt"],
    ["a count that is not the weight", (b) => changed(b, 8, (b[8] ?? 0) ^ 1), "stats/corrupt"],
    ["a count beyond all", (b) => changed(b, 15, 0xff), "stats/too-large"],
    ["an item out of range", (b) => changed(b, b.length - 1, 0x7f), "stats/corrupt"],
  ])("refuses %s by name", (_, change, code) => {
    expect(decodeKll(change(whole))).toMatchObject({ kind: "rejected", code });
  });

  test("never throws on changed bytes, and what it takes is sound", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice();
        for (const [place, value] of changes) bytes[place] = value;
        for (const message of [bytes, bytes.slice(0, length)]) {
          const read = decodeKll(message);
          if (read.kind === "decoded") expectSound(read.value);
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => ["decoded", "rejected"].includes(decodeKll(bytes).kind)));
  });
});
