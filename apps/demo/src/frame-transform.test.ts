import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Frame, transformFrame } from "./frame-transform.js";

const frame = fc.uint8Array({ minLength: 64, maxLength: 64 }).map((pixels): Frame => ({ width: 8, height: 8, pixels }));
const dot: Frame = { width: 3, height: 3, pixels: Uint8Array.from([0, 0, 0, 0, 200, 0, 0, 0, 0]) };

describe("what happens to a camera", () => {
  test("a shift to the right moves the dot right and leaves black behind", () => {
    expect([...transformFrame(dot, { kind: "shift", dx: 1, dy: 0 }).pixels]).toEqual([0, 0, 0, 0, 0, 200, 0, 0, 0]);
  });

  test("a shift there and back keeps what stayed in the picture", () => {
    fc.assert(
      fc.property(frame, fc.integer({ min: 0, max: 7 }), (f, dx) => {
        const back = transformFrame(transformFrame(f, { kind: "shift", dx, dy: 0 }), { kind: "shift", dx: -dx, dy: 0 });
        back.pixels.forEach((p, i) => {
          expect(p).toBe(i % 8 < 8 - dx ? f.pixels[i] : 0);
        });
      }),
      { seed: 1 },
    );
  });

  test("no turn, no dimming and no blur change nothing; inverting twice neither", () => {
    fc.assert(
      fc.property(frame, (f) => {
        expect(transformFrame(f, { kind: "rotate", degrees: 0 }).pixels).toEqual(f.pixels);
        expect(transformFrame(f, { kind: "dim", factor: 1 }).pixels).toEqual(f.pixels);
        expect(transformFrame(f, { kind: "blur", radius: 0 }).pixels).toEqual(f.pixels);
        expect(transformFrame(transformFrame(f, { kind: "invert" }), { kind: "invert" }).pixels).toEqual(f.pixels);
      }),
      { seed: 1 },
    );
  });

  test("a quarter turn takes the top row to a column", () => {
    const top: Frame = { width: 3, height: 3, pixels: Uint8Array.from([9, 8, 7, 0, 0, 0, 0, 0, 0]) };
    const turned = [...transformFrame(top, { kind: "rotate", degrees: 90 }).pixels];
    expect(turned.filter((p) => p > 0).sort()).toEqual([7, 8, 9]);
    expect([turned[2], turned[5], turned[8]]).toEqual([9, 8, 7]);
  });

  test("a scratch is a white line of one or two pixels a row", () => {
    const dark: Frame = { width: 8, height: 8, pixels: new Uint8Array(64) };
    const lit = [...transformFrame(dark, { kind: "scratch", column: 3 }).pixels];
    for (let y = 0; y < 8; y += 1) {
      const row = lit.slice(y * 8, y * 8 + 8).filter((p) => p === 255).length;
      expect(row).toBeGreaterThanOrEqual(1);
      expect(row).toBeLessThanOrEqual(2);
    }
  });
});
