import type { Sha256 } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkFrames, decodeLabelledFrames, encodeLabelledFrames, type LabelledFrames } from "./labelled-frames.js";

/** Not a digest, but as good as one against chance: FNV-1a repeated. */
function sha256Of(bytes: Uint8Array): Sha256 {
  let out = "";
  for (let k = 0; k < 8; k += 1) {
    let h = (0x811c9dc5 ^ k) >>> 0;
    for (const b of bytes) h = Math.imul(h ^ b, 0x01000193) >>> 0;
    out += h.toString(16).padStart(8, "0");
  }
  return out as Sha256;
}

const frames: LabelledFrames = {
  type: "uint8",
  dims: [1, 2],
  classes: ["kjole", "støvel 👢"],
  values: Uint8Array.of(1, 2, 255, 10),
  labels: Uint16Array.of(0, 1),
};
const encoded = encodeLabelledFrames(frames, sha256Of);
const decode = (bytes: Uint8Array) => decodeLabelledFrames(bytes, sha256Of);

describe("labelled frames", () => {
  test("come back as they were, also from a shifted buffer; the header is a line of ASCII", () => {
    expect(decode(encoded)).toEqual({ kind: "decoded", value: frames });
    const shifted = new Uint8Array(encoded.length + 1);
    shifted.set(encoded, 1);
    expect(decode(shifted.subarray(1))).toEqual({ kind: "decoded", value: frames });
    const line = encoded.subarray(0, encoded.indexOf(10));
    expect(line.every((b) => b >= 32 && b < 127)).toBe(true);
  });

  test("any frames come back", () => {
    const rows = fc.integer({ min: 0, max: 5 });
    const dims = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 });
    const shape = fc.record({
      rows,
      dims,
      isFloat: fc.boolean(),
      seed: fc.nat(250),
      classes: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 2, maxLength: 5 }),
    });
    fc.assert(
      fc.property(shape, ({ rows: n, dims: d, isFloat, seed, classes }) => {
        const size = d.reduce((a, b) => a * b, 1) * n;
        const values = isFloat ? Float32Array.from({ length: size }, (_, i) => (i - seed) / 7) : Uint8Array.from({ length: size }, (_, i) => i * seed);
        const value: LabelledFrames = {
          type: isFloat ? "float32" : "uint8",
          dims: d,
          classes,
          values,
          labels: Uint16Array.from({ length: n }, (_, i) => i % classes.length),
        };
        expect(decode(encodeLabelledFrames(value, sha256Of))).toEqual({ kind: "decoded", value });
      }),
      { seed: 4 },
    );
  });

  test("any changed, missing or added byte is seen", () => {
    fc.assert(
      fc.property(fc.nat(encoded.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const torn = encoded.slice();
        torn[at] = (torn[at] ?? 0) ^ change;
        const found = decode(torn);
        // A changed class name is still a name: the header holds no digest of itself.
        return found.kind === "rejected" || (at < encoded.indexOf(10) && found.value.values.join() === frames.values.join());
      }),
      { seed: 5, numRuns: 500 },
    );
    for (let n = 0; n < encoded.length; n += 1) expect(decode(encoded.subarray(0, n)).kind).toBe("rejected");
    expect(decode(new Uint8Array([...encoded, 0])).kind).toBe("rejected");
  });

  test("sizes are checked before anything is allocated", () => {
    const line =
      '{"classes":["a","b"],"dims":[2147483647,2147483647],"format":"kedge-labelled-frames","rows":16777216,"sha256":"","type":"float32","version":1}\n';
    expect(decode(Uint8Array.from(line, (c) => c.charCodeAt(0)))).toMatchObject({ kind: "rejected", message: expect.stringContaining("found 0") });
  });

  test.each<[string, string]>([
    ["", "no header line"],
    ["{\n", "no JSON"],
    ['{"format":"other"}\n', "the header line is wrong"],
  ])("rejects %j", (text, message) => {
    expect(decode(Uint8Array.from(text, (c) => c.charCodeAt(0)))).toEqual({
      kind: "rejected",
      code: "retrain/bad-frames",
      message: expect.stringContaining(message),
    });
  });

  test("what is put together wrongly is told", () => {
    expect(checkFrames(frames)).toEqual([]);
    expect(checkFrames({ ...frames, labels: Uint16Array.of(0, 2) })).toEqual(["row 1 has label 2, but there are 2 classes"]);
    expect(checkFrames({ ...frames, labels: Uint16Array.of(0) })[0]).toContain("1 rows of [1, 2] need 2 values, found 4");
    expect(checkFrames({ ...frames, type: "float32", values: Float32Array.of(1, Number.NaN, 3, 4) })).toEqual(["value 1 is NaN"]);
  });
});
