import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameScanner } from "./frame-scanner.js";
import { TokenBucket } from "./token-bucket.js";

const caps = { connect: 300, publish: 70_000, other: 20 };

/** A packet's fixed header and as many bytes as it announces. */
function packet(type: number, length: number): number[] {
  const header = [type << 4];
  let rest = length;
  do {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return [...header, ...new Array<number>(length).fill(0xff)];
}

function scanIn(scanner: FrameScanner, bytes: Uint8Array, sizes: readonly number[]): string | undefined {
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    const fault = scanner.scan(bytes.subarray(at, at + size));
    if (fault !== undefined) return fault;
    at += size;
  }
  return undefined;
}

describe("the frame scanner", () => {
  test("finds the first packet beyond its cap and no other, however the bytes are cut (property)", () => {
    const one = fc.record({
      type: fc.constantFrom(1, 3, 3, 3, 8, 12),
      length: fc.oneof(fc.nat(400), fc.constantFrom(0, 20, 21, 127, 128, 300, 301, 16_383, 16_384, 70_000, 70_001)),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 }), (packets, sizes) => {
        const bytes = Uint8Array.from(packets.flatMap((p) => packet(p.type, p.length)));
        const isWell = packets.every((p) => p.length <= (p.type === 1 ? caps.connect : p.type === 3 ? caps.publish : caps.other));
        expect(scanIn(new FrameScanner(caps), bytes, sizes)).toBe(isWell ? undefined : "oversize");
      }),
      { seed: 31, numRuns: 200 },
    );
  });

  test("refuses the announcement, before any of the content", () => {
    expect(new FrameScanner(caps).scan(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f))).toBe("oversize");
    expect(new FrameScanner(caps).scan(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0xff, 0x01))).toBe("malformed");
  });

  test("follows new caps from the next packet on", () => {
    const scanner = new FrameScanner(caps);
    expect(scanner.scan(Uint8Array.from(packet(8, 20)))).toBeUndefined();
    scanner.caps = { ...caps, other: 10 };
    expect(scanner.scan(Uint8Array.from(packet(8, 20)))).toBe("oversize");
  });
});

describe("the token bucket", () => {
  test("lets the burst through, then the rate, and never more in any stretch of time (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(200), { maxLength: 200 }), (perSecond, burst, steps) => {
        const bucket = new TokenBucket(perSecond, burst, 0);
        const taken: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          if (bucket.take(now)) taken.push(now);
        }
        taken.forEach((from, i) => {
          const last = taken.at(-1) ?? 0;
          expect(taken.length - i).toBeLessThanOrEqual(burst + ((last - from) / 1_000) * perSecond + 1e-6);
        });
      }),
      { seed: 37 },
    );
  });

  test("says how long to wait, after which there is a token", () => {
    const bucket = new TokenBucket(4, 1, 0);
    expect([bucket.take(0), bucket.take(0), bucket.waitMs()]).toEqual([true, false, 250]);
    expect([bucket.take(249), bucket.take(250)]).toEqual([false, true]);
  });
});
