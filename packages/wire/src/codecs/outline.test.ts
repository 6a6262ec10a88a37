import { seededRandom } from "@kedge/core";
import { expect, test } from "vitest";
import { outlineOf } from "./outline.js";

// format 1, device "cam-1", boot epoch 3, seq 300, then bytes that are no text
const message = Uint8Array.of(8, 1, 18, 5, 99, 97, 109, 45, 49, 24, 3, 32, 0xac, 2, 42, 2, 0, 255);

test("shows where each field lies, and what of it people can read", () => {
  expect(outlineOf(message)).toEqual({
    parts: [
      { at: 0, field: 1, wireType: 0, bytes: 1, value: 1 },
      { at: 2, field: 2, wireType: 2, bytes: 5, value: "cam-1" },
      { at: 9, field: 3, wireType: 0, bytes: 1, value: 3 },
      { at: 11, field: 4, wireType: 0, bytes: 2, value: 300 },
      { at: 14, field: 5, wireType: 2, bytes: 2, value: null },
    ],
    brokenAt: null,
    isCut: false,
  });
});

test.each([
  ["cut in a length", message.slice(0, 12), 11, true],
  ["cut in a text", message.slice(0, 7), 2, true],
  ["cut after a tag", message.slice(0, 10), 9, true],
  ["field number 0", Uint8Array.of(8, 1, 2, 0), 2, false],
  ["a group", Uint8Array.of(8, 1, 11), 2, false],
  ["a length beyond 2^53", Uint8Array.of(18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1), 0, true],
])("%s: says at which byte it cannot be followed any further", (_what, bytes, brokenAt, isCut) => {
  expect(outlineOf(bytes)).toMatchObject({ brokenAt, isCut });
});

test("takes any bytes: it ends, its parts lie in order and within them, and are bounded", () => {
  const random = seededRandom(5);
  for (let round = 0; round < 3_000; round += 1) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256));
    const { parts, brokenAt } = outlineOf(bytes);
    let end = 0;
    for (const part of parts) {
      expect(part.at).toBeGreaterThanOrEqual(end);
      end = part.at + 1 + part.bytes;
      expect(end).toBeLessThanOrEqual(bytes.length);
    }
    if (brokenAt !== null) expect(brokenAt).toBeLessThan(bytes.length);
  }
  expect(outlineOf(new Uint8Array(10_000).fill(8)).parts).toHaveLength(200);
});
