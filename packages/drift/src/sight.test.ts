import { imageFeatures, imageStatistics } from "@kedge/profile";
import { normal, seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Sight, type SightFigures, sightOf, sightSentence } from "./sight.js";

const side = 32;
const shape = { width: side, height: side, channels: 1 };

/** A lying bar with a soft edge and some grain, at a place and of a brightness of its own. */
function scene(seed: number): (x: number, y: number) => number {
  const random = seededRandom(seed);
  const [cx, cy] = [16 + normal(random), 16 + normal(random)];
  const brightness = 0.5 + 0.1 * normal(random);
  const grain = Array.from({ length: 64 }, () => 0.8 + 0.4 * random());
  return (x, y) => {
    const inside = Math.min(1, Math.max(0, 8.5 - Math.abs(x - cx))) * Math.min(1, Math.max(0, 4.5 - Math.abs(y - cy)));
    return Math.min(1, Math.max(0, brightness * inside * (grain[(Math.floor(x) * 7 + Math.floor(y) * 13) & 63] ?? 1)));
  };
}

/** Statistics over many scenes, each seen through `lens`. */
function figuresOf(lens: (at: (x: number, y: number) => number) => (x: number, y: number) => number, first = 0, count = 300): SightFigures {
  const out = new Float64Array(imageFeatures.length);
  const values = imageFeatures.map((): number[] => []);
  for (let i = 0; i < count; i += 1) {
    const seen = lens(scene(first + i));
    imageStatistics(
      Float32Array.from({ length: side * side }, (_, p) => seen(p % side, Math.floor(p / side))),
      shape,
      out,
    );
    for (const [f, list] of values.entries()) list.push(out[f] ?? Number.NaN);
  }
  return Object.fromEntries(
    imageFeatures.map((name, f) => {
      const list = values[f] ?? [];
      const mean = list.reduce((a, b) => a + b, 0) / list.length;
      return [name, { mean, sd: Math.sqrt(list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length), rows: list.length }];
    }),
  );
}

const then = figuresOf((at) => at);
const seen = (lens: Parameters<typeof figuresOf>[0]): Sight | undefined => sightOf(then, figuresOf(lens, 1_000));

describe("what became of the picture", () => {
  test("nothing, when other pictures of the same kind are seen", () => {
    expect(seen((at) => at)).toBeUndefined();
  });

  test.each([
    [2, 0],
    [-3, 0],
    [0, 2],
    [0, -3],
    [2, 2],
  ])("a knock by (%i, %i) is told with its direction and its pixels", (dx, dy) => {
    const sight = seen((at) => (x, y) => at(x - dx, y - dy));
    expect(sight?.kind).toBe("moved");
    if (sight?.kind !== "moved") return;
    expect(Math.abs(sight.right - dx)).toBeLessThan(0.4);
    expect(Math.abs(sight.down - dy)).toBeLessThan(0.4);
  });

  test.each([15, -12, 25])("a turn by %i° is told with its angle", (degrees) => {
    const angle = (degrees * Math.PI) / 180;
    const sight = seen((at) => (x, y) => {
      const [dx, dy] = [x - 15.5, y - 15.5];
      return at(15.5 + Math.cos(angle) * dx + Math.sin(angle) * dy, 15.5 - Math.sin(angle) * dx + Math.cos(angle) * dy);
    });
    expect(sight?.kind).toBe("turned");
    if (sight?.kind === "turned") expect(Math.abs(sight.degrees - degrees)).toBeLessThan(5);
  });

  test.each([0.3, 0.6, 0.8])("light at %d is told with its share", (factor) => {
    const sight = seen((at) => (x, y) => factor * at(x, y));
    expect(sight?.kind).toBe("light");
    if (sight?.kind === "light") expect(Math.abs(sight.factor - factor)).toBeLessThan(0.05);
  });

  test("a soft lens, a scratch and a negative are told apart", () => {
    const blur = seen((at) => (x, y) => [-1, 0, 1].reduce((sum, dx) => sum + [-1, 0, 1].reduce((s, dy) => s + at(x + dx, y + dy), 0), 0) / 9);
    const scratch = seen((at) => (x, y) => (Math.abs(x - 10 - y / 4) < 1 ? 1 : at(x, y)));
    const negative = seen((at) => (x, y) => 1 - at(x, y));
    expect([blur?.kind, scratch?.kind, negative?.kind]).toEqual(["blurred", "marked", "inverted"]);
  });

  test("is not invented where a spec lacks the statistics, or where numbers are none", () => {
    expect(sightOf({}, {})).toBeUndefined();
    const figure = fc.record({ mean: fc.double(), sd: fc.double(), rows: fc.nat() });
    const figures = fc.dictionary(fc.constantFrom(...imageFeatures), figure) as fc.Arbitrary<SightFigures>;
    fc.assert(
      fc.property(figures, figures, (a, b) => {
        const sight = sightOf(a, b);
        if (sight !== undefined) expect(sightSentence(sight).length).toBeGreaterThan(20);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

test("sentences name direction, size and what to look after", () => {
  expect(sightSentence({ kind: "moved", right: 1.94, down: 0.1 })).toBe("The picture has moved by about 2 px to the right: was the camera knocked?");
  expect(sightSentence({ kind: "moved", right: -0.97, down: 2.8 })).toBe(
    "The picture has moved by about 1.0 px to the left and 3 px down: was the camera knocked?",
  );
  expect(sightSentence({ kind: "turned", degrees: -9.8 })).toContain("about 10° anticlockwise");
  expect(sightSentence({ kind: "light", factor: 0.404 })).toContain("40 % of its former light");
});
