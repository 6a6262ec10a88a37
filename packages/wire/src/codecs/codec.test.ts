import { seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageKinds } from "../../contract/message-kinds.js";
import { mutated } from "../../contract/mutated.js";
import { decodeProfile, decodeWindow, readHeading, type RejectionCode } from "../index.js";

const seed = 20_260_501;

describe.each(messageKinds)("$name", ({ any, encode, decode, maxBytes }) => {
  test("mirror: what was encoded is decoded to the same value", () => {
    fc.assert(
      fc.property(any, (value) => {
        expect(decode(encode(value))).toStrictEqual({ kind: "decoded", value });
      }),
      { seed, numRuns: 80 },
    );
  });

  test("mirror: what was decoded is encoded to the same bytes", () => {
    fc.assert(
      fc.property(any, (value) => {
        const bytes = encode(value);
        const back = decode(bytes);
        expect(back.kind === "decoded" ? encode(back.value) : back).toEqual(bytes);
      }),
      { seed, numRuns: 30 },
    );
  });

  test("a decoded value shares no memory with the bytes it came in", () => {
    const [value] = fc.sample(any, { seed, numRuns: 1 });
    const bytes = encode(value);
    const back = decode(bytes);
    bytes.fill(0xff);
    expect(back).toStrictEqual({ kind: "decoded", value });
  });

  test("a message of a newer format is refused by that name, whatever else is in it", () => {
    const [value] = fc.sample(any, { seed, numRuns: 1 });
    const bytes = encode(value);
    expect(bytes.subarray(0, 2)).toEqual(Uint8Array.of(8, 1));
    bytes[1] = 2;
    expect(decode(bytes)).toMatchObject({ kind: "rejected", code: "wire/unknown-format" });
    expect(decode(Uint8Array.of(8, 9, 0x7f, 0xff))).toMatchObject({ kind: "rejected", code: "wire/unknown-format" });
  });

  test("one byte too many is refused before it is read", () => {
    expect(decode(new Uint8Array(maxBytes + 1))).toMatchObject({ kind: "rejected", code: "wire/oversize" });
  });

  test("nothing at all is refused", () => {
    expect(decode(new Uint8Array(0))).toMatchObject({ kind: "rejected", code: "wire/missing-field" });
  });

  test("fields of newer writers are skipped", () => {
    const [value] = fc.sample(any, { seed, numRuns: 1 });
    const stranger = [0xf8, 0x07, 0x2a, 0xfa, 0x07, 0x02, 0x01, 0x02]; // field 127: a varint, and two bytes
    expect(decode(Uint8Array.from([...encode(value), ...stranger]))).toStrictEqual({ kind: "decoded", value });
  });

  test("cut at any byte it is never read as something that is not in it", () => {
    const [value] = fc.sample(any, { seed, numRuns: 1 });
    const bytes = encode(value).subarray(0, 2_000);
    for (let length = 0; length < bytes.length; length += 1) {
      const back = decode(bytes.slice(0, length));
      if (back.kind === "decoded") expect(decode(encode(back.value))).toStrictEqual(back);
    }
  });
});

describe("damaged bytes", () => {
  const codes = new Set<RejectionCode>();
  const wanted = 24_000;

  test(`${wanted} mutations of valid messages never throw, and what is read holds`, () => {
    const random = seededRandom(seed);
    const valid = messageKinds.map((kind) => ({ kind, messages: fc.sample(kind.any, { seed, numRuns: 20 }).map((value) => kind.encode(value)) }));
    let tried = 0;
    let read = 0;
    while (tried < wanted) {
      for (const { kind, messages } of valid) {
        const bytes = mutated(messages[tried % messages.length] ?? new Uint8Array(0), random);
        const back = kind.decode(bytes);
        tried += 1;
        if (back.kind === "rejected") codes.add(back.code);
        else {
          read += 1;
          // Whatever is accepted must be something that we would send ourselves.
          if (read % 4 === 0) expect(kind.decode(kind.encode(back.value))).toStrictEqual(back);
        }
      }
    }
    expect(read).toBeGreaterThan(wanted / 100);
    expect([...codes].sort()).toEqual(
      ["wire/invalid-field", "wire/malformed", "wire/missing-field", "wire/too-many", "wire/truncated", "wire/unknown-format"].sort(),
    );
  });

  test("noise never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const kind of messageKinds) expect(["decoded", "rejected"]).toContain(kind.decode(bytes).kind);
        expect(readHeading(bytes).seq).toBeGreaterThanOrEqual(0);
      }),
      { seed, numRuns: 150 },
    );
  });

  test("a small message cannot demand much memory", () => {
    // A profile that claims the most features there can be, with one bin for all of them.
    const claims = Uint8Array.from([8, 1, 18, 8, 0x88, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x28, 1]);
    expect(decodeProfile(claims)).toMatchObject({ kind: "rejected" });
    // 60,000 empty profiles, each of which would become an object.
    const nested = new Uint8Array(120_002);
    nested.set([8, 1]);
    for (let i = 2; i < nested.length; i += 2) nested.set([74, 0], i);
    expect(decodeWindow(nested)).toMatchObject({ kind: "rejected", code: "wire/too-many" });
  });
});
