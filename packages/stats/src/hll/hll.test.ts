import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHll, encodeHll, type HllWidth } from "./hll-codec.js";
import { estimateHll, hllStandardError } from "./hll-estimate.js";
import { addToHll, emptyHll, type HllSketch, mergeHll } from "./hll-sketch.js";
import { itemBytes, utf8 } from "./item-bytes.js";
import { murmur3 } from "./murmur3.js";

fc.configureGlobal({ seed: 20_260_101 });

interface VectorFile {
  readonly file: string;
  readonly sketch: "hll4" | "hll8";
  readonly writer: "cpp" | "java";
  readonly n: number;
  readonly base64: string;
}

const { files } = JSON.parse(readFileSync(new URL("../../vectors/datasketches-hll.json", import.meta.url), "utf8")) as {
  readonly files: readonly VectorFile[];
};

type Item = string | number | bigint;

function of(items: Iterable<Item>, lgK = 12): HllSketch {
  const sketch = emptyHll(lgK);
  for (const item of items) addToHll(sketch, item);
  return sketch;
}

function* integers(from: number, to: number): Generator<bigint> {
  for (let i = from; i < to; i += 1) yield BigInt(i);
}

function decoded(bytes: Uint8Array): HllSketch {
  const read = decodeHll(bytes);
  if (read.kind !== "decoded") throw new Error(read.message);
  return read.value;
}

/** What a sketch knows of its items, however it was put together. */
const knowledge = (sketch: HllSketch): unknown => [
  sketch.lgK,
  sketch.mode,
  [...sketch.coupons].filter((c) => c > 0).sort((a, b) => a - b),
  [...sketch.registers],
];

const hex = (text: string): string => [...murmur3(utf8(text), 0)].map((w) => w.toString(16).padStart(8, "0")).join(" ");

describe("MurmurHash3 x64-128", () => {
  test("the published values for seed 0", () => {
    expect(hex("")).toBe("00000000 00000000 00000000 00000000");
    // "hello": cbd8a7b341bd9b02 5b1e906a48ae1d19; the fox: e34bbc7bbc071b6c 7a433ca9c49a9347.
    expect(hex("hello")).toBe("41bd9b02 cbd8a7b3 48ae1d19 5b1e906a");
    expect(hex("The quick brown fox jumps over the lazy dog")).toBe("bc071b6c e34bbc7b c49a9347 7a433ca9");
  });

  test("every length up to two blocks gives another hash", () => {
    const seen = new Set(Array.from({ length: 40 }, (_, n) => hex("a".repeat(n))));
    expect(seen.size).toBe(40);
  });
});

describe("the bytes of an item", () => {
  test("texts are UTF-8, as Node writes it", () => {
    for (const unit of ["grapheme", "binary"] as const) {
      fc.assert(
        fc.property(fc.string({ unit }), (text) => {
          expect([...utf8(text)]).toEqual([...Buffer.from(text, "utf8")]);
        }),
        { numRuns: 40 },
      );
    }
    expect([...utf8("\ud800x")]).toEqual([...Buffer.from("\ud800x", "utf8")]);
  });

  test("both zeros are one item, and all NaN are one", () => {
    expect(itemBytes(-0)).toEqual(itemBytes(0));
    expect(itemBytes(Number.NaN)).toEqual(itemBytes(Number.parseFloat("x")));
    expect(estimateHll(of([0, -0, Number.NaN, Number.NaN, 1, 1n]))).toBeCloseTo(4, 3);
  });
});

describe("DataSketches' published bytes", () => {
  test.each(files.map((f) => [f.file, f] as const))("%s", (_, { base64, n, sketch: kind, writer }) => {
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    const width: HllWidth = kind === "hll4" ? 4 : 8;
    const sketch = decoded(bytes);
    expect(sketch.lgK).toBe(12);
    // Their own tests allow 2 %.
    expect(Math.abs(estimateHll(sketch) - n)).toBeLessThanOrEqual(0.02 * n + 1e-6);
    const again = encodeHll(sketch, width);
    // Java leaves the flag of the compact form unset where both forms are one.
    if (writer === "java" && width === 8 && n >= 1_000) again[5] = bytes[5] as number;
    // Coupons of a table come back in the order of a fresh table, as in DataSketches itself.
    if (sketch.mode === "set") expect(knowledge(decoded(again))).toEqual(knowledge(sketch));
    else expect(again).toEqual(bytes);
    if (n > 10_000) return;
    const own = encodeHll(of(integers(0, n)), width);
    // The accumulator starts from an estimate that DataSketches interpolates from a table: equal to 1e-9, not to the bit.
    if (sketch.mode === "registers") {
      expect(estimateHll(decoded(own)) / estimateHll(sketch)).toBeCloseTo(1, 9);
      for (const at of [5, 8, 9, 10, 11]) own[at] = bytes[at] as number;
    }
    expect(own).toEqual(bytes);
  });
});

describe("estimates", () => {
  test("stay within four standard errors from one item to a hundred thousand, merged or not", () => {
    for (const n of [1, 7, 8, 31, 300, 400, 1_000, 4_000, 12_000, 100_000]) {
      const whole = of(integers(0, n), 10);
      const parts = mergeHll(of(integers(0, Math.ceil(n / 2)), 10), of(integers(Math.floor(n / 3), n), 10));
      for (const sketch of [whole, parts]) expect(Math.abs(estimateHll(sketch) / n - 1), `n ${n}`).toBeLessThan(4 * hllStandardError(sketch) + 1e-9);
    }
  });

  test("an item seen twice counts once", () => {
    const sketch = of(["a", "b", "c", "a", "b", "c"]);
    expect(estimateHll(sketch)).toBeCloseTo(3, 6);
    expect(estimateHll(of([...integers(0, 5_000), ...integers(0, 5_000)]))).toBe(estimateHll(of(integers(0, 5_000))));
  });

  test("lgK is kept within its bounds, and small sketches have no table of coupons", () => {
    expect([0, 99, Number.NaN].map((lgK) => emptyHll(lgK).lgK)).toEqual([4, 21, 4]);
    const small = of(integers(0, 12), 5);
    expect(small.mode).toBe("registers");
    expect(Math.abs(estimateHll(small) - 12)).toBeLessThan(6);
  });
});

describe("merging", () => {
  const items = fc.oneof(
    fc.array(fc.nat(40), { maxLength: 12 }),
    fc.array(fc.integer(), { maxLength: 60 }),
    fc.integer({ min: 200, max: 900 }).map((n) => [...integers(n, 2 * n)]),
  );
  const lgK = fc.constantFrom(4, 6, 8, 9);
  const sketch = fc.tuple(items as fc.Arbitrary<Item[]>, lgK).map(([list, size]) => of(list, size));

  test("commutes, associates and is idempotent in what it knows", () => {
    fc.assert(
      fc.property(sketch, sketch, sketch, (a, b, c) => {
        expect(knowledge(mergeHll(a, b))).toEqual(knowledge(mergeHll(b, a)));
        expect(knowledge(mergeHll(mergeHll(a, b), c))).toEqual(knowledge(mergeHll(a, mergeHll(b, c))));
        expect(knowledge(mergeHll(a, a))).toEqual(knowledge(a));
      }),
    );
  });

  test("is the sketch of all items, and the empty one changes nothing", () => {
    fc.assert(
      fc.property(items as fc.Arbitrary<Item[]>, items as fc.Arbitrary<Item[]>, lgK, (a, b, size) => {
        expect(knowledge(mergeHll(of(a, size), of(b, size)))).toEqual(knowledge(of([...a, ...b], size)));
        expect(mergeHll(of(a, size), emptyHll(size))).toEqual(of(a, size));
        expect(estimateHll(mergeHll(emptyHll(size), of(a, size)))).toBe(estimateHll(of(a, size)));
      }),
    );
  });

  test("of different size gives the smaller one", () => {
    const [big, small] = [of(integers(0, 3_000), 12), of(integers(2_000, 6_000), 9)];
    expect(knowledge(mergeHll(big, small))).toEqual(knowledge(of(integers(0, 6_000), 9)));
    expect(knowledge(mergeHll(of(integers(0, 5), 12), small))).toEqual(knowledge(mergeHll(small, of(integers(0, 5), 9))));
  });
});

describe("decoding", () => {
  const changed = (bytes: Uint8Array, place: number, value: number): Uint8Array => {
    const copy = bytes.slice();
    copy[place] = value;
    return copy;
  };
  const many = of(integers(0, 3_000), 8);
  const [four, eight, set, list] = [encodeHll(many, 4), encodeHll(many, 8), encodeHll(of(integers(0, 20), 10)), encodeHll(of(integers(0, 5), 10))];

  test("gives back what was encoded, in both widths, merged or not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000 }), fc.constantFrom<HllWidth>(4, 8), fc.boolean(), (n, width, merge) => {
        const sketch = merge ? mergeHll(of(integers(0, n), 8), of(integers(50, n + 300), 8)) : of(integers(0, n), 8);
        const back = decoded(encodeHll(sketch, width));
        expect(knowledge(back)).toEqual(knowledge(sketch));
        expect(estimateHll(back)).toBe(estimateHll(sketch));
      }),
      { numRuns: 40 },
    );
  });

  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(3), "stats/truncated"],
    ["another family", changed(four, 2, 15), "stats/not-this-sketch"],
    ["a later version", changed(four, 1, 2), "stats/version"],
    ["six bits", changed(four, 7, 2 | 4), "stats/version"],
    ["the updatable form", changed(four, 5, 0), "stats/version"],
    ["an lgK too large", changed(four, 3, 30), "stats/corrupt"],
    ["a cut end", four.slice(0, -1), "stats/truncated"],
    ["a register too large", changed(eight, 40, 64), "stats/corrupt"],
    ["a nibble without its exception", changed(four, 40, 0xff), "stats/corrupt"],
    ["an accumulator below nothing", changed(eight, 15, 0xff), "stats/corrupt"],
    ["a cut table", set.slice(0, -4), "stats/truncated"],
    ["more coupons than fit", changed(set, 9, 200), "stats/corrupt"],
    ["a coupon of nothing", changed(list, 11, 0), "stats/corrupt"],
    ["a coupon twice", new Uint8Array([...list.slice(0, 12), ...list.slice(8, 12), ...list.slice(16)]), "stats/corrupt"],
  ])("refuses %s by name", (_, bytes, code) => {
    expect(decodeHll(bytes)).toMatchObject({ kind: "rejected", code });
  });

  test("never throws on changed bytes", () => {
    for (const whole of [four, eight, set, list]) {
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(whole.length), (changes, length) => {
          const bytes = whole.slice();
          for (const [place, value] of changes) bytes[place] = value;
          for (const message of [bytes, bytes.slice(0, length)]) {
            const read = decodeHll(message);
            if (read.kind === "decoded") expect(Number.isFinite(estimateHll(read.value)) && encodeHll(read.value).length > 0).toBe(true);
          }
        }),
        { numRuns: 300 },
      );
    }
  });
});

test("forty bytes that claim two million registers are refused before these are made", () => {
  const bytes = new Uint8Array(40);
  bytes.set([10, 1, 7, 21, 0, 8, 0, 2]);
  for (const width of [0, 8]) {
    bytes[7] = 2 | width;
    decodeHll(bytes);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20; i += 1) expect(decodeHll(bytes)).toMatchObject({ kind: "rejected", code: "stats/truncated" });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  }
});
