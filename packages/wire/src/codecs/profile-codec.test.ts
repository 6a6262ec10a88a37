import type { DeviceId, Sha256 } from "@kedge/core";
import type { NumericSummary, Profile } from "@kedge/profile";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kedge } from "#gen";
import { decodeProfile, encodeProfile, encodeReferenceProfile, encodeWindow, misfitOf } from "../index.js";
import { packColumn } from "./columns.js";
import { floatAbove, floatBelow } from "./floats.js";
import { readProfileSpec } from "./profile-spec-json.js";

const specHash = "ab".repeat(32);

function numeric(changes: Partial<NumericSummary> = {}): NumericSummary {
  const plain = { counts: [1, 2, 3], under: 0, over: 1, missing: 0, notANumber: 0, wrongType: 0, count: 6, mean: 2, m2: 4, min: 0.5, max: 4 };
  return { kind: "numeric", ...plain, ...changes };
}

const profile = (...features: Profile["features"]): Profile => ({ specHash, rows: 10, errors: 0, features });

/** The bytes of a profile with some of its wire fields changed, as a faulty or hostile device might send. */
function forged(changes: kedge.v1.Profile.$Properties): Uint8Array {
  const honest = kedge.v1.ProfileFile.decode(encodeProfile(profile(numeric(), numeric())));
  return kedge.v1.ProfileFile.encode({ format: 1, profile: { ...honest.profile, ...changes } }).finish();
}

/** Wire fields of one sketch of two frequencies over two vectors, some of them changed. */
const sketched = (changes: kedge.v1.Profile.$Properties): kedge.v1.Profile.$Properties => ({
  features: 1,
  kind: [3],
  size: [4],
  counts: [],
  ...{ under: [], over: [], mean: [], m2: [], min: [], max: [] },
  vectors: [2],
  sketchMeans: Uint8Array.of(1, 0, 2, 0, 3, 0, 4, 0),
  ...changes,
});

describe("a sketch of vectors", () => {
  const sums = Array.from({ length: 512 }, (_, i) => 300 * ((i * 977) % 30_000));
  const embedding = { kind: "embedding" as const, sums, missing: 0, notANumber: 0, wrongType: 0, count: 300, spread: null };
  const alone = (f: Profile["features"][number]): Profile => ({ specHash, rows: 300, errors: 0, features: [f] });
  const bytesOf = (p: Profile): number => encodeProfile(p).length - encodeProfile({ ...p, features: [] }).length;

  test("of 256 frequencies takes 1,024 bytes and a dozen for what it is; of 64 it takes 256", () => {
    expect(bytesOf(alone(embedding))).toBeLessThanOrEqual(1_024 + 24);
    expect(bytesOf(alone({ ...embedding, sums: sums.slice(0, 128) }))).toBeLessThanOrEqual(256 + 24);
  });

  test("merged with another, keeps its sums to the last step", () => {
    const merged = alone({ ...embedding, sums: sums.map((s, i) => s + i), count: 301 });
    expect(decodeProfile(encodeProfile({ ...merged, rows: 301 }))).toStrictEqual({ kind: "decoded", value: { ...merged, rows: 301 } });
  });

  test.each([0.5, Number.NaN, 300 * 32_767 + 1])("with a sum of %s is not sent", (odd) => {
    expect(() => encodeProfile(alone({ ...embedding, sums: [...sums.slice(1), odd] }))).toThrow(expect.objectContaining({ code: "wire/unencodable" }));
  });

  test("whose map a device could not keep is refused with its spec", () => {
    const feature = { kind: "embedding", name: "v", role: "input", seed: 1, dimensions: 64, frequencies: 8, bandwidth: 2 };
    const read = (changes: object) =>
      readProfileSpec({ formatVersion: 1, recipe: { input: { kind: "none" }, task: "anomaly" }, features: [{ ...feature, ...changes }] });
    expect(read({})).toMatchObject({ features: [feature] });
    for (const odd of [
      { dimensions: 262_144, frequencies: 2 },
      { dimensions: 0 },
      { frequencies: 1.5 },
      { bandwidth: 0 },
      { seed: -1 },
      { seed: 0.5 },
      { more: 1 },
    ]) {
      expect(read(odd)).toEqual(expect.any(String));
    }
  });
});

describe("a window of a busy minute", () => {
  const features = Array.from({ length: 32 }, (_, f): NumericSummary => {
    const counts = Array.from({ length: 32 }, (_, bin) => 10 + ((bin * 7 + f * 13) % 20));
    const count = counts.reduce((sum, n) => sum + n, 0);
    return {
      ...numeric(),
      counts,
      count,
      under: f,
      over: 2 * f,
      missing: f % 3,
      mean: Math.PI * f + 0.1,
      m2: count * 1.7 + f / 3,
      min: -f - 0.3,
      max: 99.9 + f,
    };
  });
  const rows = Math.max(...features.map((f) => f.count + f.missing)) + 3;
  const window = {
    key: { deviceId: "camera-oslo-0001" as DeviceId, bootEpoch: 212_345_678, seq: 1_440 },
    startMs: 1_790_000_000_000,
    endMs: 1_790_000_060_000,
    bundleDigest: "cd".repeat(32) as Sha256,
    profile: { specHash, rows, errors: 2, features },
    trigger: "interval" as const,
  };

  test("takes at most 2,000 bytes for 32 numeric features of 32 bins", () => {
    expect(encodeWindow(window).length).toBeLessThanOrEqual(2_000);
  });

  test("takes less when features agree", () => {
    const alike = features.map((f) => ({ ...f, under: 0, over: 0, missing: 0, min: 0, max: 1 }));
    expect(encodeWindow({ ...window, profile: { ...window.profile, features: alike } }).length).toBeLessThanOrEqual(1_700);
  });
});

describe("what a profile cannot be", () => {
  test.each<[string, kedge.v1.Profile.$Properties, RegExp]>([
    ["a mean that is no number", { mean: [Number.NaN, 1] }, /mean/],
    ["an infinite mean", { mean: [Number.POSITIVE_INFINITY] }, /mean/],
    ["a negative sum of squares", { m2: [-1] }, /variance/],
    ["an infinite maximum", { max: [Number.POSITIVE_INFINITY] }, /range/],
    ["a minimum above the maximum", { min: [9] }, /range/],
    ["a negative count", { counts: [1, 2, -3, 1, 2, 3] }, /values in 10 rows/],
    ["more values than rows", { rows: 3 }, /values in 3 rows/],
    ["more values out of range than values", { under: [7] }, /out of range/],
    ["fewer bins than the features have", { counts: [1, 2, 3] }, /fewer/],
    ["more bins than the features have", { counts: [1, 2, 3, 1, 2, 3, 0] }, /more/],
    ["a column of another length", { missing: [1, 2, 3] }, /missing has 3 entries/],
    ["a kind that is unknown", { kind: [4] }, /kind 4/],
    ["more features than there may be", { features: 1_025 }, /features/],
    ["bins where sketches should be", { kind: [3] }, /bins are more/],
    ["a sketch shorter than its feature", sketched({ sketchMeans: new Uint8Array(6) }), /sketches of 3 numbers, their features have 4/],
    ["half a number", sketched({ sketchMeans: new Uint8Array(7) }), /sketches of 3.5/],
    ["a mean beyond one", sketched({ sketchMeans: Uint8Array.of(0, 128, 0, 0, 0, 0, 0, 0) }), /has the sum -65536/],
    ["a sum beyond its vectors", sketched({ sketchMeans: new Uint8Array(0), sketchSums: [0, 1, 2, 1e6] }), /has the sum 1000000/],
    ["half a sum", sketched({ sketchMeans: new Uint8Array(0), sketchSums: [0, 1, 2, 0.5] }), /has the sum 0.5/],
    ["a sum that is no number", sketched({ sketchMeans: new Uint8Array(0), sketchSums: [0, 1, 2, Number.NaN] }), /has the sum NaN/],
    ["a sketch in two forms", sketched({ sketchSums: [0, 1, 2, 3] }), /two forms/],
    ["more vectors than rows", sketched({ vectors: [11] }), /values in 10 rows/],
    ["half a spread", sketched({ spread: [0.5, 0] }), /spread of 0.5 and 0/],
    ["a spread wider than features are long", sketched({ spread: [2, 1] }), /spread of 2 and 1/],
    ["a hash of another length", { specHash: new Uint8Array(31) }, /31 bytes/],
    ["no hash", { specHash: null }, /missing/],
  ])("%s is refused", (_, changes, message) => {
    expect(decodeProfile(forged(changes))).toMatchObject({ kind: "rejected", message: expect.stringMatching(message) as string });
  });

  test.each([Number.NaN, -1, 0.5, 2 ** 32])("a count of %s is not sent either", (count) => {
    expect(() => encodeProfile(profile(numeric({ missing: count })))).toThrow(expect.objectContaining({ code: "wire/unencodable" }));
  });

  test("a mean that is no number is not sent either", () => {
    expect(() => encodeProfile(profile(numeric({ mean: Number.NaN })))).toThrow(expect.objectContaining({ code: "wire/unencodable" }));
  });

  test("columns may be written out in full by another writer", () => {
    expect(decodeProfile(forged({ under: [0, 0], missing: [0, 0], size: [3, 3], kind: [1, 1] }))).toStrictEqual({
      kind: "decoded",
      value: profile(numeric(), numeric()),
    });
  });
});

describe("columns and floats", () => {
  test("a column is as short as it can be", () => {
    expect(packColumn([])).toEqual([]);
    expect(packColumn([0, 0, 0])).toEqual([]);
    expect(packColumn([7, 7, 7])).toEqual([7]);
    expect(packColumn([7, 7, 8])).toEqual([7, 7, 8]);
    expect(packColumn([0, -0])).toEqual([0, -0]);
  });

  test("a range is widened to the nearest floats, and no further", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -3e38, max: 3e38 }), (value) => {
        const [below, above] = [floatBelow(value), floatAbove(value)];
        expect([Math.fround(below), Math.fround(above)]).toEqual([below, above]);
        expect(below <= value && value <= above).toBe(true);
        expect([below, above]).toContain(Math.fround(value));
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  test("a range beyond the floats is held at their end", () => {
    expect([floatBelow(-1e300), floatAbove(1e300)]).toEqual([-3.4028234663852886e38, 3.4028234663852886e38]);
    expect([floatBelow(-1e-300), floatAbove(1e-300)]).toEqual([-(2 ** -149), 2 ** -149]);
  });
});

describe("a reference profile", () => {
  const spec = {
    formatVersion: 1 as const,
    recipe: { input: { kind: "none" as const }, task: "classification" as const },
    features: [{ kind: "numeric" as const, name: "score", role: "output" as const, cuts: [1, 2], low: 0, high: 3 }],
  };

  test("that does not fit its spec is not sent", () => {
    const reference = { spec, cohorts: [{ selector: "", profile: profile(numeric({ counts: [3, 3] })), rows: 10 }] };
    expect(() => encodeReferenceProfile(reference)).toThrow(/2 bins, the spec has 3/);
  });

  test("needs a cohort for everyone", () => {
    expect(() => encodeReferenceProfile({ spec, cohorts: [] })).toThrow(/for everyone/);
    expect(() => encodeReferenceProfile({ spec, cohorts: [{ selector: "site=oslo", profile: profile(numeric()), rows: 10 }] })).toThrow(/for everyone/);
  });

  test("misfits are named", () => {
    expect(misfitOf(profile(numeric()), spec)).toBeUndefined();
    expect(misfitOf(profile(), spec)).toMatch(/0 features/);
    expect(misfitOf(profile({ kind: "categorical", counts: [], other: 0, missing: 0, wrongType: 0, count: 0 }), spec)).toMatch(/categorical/);
  });
});
