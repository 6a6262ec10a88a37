import { seededRandom } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { makeStream, makeWindow, otherSpec, specHash } from "./contract/stream.js";
import { WindowMerger } from "./merge-windows.js";
import { pieceOf } from "./roll-up.js";
import { type SeriesStatistic, seriesOf } from "./series.js";

const spec = {
  hash: specHash,
  spec: {
    formatVersion: 1,
    recipe: { input: { kind: "none" }, task: "classification" },
    features: [
      { kind: "numeric", name: "n", role: "input", cuts: [0, 1], low: 0, high: 1 },
      { kind: "categorical", name: "c", role: "output", categories: ["boot", "shirt"] },
    ],
  },
} as const;

describe("a statistic over time", () => {
  const windows = makeStream(seededRandom(3), 3, 50);
  const ask = (feature: string, statistic: SeriesStatistic, bucketMs = 500) => seriesOf(windows, spec, feature, statistic, bucketMs);

  test("a bucket's mean is that of all its values, however they were spread over windows", () => {
    for (const { atMs, value } of ask("n", "mean")) {
      const inside = windows
        .filter((w) => w.endMs >= atMs && w.endMs < atMs + 500)
        .flatMap((w) => (w.profile.features[0]?.kind === "numeric" ? [w.profile.features[0]] : []));
      const count = inside.reduce((sum, f) => sum + f.count, 0);
      expect(value).toBeCloseTo(inside.reduce((sum, f) => sum + f.mean * f.count, 0) / count, 10);
    }
  });

  test("shares of all words make one, and rows make all rows", () => {
    const [boots, shirts] = [ask("c", "share:boot"), ask("c", "share:shirt")];
    boots.forEach((boot, i) => {
      expect((boot.value ?? 0) + (shirts[i]?.value ?? 0)).toBeCloseTo(1, 10);
    });
    expect(ask("n", "rows").reduce((sum, p) => sum + (p.value ?? 0), 0)).toBe(windows.reduce((sum, w) => sum + w.profile.rows, 0));
    expect(ask("n", "errors", 1e9)[0]?.value).toBe(windows.reduce((sum, w) => sum + w.profile.errors, 0));
    expect(ask("n", "missing_share", 1e9)[0]?.value).toBe(0);
  });

  test("what does not exist has no value", () => {
    expect(ask("nothing", "mean", 1e9)).toMatchObject([{ atMs: 0, value: null }]);
    expect(ask("c", "share:hat", 1e9)).toMatchObject([{ atMs: 0, value: 0 }]);
    expect(ask("c", "mean", 1e9)).toMatchObject([{ atMs: 0, value: null }]);
    expect(seriesOf([], spec, "n", "mean", 1)).toEqual([]);
    expect(seriesOf([makeWindow({ seq: 1, spec: otherSpec })], spec, "n", "mean", 1e9)).toMatchObject([{ atMs: 0, value: null }]);
  });

  test("more points than a chart can hold are refused", () => {
    const many = Array.from({ length: 10_001 }, (_, i) => makeWindow({ seq: i + 1 }));
    expect(() => seriesOf(many, spec, "n", "mean", 1)).toThrow(
      expect.objectContaining({ code: "store/too-large", hint: expect.stringContaining("longer steps") }),
    );
  });
});

describe("merging windows", () => {
  test("counts are sums, and the time is from the first to the last", () => {
    const windows = makeStream(seededRandom(4), 1, 40);
    const merger = new WindowMerger(specHash);
    for (const window of windows) merger.add(pieceOf(window));
    expect(merger.merged).toMatchObject({
      windows: 40,
      startMs: Math.min(...windows.map((w) => w.startMs)),
      endMs: Math.max(...windows.map((w) => w.endMs)),
      profile: { rows: windows.reduce((sum, w) => sum + w.profile.rows, 0) },
    });
  });

  test("what counts other things is left out by its hash, or by its shape when the hash lies", () => {
    const merger = new WindowMerger(specHash);
    const good = makeWindow({ seq: 1 });
    merger.add(pieceOf(makeWindow({ seq: 2, spec: otherSpec })));
    merger.add(pieceOf(good));
    merger.add(pieceOf({ ...good, profile: { ...good.profile, features: good.profile.features.slice(0, 1) } }));
    expect(merger.others).toBe(2);
    expect(merger.merged).toEqual({ profile: good.profile, windows: 1, startMs: good.startMs, endMs: good.endMs });
  });
});
