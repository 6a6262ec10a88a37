import type { Reading, ReadingInput } from "@kedge/sensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentBytes, readInput, type SampleInput, sampleBytes, sampleInputs } from "./index.js";
import { utf8Bytes, utf8Text } from "./utf8.js";

const all = { inputs: "all" as const };
const only = (...inputs: string[]) => ({ inputs });

const tensors: Record<string, ReadingInput> = {
  image: { type: "uint8", dims: [2, 2], values: Uint8Array.of(0, 1, 254, 255) },
  mask: { type: "bool", dims: [3], values: Uint8Array.of(1, 0, 1) },
  signal: { type: "float32", dims: [3], values: Float32Array.of(0, -1.5, Number.POSITIVE_INFINITY) },
  counts: { type: "int32", dims: [2], values: Int32Array.of(-1, 2 ** 31 - 1) },
  ids: { type: "int64", dims: [2], values: BigInt64Array.of(-1n, 2n ** 63n - 1n) },
  words: { type: "string", dims: [2], values: ["é", '𝄞 \n"'] },
  empty: { type: "float32", dims: [0], values: new Float32Array(0) },
  number: 1.25,
  broken: Number.NaN,
  endless: Number.NEGATIVE_INFINITY,
  text: "naïve",
  flag: false,
  absent: null,
};
const reading: Pick<Reading, "inputs"> = { inputs: tensors };

describe("inputs as bytes", () => {
  test("are read back as what they were", () => {
    for (const input of sampleInputs(reading, all)) expect(readInput(input), input.name).toEqual(tensors[input.name]);
  });

  test("come by name in ascending order, and only those that the policy lets out", () => {
    expect(sampleInputs(reading, all).map((i) => i.name)).toEqual(Object.keys(tensors).sort());
    expect(sampleInputs(reading, only("text", "image", "nobody")).map((i) => i.name)).toEqual(["image", "text"]);
    expect(sampleInputs(reading, only())).toEqual([]);
  });

  test("are never larger than was estimated", () => {
    const texts = fc.record({ a: fc.string({ unit: "binary" }), b: fc.double(), c: fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }) });
    fc.assert(
      fc.property(texts, ({ a, b, c }) => {
        const inputs: Record<string, ReadingInput> = { a, b, c: { type: "string", dims: [c.length], values: c } };
        const made = sampleInputs({ inputs }, all).reduce((sum, { bytes }) => sum + bytes.length, 0);
        expect(made).toBeLessThanOrEqual(sampleBytes({ inputs }, all));
      }),
      { seed: 6 },
    );
    expect(sampleBytes({ inputs: { image: tensors["image"] ?? null } }, all)).toBe(4);
    expect(sampleBytes(reading, only("image"))).toBe(4);
  });

  test("share no memory with the reading", () => {
    const values = Uint8Array.of(1, 2);
    const [input] = sampleInputs({ inputs: { image: { type: "uint8", dims: [2], values } } }, all);
    values.fill(9);
    expect(input?.bytes).toEqual(Uint8Array.of(1, 2));
  });

  test.each<[string, SampleInput]>([
    ["fewer bytes than the shape", { name: "a", type: "float32", dims: [2], bytes: new Uint8Array(7) }],
    ["no JSON", { name: "a", type: "column", dims: [], bytes: utf8Bytes("{") }],
    ["an object", { name: "a", type: "column", dims: [], bytes: utf8Bytes('{"number":"5"}') }],
    ["fewer words than the shape", { name: "a", type: "string", dims: [2], bytes: utf8Bytes('["x"]') }],
    ["words that are none", { name: "a", type: "string", dims: [1], bytes: utf8Bytes("[1]") }],
  ])("%s are not read", (_, input) => {
    expect(readInput(input)).toBeUndefined();
  });

  test("lie anywhere in a larger buffer", () => {
    const buffer = new Uint8Array(13);
    buffer.set(sampleInputs({ inputs: { s: tensors["signal"] ?? null } }, all)[0]?.bytes ?? [], 1);
    expect(readInput({ name: "s", type: "float32", dims: [3], bytes: buffer.subarray(1) })).toEqual(tensors["signal"]);
  });
});

describe("the content that is hashed", () => {
  const hex = (inputs: readonly SampleInput[]) => Buffer.from(contentBytes(inputs)).toString("hex");
  const input = (changes: Partial<SampleInput> = {}): SampleInput => ({ name: "a", type: "uint8", dims: [2], bytes: Uint8Array.of(1, 2), ...changes });

  test("is the same for the same inputs, for ever", () => {
    expect(hex([input()])).toBe("000000115b2261222c2275696e7438222c5b325d5d000000020102");
  });

  test("differs for whatever differs", () => {
    const others = [
      [],
      [input({ name: "b" })],
      [input({ type: "bool" })],
      [input({ dims: [1, 2] })],
      [input({ bytes: Uint8Array.of(1, 3) })],
      [input(), input()],
    ];
    expect(new Set([...others, [input()]].map(hex)).size).toBe(others.length + 1);
  });
});

describe("UTF-8", () => {
  test("is what every other program makes of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(utf8Bytes(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)));
        expect(utf8Text(utf8Bytes(text))).toBe(text);
      }),
      { seed: 8 },
    );
    expect(utf8Bytes("a\ud800b")).toEqual(utf8Bytes("a\ufffdb"));
  });

  test("is refused character by character when it is none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const isValid = (() => {
          try {
            return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
          } catch {
            return undefined;
          }
        })();
        if (isValid === undefined) expect(utf8Text(bytes)).toContain("\ufffd");
        else expect(utf8Text(bytes)).toBe(isValid);
      }),
      { seed: 9, numRuns: 500 },
    );
    for (const wrong of [
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x82],
    ]) {
      expect(utf8Text(Uint8Array.from(wrong))).toContain("\ufffd");
    }
  });
});
