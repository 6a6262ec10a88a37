import { seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ImageShape, imageFeatures, imageStatistics, type Pixels, shrink } from "./image-statistics.js";

type Statistics = Readonly<Record<(typeof imageFeatures)[number], number>>;

function of(pixels: Pixels, shape: ImageShape): Statistics {
  const out = new Float64Array(imageFeatures.length).fill(-7);
  imageStatistics(pixels, shape, out);
  return Object.fromEntries(imageFeatures.map((name, i) => [name, out[i]])) as Statistics;
}

const square = { width: 12, height: 12, channels: 1 };

/** Noise in the middle 6×6 of 12×12, dark around it, moved by (dx, dy). */
function patch(seed: number, dx = 0, dy = 0): Uint8Array {
  const random = seededRandom(seed);
  const pixels = new Uint8Array(144);
  for (let y = 3; y < 9; y += 1) for (let x = 3; x < 9; x += 1) pixels[(y + dy) * 12 + x + dx] = 1 + Math.floor(random() * 255);
  return pixels;
}

describe("image statistics", () => {
  test("of a picture small enough to work out by hand", () => {
    // 3×3, one bright pixel in the middle of the right edge.
    const found = of(Float32Array.of(0, 0, 0, 0, 0, 9, 0, 0, 0), { width: 3, height: 3, channels: 1 });
    expect(found.brightness).toBeCloseTo(1, 12);
    expect(found.contrast).toBeCloseTo(Math.sqrt(81 / 9 - 1), 12);
    // The one inner pixel has Laplacian 9: no variance. Gradients: of (1,1) to the right 9; of (1,0) and (0,·) none.
    expect(found.sharpness).toBe(0);
    expect(found.edge_energy).toBeCloseTo(81 / 4, 12);
    expect([found.center_x, found.center_y]).toEqual([2, 1]);
  });

  test("bytes are on a scale of 0 to 1, and channels are averaged", () => {
    expect(of(new Uint8Array(16).fill(255), { width: 4, height: 4, channels: 1 })).toEqual({
      brightness: 1,
      contrast: 0,
      sharpness: 0,
      edge_energy: 0,
      center_x: 1.5,
      center_y: 1.5,
    });
    const colour = new Uint8Array(48);
    for (let i = 0; i < 16; i += 1) colour.set([i, 2 * i, 0], 3 * i);
    const grey = Float32Array.from({ length: 16 }, (_, i) => i / 255);
    const [a, b] = [of(colour, { width: 4, height: 4, channels: 3 }), of(grey, { width: 4, height: 4, channels: 1 })];
    for (const name of imageFeatures) expect(a[name], name).toBeCloseTo(b[name], 6);
  });

  test("a knock moves the centre by as many pixels and leaves the light as it is", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), (seed, dx, dy) => {
        const [before, after] = [of(patch(seed), square), of(patch(seed, dx, dy), square)];
        expect(after.center_x - before.center_x).toBeCloseTo(dx, 9);
        expect(after.center_y - before.center_y).toBeCloseTo(dy, 9);
        expect(after.brightness).toBeCloseTo(before.brightness, 12);
        expect(after.contrast).toBeCloseTo(before.contrast, 12);
      }),
      { seed: 1 },
    );
  });

  test("dimming scales light and contrast alike, edges by the square, and leaves the centre", () => {
    const bright = Float32Array.from(patch(3), (v) => v / 255);
    const [before, after] = [
      of(bright, square),
      of(
        bright.map((v) => v / 2),
        square,
      ),
    ];
    expect(after.brightness).toBeCloseTo(before.brightness / 2, 9);
    expect(after.contrast).toBeCloseTo(before.contrast / 2, 9);
    expect(after.sharpness).toBeCloseTo(before.sharpness / 4, 9);
    expect(after.edge_energy).toBeCloseTo(before.edge_energy / 4, 9);
    expect(after.center_x).toBeCloseTo(before.center_x, 6);
  });

  test("a blurred picture is less sharp and as bright", () => {
    const sharp = Float32Array.from(patch(4), (v) => v / 255);
    const at = (x: number, y: number): number => (x < 0 || y < 0 || x > 11 || y > 11 ? 0 : (sharp[y * 12 + x] ?? 0));
    const soft = Float32Array.from(sharp, (_, i) => {
      let sum = 0;
      for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) sum += at((i % 12) + dx, Math.floor(i / 12) + dy);
      return sum / 9;
    });
    const [before, after] = [of(sharp, square), of(soft, square)];
    expect(after.sharpness).toBeLessThan(before.sharpness / 4);
    expect(after.edge_energy).toBeLessThan(before.edge_energy / 2);
    expect(after.brightness).toBeCloseTo(before.brightness, 6);
  });

  test("a black picture has no centre, and none is invented", () => {
    expect(of(new Uint8Array(144), square)).toEqual({ brightness: 0, contrast: 0, sharpness: 0, edge_energy: 0, center_x: Number.NaN, center_y: Number.NaN });
  });

  test("pixels may be negative, and a centre is then within the picture all the same", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: 20, maxLength: 20 }), (values) => {
        const found = of(Float32Array.from(values), { width: 5, height: 4, channels: 1 });
        for (const name of imageFeatures.slice(0, 4)) expect(Number.isFinite(found[name]), name).toBe(true);
        if (values.every((v) => v <= 0)) return;
        expect(found.center_x).toBeGreaterThanOrEqual(-1e-9);
        expect(found.center_x).toBeLessThanOrEqual(4 + 1e-9);
        expect(found.center_y).toBeLessThanOrEqual(3 + 1e-9);
        expect(found.contrast).toBeGreaterThanOrEqual(0);
        expect(found.sharpness).toBeGreaterThanOrEqual(0);
      }),
      { seed: 1 },
    );
  });

  test("a broken pixel shows", () => {
    const pixels = Float32Array.from(patch(5));
    pixels[60] = Number.NaN;
    for (const [name, value] of Object.entries(of(pixels, square))) expect(value, name).toBeNaN();
  });

  test("a picture of one row or column has no edges and does not fail", () => {
    expect(of(Uint8Array.of(0, 255), { width: 2, height: 1, channels: 1 })).toMatchObject({
      brightness: 0.5,
      sharpness: 0,
      edge_energy: 0,
      center_x: 1,
      center_y: 0,
    });
  });
});

describe("a thumbnail", () => {
  test("is the means of the parts, and all of the light", () => {
    const out = new Float64Array(4);
    shrink(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), { width: 4, height: 4, channels: 1 }, 2, out);
    expect([...out]).toEqual([3.5, 5.5, 11.5, 13.5]);
  });

  test("of any shape: a constant stays one, and no part is empty", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), (width, height, wanted) => {
        const side = Math.min(wanted, width, height);
        const out = new Float64Array(side * side).fill(9);
        shrink(new Float64Array(width * height).fill(0.25), { width, height, channels: 1 }, side, out);
        for (const v of out) expect(Math.abs(v - 0.25)).toBeLessThan(1e-12);
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
