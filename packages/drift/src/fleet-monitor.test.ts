import { type DeviceId, type Labels, normal, type Random, type Sha256, seededRandom } from "@kedge/core";
import type { NumericFeatureSpec, NumericSummary, Profile, ProfileSpec, ReferenceProfile, Window } from "@kedge/profile";
import { binIndex, normalQuantile } from "@kedge/stats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMemory, type DeviceMemory, driftOptionsOf, learnSeason, lookAtFleet, scopeKey, seasonAt, slotOf } from "./index.js";

const bins = 32;
const cuts = Array.from({ length: bins - 1 }, (_, i) => normalQuantile((i + 1) / bins));
const featureOf = (name: string, role: "input" | "output"): NumericFeatureSpec => ({ kind: "numeric", name, role, cuts, low: -4, high: 4 });
const spec: ProfileSpec = {
  formatVersion: 1,
  recipe: { input: { kind: "tabular", columns: [{ name: "x", kind: "numeric" }] }, task: "regression" },
  features: [featureOf("x", "input"), featureOf("value", "output")],
};
const [oldBundle, newBundle] = ["a".repeat(64) as Sha256, "b".repeat(64) as Sha256];
const minute = 60_000;

function summaryOf(values: readonly number[]): NumericSummary {
  const counts = new Array<number>(bins).fill(0);
  for (const v of values) counts[binIndex(cuts, v)] = (counts[binIndex(cuts, v)] ?? 0) + 1;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const m2 = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  const rest = { under: 0, over: 0, missing: 0, notANumber: 0, wrongType: 0 };
  return { kind: "numeric", counts, ...rest, count: values.length, mean, m2, min: Math.min(...values), max: Math.max(...values) };
}

interface World {
  readonly x?: number;
  readonly value?: number;
  readonly draw?: (random: Random) => number;
}

function profileOf(random: Random, rows: number, { x = 0, value = 0, draw = normal }: World = {}): Profile {
  const of = (level: number, source: (r: Random) => number): NumericSummary => summaryOf(Array.from({ length: rows }, () => source(random) + level));
  return { specHash: "s", rows, errors: 0, features: [of(x, draw), of(value, normal)] };
}

function windowOf(name: string, seq: number, profile: Profile, bundleDigest = newBundle): Window {
  const key = { deviceId: name as DeviceId, bootEpoch: 1, seq };
  return { key, startMs: (seq - 1) * minute, endMs: seq * minute, bundleDigest, profile, trigger: "interval" };
}

const referenceOf = (random: Random): ReferenceProfile => ({ spec, cohorts: [{ selector: "", profile: profileOf(random, 10_000), rows: 10_000 }] });

/** A fleet that is looked at after each of `count` windows; the last look. */
function watch(
  names: readonly string[],
  count: number,
  random: Random,
  worldOf: (name: string, seq: number) => World,
  how: { readonly memories?: ReadonlyMap<DeviceId, DeviceMemory>; readonly from?: number } = {},
) {
  const reference = referenceOf(random);
  const kept = new Map<string, Window[]>(names.map((n) => [n, []]));
  let memories = how.memories ?? new Map<DeviceId, DeviceMemory>();
  let look: ReturnType<typeof lookAtFleet> | undefined;
  const first = how.from ?? 1;
  for (let seq = first; seq < first + count; seq += 1) {
    for (const name of names) kept.get(name)?.push(windowOf(name, seq, profileOf(random, 200, worldOf(name, seq))));
    const devices = names.map((name) => ({ deviceId: name as DeviceId, labels: { site: name.split("-")[0] ?? "" } as Labels, windows: kept.get(name) ?? [] }));
    look = lookAtFleet({ bundleDigest: newBundle, reference, memories, atMs: seq * minute, lookBackMs: 10 * minute }, devices);
    memories = look.memories;
  }
  if (look === undefined) throw new Error("no look");
  return look;
}

const six = ["oslo-1", "oslo-2", "lyon-1", "lyon-2", "porto-1", "porto-2"];

describe("skew and drift", () => {
  test("a device that was never as in training has skew; one that came to differ has drift", () => {
    const { causes } = watch(six, 30, seededRandom(1), (name, seq) => (name === "oslo-1" ? { x: 0.8 } : name === "lyon-2" && seq > 18 ? { x: 0.8 } : {}));
    expect(causes.map((c) => [scopeKey(c.scope), c.change]).sort()).toEqual([
      ["device:lyon-2", "drift"],
      ["device:oslo-1", "skew"],
    ]);
    const [verdict] = causes.find((c) => c.change === "skew")?.features ?? [];
    expect(verdict?.earlierScore).toBeLessThan((verdict?.score ?? 0) / 2);
  });

  test("answers that differ from the first windows under a new bundle on, while inputs do not, are the model's change", () => {
    const random = seededRandom(2);
    const before = new Map<DeviceId, DeviceMemory>();
    for (const name of six) {
      const windows = [windowOf(name, 1, profileOf(random, 200), oldBundle)];
      const fleet = { bundleDigest: oldBundle, reference: referenceOf(random), memories: new Map(), atMs: minute, lookBackMs: 10 * minute };
      for (const [id, memory] of lookAtFleet(fleet, [{ deviceId: name as DeviceId, labels: {}, windows }]).memories) before.set(id, memory);
    }
    const { causes } = watch(six, 15, random, () => ({ value: 0.8 }), { memories: before, from: 2 });
    expect(causes.map((c) => [scopeKey(c.scope), c.causeClass, c.retrainAdvised])).toEqual([["fleet", "model_change", false]]);
  });

  test("answers that move later, alone, are of no kind that can be told", () => {
    const { causes } = watch(six, 30, seededRandom(3), (_, seq) => (seq > 18 ? { value: 0.8 } : {}));
    expect(causes.map((c) => c.causeClass)).toEqual(["unknown"]);
  });

  test("values that stand at the end of their range are saturation", () => {
    const clipped = (random: Random): number => Math.min(1.9, normal(random) + 1.8);
    const reference = (random: Random): number => Math.min(1.9, normal(random));
    const random = seededRandom(4);
    const trained: ReferenceProfile = { spec, cohorts: [{ selector: "", profile: profileOf(random, 10_000, { draw: reference }), rows: 10_000 }] };
    const windows = Array.from({ length: 8 }, (_, i) => windowOf("oslo-1", i + 1, profileOf(random, 200, { draw: clipped })));
    const fleet = { bundleDigest: newBundle, reference: trained, memories: new Map(), atMs: 8 * minute, lookBackMs: 10 * minute };
    const { causes } = lookAtFleet(fleet, [{ deviceId: "oslo-1" as DeviceId, labels: {}, windows }]);
    expect(causes.map((c) => c.causeClass)).toEqual(["saturation"]);
  });
});

describe("sequences", () => {
  test("a small step that no look can show by its own level is found by the sequence in time", () => {
    const random = seededRandom(5);
    const names = Array.from({ length: 30 }, (_, i) => `s${i}-1`);
    // With windows of few rows, most looks do not reach their share of the level.
    const reference = referenceOf(random);
    let memories: ReadonlyMap<DeviceId, DeviceMemory> = new Map();
    const kept = new Map<string, Window[]>(names.map((n) => [n, []]));
    const found: (string | null | undefined)[] = [];
    for (let seq = 1; seq <= 90; seq += 1) {
      for (const name of names) kept.get(name)?.push(windowOf(name, seq, profileOf(random, 50, name === "s3-1" && seq > 20 ? { x: 0.4 } : {})));
      const devices = names.map((name) => ({ deviceId: name as DeviceId, labels: {}, windows: kept.get(name) ?? [] }));
      const look = lookAtFleet({ bundleDigest: newBundle, reference, memories, atMs: seq * minute, lookBackMs: 5 * minute }, devices);
      memories = look.memories;
      for (const cause of look.causes) found.push(...cause.features.filter((f) => f.feature === "x").map((f) => `${scopeKey(f.scope)}/${f.evidence}`));
    }
    expect(found).toContain("device:s3-1/sequence");
    expect(found.filter((f) => f?.startsWith("device:s3-1") !== true)).toEqual([]);
  });

  test("a memory survives storage, and what is none begins anew", () => {
    const { memories } = watch(["oslo-1"], 6, seededRandom(6), () => ({}));
    for (const memory of memories.values()) {
      expect(decodeMemory(JSON.parse(JSON.stringify(memory)))).toEqual(memory);
      expect(decodeMemory({ ...memory, version: 2 })).toBeUndefined();
    }
    expect(decodeMemory(null)).toBeUndefined();
    fc.assert(fc.property(fc.anything(), (value) => decodeMemory(value) === undefined));
  });

  test("repeats, and any order within a look, change nothing (property)", () => {
    const random = seededRandom(7);
    const reference = referenceOf(random);
    const windows = Array.from({ length: 8 }, (_, i) => windowOf("oslo-1", i + 1, profileOf(random, 60)));
    const deviceId = "oslo-1" as DeviceId;
    const fleet = { bundleDigest: newBundle, reference, atMs: 8 * minute, lookBackMs: 10 * minute };
    const remembered = (given: readonly Window[], memories: ReadonlyMap<DeviceId, DeviceMemory> = new Map()) =>
      lookAtFleet({ ...fleet, memories }, [{ deviceId, labels: {}, windows: given }]).memories;
    const once = remembered(windows);
    fc.assert(
      fc.property(fc.shuffledSubarray(windows, { minLength: 8 }), (shuffled) => {
        expect(remembered(shuffled)).toEqual(once);
        expect(remembered([...shuffled, ...windows], once)).toEqual(once);
      }),
      { numRuns: 20 },
    );
    // In two parts, as over a restart, it is the same but for what is known of the fleet's design effect in between.
    const [parts] = remembered(windows, remembered(windows.slice(0, 5))).values();
    const [whole] = once.values();
    expect(parts?.last).toEqual(whole?.last);
    expect(parts?.features.map((f) => f.windows)).toEqual(whole?.features.map((f) => f.windows));
  });
});

describe("hours of the week", () => {
  test("what is usual lies in a straight line between two hours, and is unknown where one was not learnt", () => {
    const random = seededRandom(8);
    const hour = 3_600_000;
    const hours = new Map([
      [0, profileOf(random, 2_000, { x: 0 })],
      [1, profileOf(random, 2_000, { x: 2 })],
    ]);
    const meanAt = (atMs: number): number | undefined => {
      const [x] = seasonAt(hours, atMs - 1, atMs + 1)?.features ?? [];
      return x?.kind === "numeric" ? x.mean : undefined;
    };
    expect(meanAt(0.5 * hour)).toBeCloseTo(0, 0);
    expect(meanAt(hour)).toBeCloseTo(1, 0);
    expect(meanAt(1.5 * hour)).toBeCloseTo(2, 0);
    expect(meanAt(2 * hour)).toBeUndefined();
    expect(slotOf(168 * hour + 5)).toBe(0);
  });

  test("what differs from training and is usual at this hour is seasonal, and no cause", () => {
    const random = seededRandom(9);
    const hours = new Map(Array.from({ length: 168 }, (_, slot) => [slot, profileOf(random, 1_000, { x: 1 })]));
    const windows = Array.from({ length: 8 }, (_, i) => windowOf("oslo-1", i + 1, profileOf(random, 200, { x: 1 })));
    const fleet = { bundleDigest: newBundle, reference: referenceOf(random), memories: new Map(), atMs: 8 * minute, lookBackMs: 10 * minute };
    const device = { deviceId: "oslo-1" as DeviceId, labels: {}, windows };
    expect(lookAtFleet(fleet, [device]).causes).toHaveLength(1);
    const look = lookAtFleet({ ...fleet, seasonsOf: () => hours }, [device]);
    expect(look.causes).toEqual([]);
    expect(look.verdicts.find((v) => v.feature === "x")?.causeClass).toBe("seasonal");
  });

  test("what was learnt only grows, but for another spec, which begins anew", () => {
    const random = seededRandom(10);
    const one = profileOf(random, 100);
    expect(learnSeason(learnSeason(undefined, one), one).rows).toBe(200);
    expect(learnSeason(one, { ...one, specHash: "other" }).rows).toBe(100);
  });
});

test("what is not set is as by default", () => {
  expect(driftOptionsOf({ effectLimit: 0.2, alphaPerLook: undefined })).toMatchObject({ effectLimit: 0.2, alphaPerLook: 1e-5, missingLimit: 0.02 });
});
