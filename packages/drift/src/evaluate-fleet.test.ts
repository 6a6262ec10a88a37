import { type DeviceId, normal, type Random, seededRandom } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { buildSpec, profileOf, type Recipe, type ReferenceProfile } from "@kedge/profile";
import { describe, expect, test } from "vitest";
import { defaultDriftOptions, evaluateFleet, scopeKey } from "./index.js";

const recipe: Recipe = { input: { kind: "tabular", columns: ["a", "b", "c", "d"].map((name) => ({ name, kind: "numeric" as const })) }, task: "regression" };

interface World {
  readonly shift?: number;
  readonly scale?: number;
  readonly missing?: number;
  readonly stuck?: boolean;
  readonly outputShift?: number;
}

function row(random: Random, world: World): Prediction {
  const a = world.stuck === true ? 0.25 : (normal(random) + (world.shift ?? 0)) * (world.scale ?? 1);
  const inputs = { a: random() < (world.missing ?? 0) ? null : a, b: normal(random), c: random(), d: Math.exp(normal(random)) };
  return {
    reading: { id: "r", atMs: 0, inputs },
    outcome: { kind: "regression", value: normal(random) + (world.outputShift ?? 0) },
    latencyMs: 1,
    bundleDigest: "",
  };
}

const rows = (n: number, random: Random, world: World = {}): Prediction[] => Array.from({ length: n }, () => row(random, world));

function referenceOf(n: number, random: Random): ReferenceProfile {
  const held = rows(n, random);
  const spec = buildSpec(recipe, held);
  return { spec, cohorts: [{ selector: "", profile: profileOf(spec, "s", held), rows: n }] };
}

const sites = ["oslo", "lyon", "porto"];

/** Six devices at three sites; `world` says what each sees. */
function look(reference: ReferenceProfile, random: Random, n: number, world: (site: string, device: number) => World) {
  const devices = Array.from({ length: 6 }, (_, i) => {
    const site = sites[Math.floor(i / 2)] ?? "";
    return {
      deviceId: `cam-${i}` as DeviceId,
      labels: { site, lens: i % 2 === 0 ? "wide" : "tele" },
      profile: profileOf(reference.spec, "s", rows(n, random, world(site, i))),
    };
  });
  return evaluateFleet({ reference, devices });
}

describe("a look at a fleet", () => {
  test("without drift there is no cause in 60 looks of 600 rows a device", () => {
    const random = seededRandom(11);
    const reference = referenceOf(1_000, random);
    // One alarm per 1,000 looks is allowed, so that one in 60 would already be a 6 % event.
    for (let i = 0; i < 60; i += 1) expect(look(reference, random, 600, () => ({})).causes).toEqual([]);
  });

  test.each([
    ["cohort:site=oslo", (site: string): World => (site === "oslo" ? { shift: 0.5, outputShift: 0.5 } : {})],
    ["fleet", (): World => ({ shift: 0.5, outputShift: 0.5 })],
    ["device:cam-3", (_: string, i: number): World => (i === 3 ? { shift: 1, outputShift: 1 } : {})],
    ["cohort:lens=tele", (_: string, i: number): World => (i % 2 === 1 ? { shift: 0.5 } : {})],
  ])("names exactly %s in each of 20 looks at 400 rows a device", (key, world) => {
    const random = seededRandom(5);
    const reference = referenceOf(1_000, random);
    for (let i = 0; i < 20; i += 1) expect(look(reference, random, 400, world).causes.map((c) => scopeKey(c.scope))).toEqual([key]);
  });

  test("two things that happen at once are two causes", () => {
    const random = seededRandom(6);
    const reference = referenceOf(1_000, random);
    const { causes } = look(reference, random, 400, (site, i) => (site === "oslo" ? { shift: 0.8 } : i === 4 ? { stuck: true } : {}));
    expect(causes.map((c) => scopeKey(c.scope)).sort()).toEqual(["cohort:site=oslo", "device:cam-4"]);
    expect(causes.find((c) => c.scope.kind === "device")?.causeClass).toBe("stuck");
  });

  test.each([
    ["missing", { missing: 0.2 }],
    ["unit_change", { scale: 10 }],
    ["stuck", { stuck: true }],
    ["population_shift", { shift: 1 }],
  ] as const)("a change of the kind %s is called so", (causeClass, world) => {
    const random = seededRandom(7);
    const reference = referenceOf(2_000, random);
    const { causes } = look(reference, random, 400, () => world);
    expect(causes.map((c) => c.causeClass)).toEqual([causeClass]);
  });

  test("retraining is advised when answers moved with their inputs for more than one device, and only then", () => {
    const random = seededRandom(8);
    const reference = referenceOf(1_000, random);
    const advice = (world: (site: string, i: number) => World): boolean[] => look(reference, random, 500, world).causes.map((c) => c.retrainAdvised);
    expect(advice((site) => (site === "oslo" ? { shift: 1, outputShift: 1 } : {}))).toEqual([true]);
    expect(advice((site) => (site === "oslo" ? { shift: 1 } : {}))).toEqual([false]);
    expect(advice((_, i) => (i === 0 ? { shift: 1, outputShift: 1 } : {}))).toEqual([false]);
    expect(advice(() => ({ missing: 0.5, outputShift: 1 }))).toEqual([false]);
  });

  test("a harmless shift raises no alarm however many rows there are", () => {
    const random = seededRandom(9);
    const reference = referenceOf(5_000, random);
    expect(look(reference, random, 20_000, () => ({ shift: 0.05 })).causes).toEqual([]);
  });

  test("a device whose profile counts by another spec is left out by name", () => {
    const random = seededRandom(10);
    const reference = referenceOf(500, random);
    const profile = { ...profileOf(reference.spec, "other", rows(100, random)) };
    const found = evaluateFleet({ reference, devices: [{ deviceId: "x" as DeviceId, labels: {}, profile }] }, defaultDriftOptions);
    expect(found).toMatchObject({ causes: [], leftOut: ["x"], rows: 0 });
  });

  test("a cohort with a reference of its own is held against that one", () => {
    const random = seededRandom(12);
    const reference = referenceOf(1_000, random);
    const moved = { selector: "site=oslo", profile: profileOf(reference.spec, "s", rows(1_000, random, { shift: 1, outputShift: 1 })), rows: 1_000 };
    const accepted = { ...reference, cohorts: [...reference.cohorts, moved] };
    const world = (site: string): World => (site === "oslo" ? { shift: 1, outputShift: 1 } : {});
    expect(look(accepted, random, 400, world).causes).toEqual([]);
    expect(look(accepted, random, 400, () => ({})).causes.map((c) => scopeKey(c.scope))).toEqual(["cohort:site=oslo"]);
  });
});
