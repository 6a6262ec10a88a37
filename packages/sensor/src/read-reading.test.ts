import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64Bytes, decodeBase64 } from "./base64.js";
import { readReading } from "./read-reading.js";
import type { Tensor } from "./reading.js";

const defaults = { id: "line-1", atMs: 1000 };
const read = (value: unknown) => readReading(value, defaults);
const inputs = (x: unknown) => ({ inputs: { x } });

describe("a good reading", () => {
  test("takes columns as they are and fills in id and time", () => {
    expect(read({ inputs: { t: 1.5, s: "a", b: true, n: null } })).toEqual({
      kind: "reading",
      reading: { ...defaults, inputs: { t: 1.5, s: "a", b: true, n: null } },
    });
    expect(read({ id: "r7", atMs: 5, inputs: {} })).toEqual({ kind: "reading", reading: { id: "r7", atMs: 5, inputs: {} } });
  });

  test.each<[unknown, Tensor]>([
    [
      { type: "uint8", dims: [2], values: [0, 255] },
      { type: "uint8", dims: [2], values: Uint8Array.of(0, 255) },
    ],
    [
      { type: "uint8", dims: [2], base64: "AP8=" },
      { type: "uint8", dims: [2], values: Uint8Array.of(0, 255) },
    ],
    [
      { type: "float32", dims: [], base64: "AADAPw==" },
      { type: "float32", dims: [], values: Float32Array.of(1.5) },
    ],
    [
      { type: "float32", dims: [1, 2], values: [0.1, 2] },
      { type: "float32", dims: [1, 2], values: Float32Array.of(0.1, 2) },
    ],
    [
      { type: "int32", dims: [1], base64: "/////w==" },
      { type: "int32", dims: [1], values: Int32Array.of(-1) },
    ],
    [
      { type: "int64", dims: [2], values: [7, "-9223372036854775808"] },
      { type: "int64", dims: [2], values: BigInt64Array.of(7n, -(2n ** 63n)) },
    ],
    [
      { type: "bool", dims: [3], values: [true, 0, 1] },
      { type: "bool", dims: [3], values: Uint8Array.of(1, 0, 1) },
    ],
    [
      { type: "string", dims: [1], values: ["é"] },
      { type: "string", dims: [1], values: ["é"] },
    ],
    [
      { type: "float32", dims: [0], values: [] },
      { type: "float32", dims: [0], values: new Float32Array(0) },
    ],
  ])("reads the tensor %j", (json, tensor) => {
    const found = read(inputs(json));
    expect(found.kind === "reading" && found.reading.inputs["x"]).toEqual(tensor);
  });

  test("an input named __proto__ is an input and nothing more", () => {
    const found = read(JSON.parse('{"inputs": {"__proto__": 3}}'));
    if (found.kind !== "reading") throw new Error(found.message);
    expect(Object.keys(found.reading.inputs)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(found.reading.inputs)).toBe(Object.prototype);
  });
});

describe("a bad one is rejected with its path, what was expected and what was found", () => {
  test.each<[unknown, string]>([
    [null, "reading: expected an object, found null"],
    [[1], "reading: expected an object, found a list of 1"],
    [{}, "reading.inputs: expected an object, found nothing"],
    [{ inputs: {}, extra: 1 }, "reading.extra: expected one of id, atMs, inputs, found 1"],
    [{ id: "", inputs: {} }, 'reading.id: expected 1 to 256 characters, found ""'],
    [{ atMs: -1, inputs: {} }, "reading.atMs: expected milliseconds since 1970, found -1"],
    [inputs([1, 2]), "reading.inputs.x: expected a tensor, a number, a string, true, false or null, found a list of 2"],
    [inputs({ type: "double", dims: [1], values: [1] }), 'reading.inputs.x.type: expected one of float32, uint8, int32, int64, bool, string, found "double"'],
    [inputs({ type: "toString", dims: [1], values: [1] }), "reading.inputs.x.type: expected one of"],
    [inputs({ type: "uint8", dims: [2], values: [1] }), "reading.inputs.x.values: expected 2 elements for shape [2], found a list of 1"],
    [inputs({ type: "uint8", dims: [2, -1], values: [1] }), "reading.inputs.x.dims[1]: expected a whole number from 0 to 2147483647, found -1"],
    [inputs({ type: "uint8", dims: [0, 1e300], values: [] }), "reading.inputs.x.dims[1]: expected a whole number from 0 to 2147483647, found 1e+300"],
    [inputs({ type: "uint8", dims: [65536, 65536], base64: "" }), "reading.inputs.x.dims: expected up to 16777216 elements, found 4294967296"],
    [inputs({ type: "uint8", dims: [1], values: [256] }), "reading.inputs.x.values[0]: expected a whole number from 0 to 255, found 256"],
    [inputs({ type: "int32", dims: [1], values: [1.5] }), "reading.inputs.x.values[0]: expected a whole number from"],
    [inputs({ type: "float32", dims: [1], values: ["1"] }), 'reading.inputs.x.values[0]: expected a number, found "1"'],
    [inputs({ type: "int64", dims: [1], values: ["9223372036854775808"] }), "reading.inputs.x.values[0]: expected a 64-bit whole number"],
    [inputs({ type: "uint8", dims: [2], base64: "AA==" }), "reading.inputs.x.base64: expected 2 bytes for shape [2], found 1"],
    [inputs({ type: "uint8", dims: [3], base64: "A*AA" }), 'reading.inputs.x.base64: expected base64 (RFC 4648, padded), found "A*AA"'],
    [inputs({ type: "bool", dims: [3], base64: "AAEC" }), "reading.inputs.x.base64[2]: expected 0 or 1, found 2"],
    [inputs({ type: "uint8", dims: [1], values: [1], base64: "AA==" }), 'reading.inputs.x: expected either "values" as a list or "base64"'],
    [inputs({ type: "uint8", dims: [1], vals: [1] }), "reading.inputs.x.vals: expected one of type, dims, values, base64, found a list of 1"],
  ])("%j", (value, message) => {
    expect(read(value)).toEqual({ kind: "rejected", code: "sensor/bad-reading", message: expect.stringContaining(message) });
  });

  test("bounds are the caller's", () => {
    expect(readReading({ inputs: { a: 1, b: 2 } }, defaults, { maxInputs: 1, maxElements: 1 })).toMatchObject({
      message: expect.stringContaining("up to 1 inputs, found 2"),
    });
  });
});

test("any JSON is read or rejected, never thrown on", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      for (const value of [a, { inputs: a }, inputs({ type: "float32", dims: a, values: b }), inputs({ type: "int64", dims: [1], values: [b] })]) {
        if (!["reading", "rejected"].includes(read(value).kind)) return false;
      }
      return true;
    }),
    { seed: 5, numRuns: 400 },
  );
});

describe("base64", () => {
  test("decodes what the platform encodes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = btoa(String.fromCharCode(...bytes));
        expect(decodeBase64(text)).toEqual(bytes);
        expect(base64Bytes(text)).toBe(bytes.length);
      }),
      { seed: 1 },
    );
  });
  test.each(["A", "AA", "A===", "====", "=AAA", "AA=A", "AA\nA", "AAé="])("refuses %j", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
