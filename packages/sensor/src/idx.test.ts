import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idxItem, parseIdx } from "./idx.js";

/** Two items of 1×2. */
const uint8 = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40);

describe("parseIdx", () => {
  test("reads bytes, and items have memory of their own", () => {
    const idx = parseIdx(uint8);
    if (idx.kind !== "idx") throw new Error(idx.message);
    expect(idx).toMatchObject({ items: 2, dims: [1, 2], type: "uint8" });
    const item = idxItem(idx, 1);
    expect(item).toEqual({ type: "uint8", dims: [1, 2], values: Uint8Array.of(30, 40) });
    (item.values as Uint8Array)[0] = 0;
    expect(idx.values[2]).toBe(30);
  });

  test("reads big-endian numbers, also from an odd offset", () => {
    const ints = Uint8Array.of(9, 0, 0, 12, 1, 0, 0, 0, 2, 255, 255, 255, 255, 0, 0, 1, 0).subarray(1);
    expect(parseIdx(ints)).toMatchObject({ items: 2, dims: [], values: Int32Array.of(-1, 256) });
    expect(parseIdx(Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0))).toMatchObject({ values: Float32Array.of(1.5) });
  });

  test.each<[Uint8Array, string]>([
    [new Uint8Array(0), "no IDX file"],
    [Uint8Array.of(1, 0, 8, 1), "no IDX file"],
    [Uint8Array.of(0, 0, 9, 1, 0, 0, 0, 0), "element type 0x9"],
    [Uint8Array.of(0, 0, 8, 0), "0 dimensions"],
    [Uint8Array.of(0, 0, 8, 3, 0), "do not hold the header's 16"],
    [uint8.subarray(0, 19), "shape [2, 1, 2] of uint8 needs 4 bytes, found 3"],
    [Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255), "found 0"],
  ])("rejects %j", (bytes, message) => {
    expect(parseIdx(bytes)).toEqual({ kind: "rejected", code: "sensor/bad-idx", message: expect.stringContaining(message) });
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => ["idx", "rejected"].includes(parseIdx(bytes).kind)),
      { seed: 2 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const mutated = uint8.slice();
        mutated[at] = value;
        return ["idx", "rejected"].includes(parseIdx(mutated).kind);
      }),
      { seed: 3 },
    );
  });
});
