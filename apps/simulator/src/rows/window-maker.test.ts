import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import {
  buildSpec,
  type CategoricalSummary,
  invalidIn,
  type NumericSummary,
  type Profile,
  profileOf,
  type Recipe,
  type ReferenceProfile,
  specHash,
} from "@kedge/profile";
import { sha256 } from "@kedge/registry/adapters";
import { decodeReferenceProfile, encodeWindow } from "@kedge/wire";
import { beforeAll, describe, expect, test } from "vitest";
import { createKeyPair } from "@kedge/registry/adapters";
import { loadScenario } from "../scenario/load-scenario.js";
import { packSynthetic } from "../synthetic/synthetic-bundle.js";
import { lotOf, lots } from "./seeds.js";
import { WindowMaker, type WindowPlan } from "./window-maker.js";

let bundle: ReferenceProfile;
beforeAll(async () => {
  const packed = await packSynthetic(4, createKeyPair().signer, 0);
  const decoded = decodeReferenceProfile(packed.files.get(packed.manifest.files["reference"]?.path ?? "") ?? new Uint8Array());
  if (decoded.kind === "rejected") throw new Error(decoded.message);
  bundle = decoded.value;
});

const minuteMs = 60_000;
const oslo: Labels = { site: "oslo" };
const lyon: Labels = { site: "lyon" };

function maker(changes: Partial<WindowPlan> = {}, drift: readonly string[] = []): WindowMaker {
  return new WindowMaker(bundle, { seed: 7, rows: 500, intervalMs: minuteMs, pool: null, drift: loadScenario({ drift }).drift, ...changes });
}

function windowOf(from: WindowMaker, device: number, labels: Labels, index: number): Profile {
  const profile = from.make({ device, labels, index, elapsedMs: index * minuteMs });
  if (profile === undefined) throw new Error("there is a reference");
  return profile;
}

function bytesOf(profile: Profile, device: number, index: number): string {
  const key = { deviceId: `sim-${device}` as DeviceId, bootEpoch: 1, seq: index };
  return Buffer.from(encodeWindow({ key, startMs: 0, endMs: minuteMs, bundleDigest: "a".repeat(64) as Sha256, trigger: "interval", profile })).toString("hex");
}

const placeOf = (name: string): number => bundle.spec.features.findIndex((f) => f.name === name);
const numbersOf = (profile: Profile, name: string): NumericSummary => profile.features[placeOf(name)] as NumericSummary;
const wordsOf = (profile: Profile, name: string): CategoricalSummary => profile.features[placeOf(name)] as CategoricalSummary;
const referenceOf = (name: string): NumericSummary => numbersOf(bundle.cohorts[0]?.profile as Profile, name);
const sdOf = ({ m2, count }: NumericSummary): number => Math.sqrt(m2 / count);

describe("a seed", () => {
  const all = (from: WindowMaker, order: readonly (readonly [number, number])[]): string[] => {
    const made = new Map(
      order.map(([device, index]) => [`${device}/${index}`, bytesOf(windowOf(from, device, device % 2 === 0 ? oslo : lyon, index), device, index)]),
    );
    return [...made].sort().map(([, bytes]) => bytes);
  };
  const pairs = Array.from({ length: 20 }, (_, i) => [i % 5, 1 + Math.floor(i / 5)] as const);

  test.each([null, 3])("gives the same windows to the byte, in whatever order they are made (pool %s)", (pool) => {
    const drift = ["site=oslo at=90s over=60s mean+1", "at=2m feature=mode mix=idle:0.5"];
    const first = all(maker({ pool }, drift), pairs);
    expect(all(maker({ pool }, drift), [...pairs].reverse())).toEqual(first);
    expect(all(maker({ pool, seed: 8 }, drift), pairs)).not.toEqual(first);
  });

  test("gives each device and each window rows of its own", () => {
    expect(new Set(all(maker({ rows: 50 }), pairs)).size).toBe(pairs.length);
  });

  test("a pool gives no more sorts of windows than it has, and none that drift touches", () => {
    const pooled = maker({ pool: 3 }, ["site=oslo stuck"]);
    const sorts = (labels: Labels): number => new Set(Array.from({ length: 40 }, (_, i) => JSON.stringify(windowOf(pooled, i, labels, 1)))).size;
    expect([sorts(lyon), sorts(oslo)]).toEqual([3, 40]);
  });
});

test("without drift features are as in the reference", () => {
  const window = windowOf(maker({ rows: 20_000 }), 0, oslo, 1);
  expect(window.rows).toBe(20_000);
  for (const [i, feature] of bundle.spec.features.entries()) {
    const [drawn, known] = [window.features[i], bundle.cohorts[0]?.profile.features[i]];
    if (drawn === undefined || known === undefined) throw new Error("features are in the order of the spec");
    expect(drawn.count + invalidIn(drawn)).toBe(20_000);
    if (drawn.kind === "embedding" || known.kind === "embedding" || known.count === 0) continue;
    const shares = known.counts.map((c) => c / known.count);
    // Counts of 20,000 independent rows: within five standard deviations of what the reference has.
    for (const [bin, share] of shares.entries())
      expect(Math.abs((drawn.counts[bin] ?? 0) - share * drawn.count), `${feature.name} ${bin}`).toBeLessThan(
        5 * Math.sqrt(drawn.count * share * (1 - share)) + 1,
      );
    if (drawn.kind === "numeric" && known.kind === "numeric") expect(Math.abs(drawn.mean - known.mean)).toBeLessThan(0.1 * sdOf(known));
  }
});

describe("drift", () => {
  const after = (change: string, feature = "temperature"): Profile =>
    windowOf(maker({ rows: 5_000 }, [`site=oslo at=2m feature=${feature} ${change}`]), 0, oslo, 4);

  test("touches the devices, the time and the features that it is for, and nothing else", () => {
    const [calm, moved] = [maker(), maker({}, ["site=oslo at=2m until=3m feature=temperature mean+3"])];
    for (const [device, labels] of [
      [0, oslo],
      [1, lyon],
    ] as const)
      for (const index of [1, 2, 3, 4, 5]) {
        const [a, b] = [windowOf(calm, device, labels, index), windowOf(moved, device, labels, index)];
        const isTouched = labels === oslo && index === 3;
        expect(JSON.stringify(numbersOf(a, "temperature")) === JSON.stringify(numbersOf(b, "temperature")), `${device} ${index}`).toBe(!isTouched);
        expect(numbersOf(b, "current")).toEqual(numbersOf(a, "current"));
      }
  });

  test("of the mean and the spread, in the reference's standard deviations", () => {
    const known = referenceOf("temperature");
    expect(numbersOf(after("mean+0.5"), "temperature").mean).toBeCloseTo(known.mean + 0.5 * sdOf(known), 0);
    expect(sdOf(numbersOf(after("spread*3"), "temperature")) / sdOf(known)).toBeCloseTo(3, 0);
  });

  test("that sticks, at another value on each device", () => {
    const stuck = maker({}, ["stuck"]);
    const means = [0, 1, 2].map((device) => {
      const { m2, mean } = numbersOf(windowOf(stuck, device, oslo, 2), "temperature");
      expect(m2).toBeCloseTo(0, 6);
      expect(numbersOf(windowOf(stuck, device, oslo, 3), "temperature").mean).toBeCloseTo(mean, 9);
      return mean;
    });
    expect(new Set(means).size).toBe(3);
  });

  test("of missing values, of the unit, of the mix of words", () => {
    expect(invalidIn(numbersOf(after("missing=0.3"), "temperature")) / 5_000).toBeCloseTo(0.3, 1);
    const known = referenceOf("temperature");
    expect(numbersOf(after("unit*1.8+32"), "temperature").mean).toBeCloseTo(1.8 * known.mean + 32, 0);
    const idle = bundle.spec.features[placeOf("mode")];
    const at = idle?.kind === "categorical" ? idle.categories.indexOf("idle") : -1;
    expect((wordsOf(after("mix=idle:0.5", "mode"), "mode").counts[at] ?? 0) / 5_000).toBeCloseTo(0.25 + 0.5 * 0.75, 1);
    expect(wordsOf(after("mix=never-seen:0.2", "mode"), "mode").other / 5_000).toBeCloseTo(0.2, 1);
  });

  test("that comes gradually, within a window too", () => {
    const slow = maker({ rows: 2_000 }, ["at=2m over=4m feature=temperature mean+4"]);
    const known = referenceOf("temperature");
    const moved = [2, 3, 4, 5, 6, 7].map((index) => (numbersOf(windowOf(slow, 0, oslo, index), "temperature").mean - known.mean) / sdOf(known));
    [0, 0.5, 1.5, 2.5, 3.5, 4].forEach((expected, i) => {
      expect(moved[i]).toBeCloseTo(expected, 0);
      expect(Math.abs((moved[i] ?? 0) - expected)).toBeLessThan(0.15);
    });
  });

  test("names no features: all numeric inputs, and no outputs", () => {
    const [calm, moved] = [windowOf(maker(), 0, oslo, 1), windowOf(maker({}, ["mean+2"]), 0, oslo, 1)];
    for (const [i, f] of bundle.spec.features.entries())
      expect(JSON.stringify(calm.features[i]) === JSON.stringify(moved.features[i]), f.name).toBe(!(f.kind === "numeric" && f.role === "input"));
  });
});

describe("other recipes are drawn by their features", () => {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  const referenceFor = (recipe: Recipe, predictions: readonly Prediction[], classes: readonly string[] = []): ReferenceProfile => {
    const spec = buildSpec(recipe, predictions, classes);
    return { spec, cohorts: [{ selector: "", profile: profileOf(spec, specHash(spec, { utf8, sha256 }), predictions), rows: predictions.length }] };
  };
  const random = lotOf(1, lots.rows);
  const made = (reference: ReferenceProfile, rows: number): Profile => {
    const profile = new WindowMaker(reference, { seed: 1, rows, intervalMs: minuteMs, pool: null, drift: [] }).make({
      device: 0,
      labels: {},
      index: 1,
      elapsedMs: minuteMs,
    });
    if (profile === undefined) throw new Error("there is a reference");
    return profile;
  };

  test("images with a thumbnail and a stream of classes", () => {
    const frames = Array.from({ length: 300 }, (_, i): Prediction => {
      const values = Uint8Array.from({ length: 64 }, () => Math.floor(256 * random()));
      const p = random();
      return {
        reading: { id: String(i), atMs: 0, inputs: { image: { type: "uint8", dims: [8, 8], values } } },
        outcome: { kind: "classification", classIndex: p > 0.5 ? 1 : 0, label: p > 0.5 ? "b" : "a", probabilities: Float32Array.of(1 - p, p) },
        latencyMs: 3,
        bundleDigest: "",
      };
    });
    const reference = referenceFor(
      { input: { kind: "image", from: "image", width: 8, height: 8, channels: 1, thumbnail: 4 }, task: "classification", isStream: true },
      frames,
      ["a", "b"],
    );
    const profile = made(reference, 200);
    const of = (name: string) => profile.features[reference.spec.features.findIndex((f) => f.name === name)];
    expect(of("brightness")).toMatchObject({ count: 200 });
    expect(of("thumbnail")).toMatchObject({ kind: "embedding", count: 200, missing: 0 });
    expect(of("switched")?.count).toBeGreaterThan(190);
    // Sketches are whole multiples of their count, as a device's are, or the wire would not carry them.
    expect(() => bytesOf(profile, 1, 1)).not.toThrow();
  });

  test("boxes: as many a row as the reference has on average", () => {
    const frames = Array.from({ length: 200 }, (_, i): Prediction => {
      const boxes = Array.from({ length: i % 4 }, () => ({ classIndex: 0, label: "car", score: random(), x: 0, y: 0, width: random(), height: random() }));
      return { reading: { id: "", atMs: 0, inputs: {} }, outcome: { kind: "detection", boxes, dropped: 0 }, latencyMs: 3, bundleDigest: "" };
    });
    const reference = referenceFor({ input: { kind: "none" }, task: "detection" }, frames, ["car"]);
    const profile = made(reference, 2_000);
    const scores = profile.features[reference.spec.features.findIndex((f) => f.name === "box_score")];
    expect((scores?.count ?? 0) / 2_000).toBeCloseTo(1.5, 1);
  });
});
