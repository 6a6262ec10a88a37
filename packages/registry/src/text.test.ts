import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.js";
import { utf8Bytes, utf8Text } from "./utf8.js";

const seed = 5;

describe("base64", () => {
  test("is Node's, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(encodeBase64(bytes)).toBe(text);
        expect(decodeBase64(text)).toEqual(bytes);
      }),
      { seed },
    );
  });

  test.each(["A", "AA", "AAA", "A===", "====", "AA=A", "AA==AAAA", "AB==", "AAB=", "AA-_", "AA A", "AAAA\n"])("has one spelling: %j is none", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});

describe("UTF-8", () => {
  test("is Node's, for any text and any bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(Buffer.from(utf8Bytes(text))).toEqual(Buffer.from(text, "utf8"));
        expect(utf8Text(utf8Bytes(text))).toBe(Buffer.from(text, "utf8").toString("utf8"));
      }),
      { seed },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        let expected: string | undefined;
        try {
          expected = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
        } catch {
          expected = undefined;
        }
        expect(utf8Text(bytes)).toBe(expected);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  test.each([[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80], [0xff]])("refuses what is no text: %j", (...bytes) => {
    expect(utf8Text(Uint8Array.from(bytes))).toBeUndefined();
  });
});
