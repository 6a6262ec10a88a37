import { type DeviceId, normal, type Random, seededRandom } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { buildSpec, createProfiler, type Profile, profileOf, type Recipe, type ReferenceProfile } from "@kedge/profile";
import { describe, expect, test } from "vitest";
import { compareSketches } from "./compare-sketches.js";
import { partOf, partPlanOf } from "./device-profile.js";
import { evaluateFleet, scopeKey, seasonAt } from "./index.js";
import { withSpreadsOf } from "./seasons.js";
import { mixedSketch, type Sketch, sketchOf, varianceOf, yardstickOf } from "./sketch.js";

const length = 8;
const recipe: Recipe = { input: { kind: "tabular", columns: [{ name: "words", kind: "embedding", length }] }, task: "regression" };

/** What a device's vectors are like; `absent`: the share of rows without one. */
interface World {
  readonly shift?: number;
  readonly scale?: number;
  readonly absent?: number;
}

function rows(n: number, random: Random, { shift = 0, scale = 1, absent = 0 }: World = {}): Prediction[] {
  return Array.from({ length: n }, () => {
    const values = Float32Array.from({ length }, () => shift + scale * normal(random));
    const words = random() < absent ? null : { type: "float32" as const, dims: [1, length], values };
    return { reading: { id: "r", atMs: 0, inputs: { words } }, outcome: { kind: "regression", value: normal(random) }, latencyMs: 1, bundleDigest: "" };
  });
}

function counted(reference: ReferenceProfile, predictions: readonly Prediction[]): Profile {
  const profiler = createProfiler(reference.spec, "s");
  for (const prediction of predictions) profiler.add(prediction);
  return profiler.take();
}

const random = seededRandom(21);
const held = rows(2_000, random);
const spec = buildSpec(recipe, held);
const reference: ReferenceProfile = { spec, cohorts: [{ selector: "", profile: profileOf(spec, "s", held), rows: held.length }] };

function sketchIn(profile: Profile | undefined): Sketch {
  const summary = profile?.features[0];
  if (summary?.kind !== "embedding") throw new Error("no sketch");
  return sketchOf(summary);
}

const normalVectors = sketchIn(reference.cohorts[0]?.profile);
const seen = (n: number, world: World = {}): Sketch => sketchIn(counted(reference, rows(n, random, world)));
const sites = ["oslo", "lyon", "porto"];

function look(n: number, world: (site: string, device: number) => World) {
  const devices = Array.from({ length: 6 }, (_, i) => {
    const site = sites[Math.floor(i / 2)] ?? "";
    return { deviceId: `cam-${i}` as DeviceId, labels: { site }, profile: counted(reference, rows(n, random, world(site, i))) };
  });
  return evaluateFleet({ reference, devices });
}

describe("vectors held against their reference", () => {
  test("keep the level without drift, and the band holds the truth", () => {
    let alarms = 0;
    for (let i = 0; i < 300; i += 1) {
      const compared = compareSketches(normalVectors, seen(150));
      if ((compared?.pValue ?? 0) <= 0.05) alarms += 1;
      expect(compared?.interval[0]).toBe(0);
      expect(compared?.score).toBeLessThan(0.1);
    }
    // Of 300 at .05, more than 27 are a one in a thousand event.
    expect(alarms).toBeLessThanOrEqual(27);
  });

  test("a quarter of a deviation along every dimension scores near the tenth that it does for one number", () => {
    const { score, interval, pValue } = compareSketches(normalVectors, seen(4_000, { shift: 0.25 })) ?? { score: 0, interval: [0, 0], pValue: 1 };
    expect(score).toBeGreaterThan(0.07);
    expect(score).toBeLessThan(0.13);
    expect(interval[0] <= score && score <= interval[1]).toBe(true);
    expect(pValue).toBeLessThan(1e-9);
  });

  test("a reference whose spread is not known still gives evidence, only later", () => {
    const blind: Sketch = { ...normalVectors, spread: null };
    expect(compareSketches(blind, seen(400))?.pValue).toBeGreaterThan(0.05);
    expect(compareSketches(blind, seen(400, { shift: 1 }))?.pValue).toBeLessThan(1e-9);
  });

  test("without vectors, or with those of another map, there is nothing to say", () => {
    const none: Sketch = { mean: normalVectors.mean.map(() => 0), count: 0, spread: null };
    expect(compareSketches(normalVectors, none)).toBeUndefined();
    expect(compareSketches(none, normalVectors)).toBeUndefined();
    expect(compareSketches({ ...normalVectors, mean: [1] }, normalVectors)).toBeUndefined();
  });

  test("mixtures weigh what is in them and are known to spread no less", () => {
    const far = seen(500, { shift: 2 });
    const mixed = mixedSketch(
      [
        { sketch: normalVectors, share: 3 },
        { sketch: { ...far, spread: normalVectors.spread }, share: 1 },
      ],
      400,
    );
    mixed?.mean.forEach((v, i) => {
      expect(v).toBeCloseTo(0.75 * (normalVectors.mean[i] ?? 0) + 0.25 * (far.mean[i] ?? 0), 12);
    });
    expect(mixed?.spread?.[0]).toBeCloseTo(normalVectors.spread?.[0] ?? 0, 12);
    expect(mixedSketch([], 3)).toBeUndefined();
    expect(varianceOf(mixed ?? far)).toBeGreaterThan(varianceOf(normalVectors));
    const { degrees } = yardstickOf(normalVectors);
    expect(degrees > 2 && degrees < 128).toBe(true);
  });
});

describe("a look at a fleet with vectors", () => {
  test("finds nothing where nothing is, 30 times over", () => {
    for (let i = 0; i < 30; i += 1) expect(look(400, () => ({})).causes).toEqual([]);
  });

  test.each([
    ["cohort:site=oslo", (site: string): World => (site === "oslo" ? { shift: 0.6 } : {})],
    ["device:cam-3", (_: string, i: number): World => (i === 3 ? { shift: 0.6 } : {})],
    ["fleet", (): World => ({ scale: 1.5 })],
  ])("puts a change at %s", (scope, world) => {
    const { causes } = look(600, world);
    expect(causes.map((c) => scopeKey(c.scope))).toEqual([scope]);
    expect(causes[0]?.features[0]).toMatchObject({ feature: "words", causeClass: "population_shift", topBins: [] });
  });

  test("calls vectors that stopped coming missing", () => {
    const { causes } = look(400, (site) => (site === "lyon" ? { absent: 0.3 } : {}));
    expect(causes.map((c) => [scopeKey(c.scope), c.causeClass])).toEqual([["cohort:site=lyon", "missing"]]);
  });

  test("says when it began", () => {
    const windows = Array.from({ length: 10 }, (_, w) => ({
      startMs: w * 1_000,
      profile: counted(reference, rows(200, random, w >= 6 ? { shift: 1 } : {})),
    }));
    const all = Array.from({ length: 10 }, (_, w) => rows(200, random, w >= 6 ? { shift: 1 } : {})).flat();
    const parts = windows.map((w) => partOf(w, partPlanOf(reference.spec)));
    const { causes } = evaluateFleet({ reference, devices: [{ deviceId: "cam" as DeviceId, labels: {}, profile: counted(reference, all), parts }] });
    expect(causes[0]?.onsetMs).toBe(6_000);
  });

  test("a mixture of what is usual in two hours is of the season where they meet", () => {
    const hours = new Map([counted(reference, rows(2_000, random)), counted(reference, rows(2_000, random, { shift: 1 }))].entries());
    const found = seasonAt(hours, 3_599_000, 3_601_000);
    const trained = reference.cohorts[0]?.profile;
    if (found === undefined || trained === undefined) throw new Error("nothing is usual");
    const season = withSpreadsOf(found, trained);
    const profile = counted(reference, [...rows(500, random), ...rows(500, random, { shift: 1 })]);
    const device = { deviceId: "cam" as DeviceId, labels: {}, profile };
    expect(evaluateFleet({ reference, devices: [device] }).causes).toHaveLength(1);
    const { causes, verdicts } = evaluateFleet({ reference, devices: [{ ...device, season }] });
    expect(causes).toEqual([]);
    expect(verdicts.find((v) => v.feature === "words")?.causeClass).toBe("seasonal");
  });
});
