import { normal, seededRandom } from "@kedge/core";
import type { DetectedBox, Outcome, Prediction, Vitals } from "@kedge/inference";
import type { Reading, ReadingInput } from "@kedge/sensor";
import { nastyFloat } from "@kedge/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildSpec,
  type Column,
  createProfiler,
  createRowReader,
  type FeatureSummary,
  maxValuesPerRow,
  type Profile,
  profileOf,
  type ProfileSpec,
  type Recipe,
} from "./index.js";
import { predictionOf } from "./rows.fixture.js";

function feature<K extends FeatureSummary["kind"]>(profile: Profile, spec: ProfileSpec, name: string, kind: K): Extract<FeatureSummary, { kind: K }> {
  const found = profile.features[spec.features.findIndex((f) => f.name === name)];
  if (found?.kind !== kind) throw new Error(`${name} is no ${kind} feature`);
  return found as Extract<FeatureSummary, { kind: K }>;
}

const tabular = (...columns: Column[]): Recipe => ({ input: { kind: "tabular", columns }, task: "regression" });
const said: Outcome = { kind: "regression", value: 1 };

function predicted(inputs: Reading["inputs"], more: Partial<Pick<Prediction, "outcome" | "vitals">> & { atMs?: number } = {}): Prediction {
  const { atMs = 1_000_000, ...rest } = more;
  return { reading: { id: "r", atMs, inputs }, outcome: said, latencyMs: 1, bundleDigest: "", ...rest };
}

describe("a text", () => {
  const recipe = tabular({ name: "note", kind: "text" });

  test("is counted by its characters and in no other way", () => {
    const rows = ["", "abc", "𝄞é", "\ud834", "\ud834a", "x".repeat(50)].map((note) => predicted({ note }));
    const spec = buildSpec(recipe, rows);
    const { mean, count, min, max } = feature(profileOf(spec, "h", rows), spec, "note.length", "numeric");
    expect([count, min, max, mean * 6]).toEqual([6, 0, 50, 0 + 3 + 2 + 1 + 2 + 50]);
    expect(JSON.stringify([spec, profileOf(spec, "h", rows)])).not.toMatch(/abc|xxx|𝄞/);
  });

  test("that is none is missing or of the wrong type", () => {
    const spec = buildSpec(recipe, []);
    const profile = profileOf(spec, "h", [predicted({}), predicted({ note: null }), predicted({ note: 5 }), predicted({ note: true })]);
    expect(feature(profile, spec, "note.length", "numeric")).toMatchObject({ count: 0, missing: 2, wrongType: 2 });
  });
});

describe("a timestamp", () => {
  const recipe = tabular({ name: "taken", kind: "timestamp" });
  const noon = Date.UTC(2026, 2, 1, 12);

  test("gives the hour of its day and how old it was", () => {
    const rows = ["2026-03-01T12:00Z", noon - 1_000, "2026-03-01T13:30:00+01:00", "tomorrow", Number.NaN, 9e15, false, null];
    const predictions = rows.map((taken) => predicted({ taken }, { atMs: noon + 5_000 }));
    const spec = buildSpec(recipe, predictions);
    const profile = profileOf(spec, "h", predictions);
    expect(feature(profile, spec, "taken.age_s", "numeric")).toMatchObject({ count: 3, min: 5 - 1_800, max: 6, wrongType: 4, missing: 1 });
    expect(spec.features.find((f) => f.name === "taken.hour")).toMatchObject({ kind: "categorical", role: "runtime", categories: ["12", "11"] });
    expect(feature(profile, spec, "taken.hour", "categorical")).toMatchObject({ counts: [2, 1], wrongType: 4, missing: 1 });
  });

  test("before 1970 has an hour too", () => {
    const rows = [predicted({ taken: -1 })];
    expect(buildSpec(recipe, rows).features[0]).toMatchObject({ categories: ["23"] });
  });

  test("has no age in a reading that does not say when it was taken", () => {
    const spec = buildSpec(recipe, []);
    expect(feature(profileOf(spec, "h", [predicted({ taken: 5 }, { atMs: 0 })]), spec, "taken.age_s", "numeric")).toMatchObject({ count: 0, missing: 1 });
  });
});

describe("names", () => {
  test("are one a feature, whatever columns are called", () => {
    const columns: Column[] = [
      { name: "a", kind: "timestamp" },
      { name: "a.hour", kind: "numeric" },
      { name: "a", kind: "text" },
      { name: "value", kind: "numeric" },
      { name: "value", kind: "categorical" },
      { name: "input.value", kind: "boolean" },
      { name: "temperature_c", kind: "numeric" },
    ];
    const names = createRowReader(tabular(...columns)).features.map((f) => f.name);
    expect(new Set(names).size).toBe(names.length);
    // A column had its name before machines were watched: bundles of then still find it.
    expect(names).toEqual(expect.arrayContaining(["a.hour", "input.a.hour", "a.length", "input.value", "temperature_c", "device.temperature_c"]));
  });
});

describe("the machine", () => {
  const recipe: Recipe = { input: { kind: "none" }, task: "regression" };
  const spec = buildSpec(recipe, []);
  const counted = (...vitals: (Vitals | undefined)[]) =>
    profileOf(
      spec,
      "h",
      vitals.map((v) => predicted({}, v === undefined ? {} : { vitals: v })),
    );

  test("is counted in bins of its own, and missing where it does not tell", () => {
    const profile = counted({ temperatureC: 55, memoryMib: 100 }, { temperatureC: 85, memoryMib: null }, { temperatureC: null, memoryMib: 3_000 }, undefined);
    expect(feature(profile, spec, "temperature_c", "numeric")).toMatchObject({ counts: [0, 0, 1, 0, 0, 1, 0], count: 2, missing: 2, over: 0 });
    expect(feature(profile, spec, "memory_mib", "numeric")).toMatchObject({ counts: [0, 0, 1, 0, 0, 0, 0, 1], count: 2, missing: 2 });
  });
});

const labels = ["cat", "dog", "cow"];
const answer = (label: string): Outcome => ({ kind: "classification", classIndex: labels.indexOf(label), label, probabilities: Float32Array.of(1) });

describe("a stream of classes", () => {
  const recipe: Recipe = { input: { kind: "none" }, task: "classification", isStream: true };
  const stream = ["cat", "cat", "dog", "dog", "cat", "cow"].map((label) => predicted({}, { outcome: answer(label) }));
  const spec = buildSpec(recipe, stream, labels);

  test("tells how often the class switches, and from which to which", () => {
    const profile = profileOf(spec, "h", stream);
    expect(feature(profile, spec, "switched", "categorical")).toMatchObject({ counts: [3, 2], count: 5, missing: 0, other: 0 });
    const transitions = spec.features.find((f) => f.name === "transition");
    expect(transitions?.kind === "categorical" && [...transitions.categories].sort()).toEqual(["cat>cat", "cat>cow", "cat>dog", "dog>cat", "dog>dog"]);
  });

  test("starts anew with every window, without calling its first row missing", () => {
    const profiler = createProfiler(spec, "h");
    for (const row of stream) profiler.add(row);
    profiler.take();
    profiler.add(predicted({}, { outcome: answer("dog") }));
    expect(feature(profiler.take(), spec, "switched", "categorical")).toMatchObject({ count: 0, missing: 0 });
  });

  test("is broken by an answer of another kind, which is missing", () => {
    const rows = [answer("cat"), said, answer("dog"), answer("cow")].map((outcome) => predicted({}, { outcome }));
    const profile = profileOf(spec, "h", rows);
    expect(feature(profile, spec, "switched", "categorical")).toMatchObject({ count: 1, missing: 1 });
    // Never seen in the reference.
    expect(feature(profile, spec, "transition", "categorical")).toMatchObject({ count: 1, other: 1 });
  });

  test("has no transitions for more classes than there are words for, and none are kept", () => {
    const many = Array.from({ length: 40 }, (_, i) => `class ${i}`);
    const rows = many.map((label) => predicted({}, { outcome: answer(label) }));
    const wide = buildSpec(recipe, rows, many);
    expect(wide.features.map((f) => f.name)).toContain("switched");
    expect(wide.features.map((f) => f.name)).not.toContain("transition");
    const found = feature(profileOf(spec, "h", [...rows, ...rows]), spec, "transition", "categorical");
    // Twice over, of the first sixteen classes that were left.
    expect(found.count).toBeLessThanOrEqual(32);
  });

  test("is not looked at where the reference is in no order", () => {
    expect(buildSpec({ ...recipe, isStream: false }, stream, labels).features.map((f) => f.name)).not.toContain("switched");
  });
});

const box = (label: string, width: number, height: number, score = 0.9): DetectedBox => ({ classIndex: 0, label, score, x: 0, y: 0, width, height });
const boxes = (...found: DetectedBox[]): Outcome => ({ kind: "detection", boxes: found, dropped: 0 });

describe("detections", () => {
  const recipe: Recipe = { input: { kind: "none" }, task: "detection" };
  const random = seededRandom(3);
  const reference = Array.from({ length: 300 }, () =>
    predicted({}, { outcome: boxes(...[box("cat", random(), random()), box("dog", 0.1, 0.1)].slice(0, Math.floor(3 * random()))) }),
  );
  const spec = buildSpec(recipe, reference, labels);

  test("count boxes a frame, and of every box its class, area and score", () => {
    const profile = profileOf(spec, "h", [
      predicted({}, { outcome: boxes(box("cat", 0.5, 0.5), box("dog", 0.1, 0.2), box("fox", 1, 1)) }),
      predicted({}, { outcome: boxes() }),
      predicted({}, { outcome: { kind: "detection", boxes: [box("cat", -1, 0.5)], dropped: 4 } }),
      predicted({}),
    ]);
    expect(feature(profile, spec, "boxes", "numeric")).toMatchObject({ count: 3, missing: 1, min: 0, max: 5 });
    expect(feature(profile, spec, "box_class", "categorical")).toMatchObject({ counts: [2, 1, 0], other: 1, count: 4, missing: 1 });
    expect(feature(profile, spec, "box_area", "numeric")).toMatchObject({ count: 4, min: 0, max: 1, missing: 1 });
    expect(feature(profile, spec, "box_score", "numeric")).toMatchObject({ count: 4 });
  });

  test("hold any number of boxes in memory that was there before, whatever is in them", () => {
    const anyBox = fc.record({
      classIndex: fc.integer(),
      label: fc.string(),
      score: nastyFloat(),
      x: nastyFloat(),
      y: nastyFloat(),
      width: nastyFloat(),
      height: nastyFloat(),
    });
    fc.assert(
      fc.property(fc.array(fc.array(anyBox, { maxLength: 300 }), { maxLength: 5 }), (frames) => {
        const profile = profileOf(
          spec,
          "h",
          frames.map((found) => predicted({}, { outcome: boxes(...found) })),
        );
        const wanted = frames.reduce((sum, found) => sum + Math.min(found.length, maxValuesPerRow), 0);
        const { count, notANumber } = feature(profile, spec, "box_area", "numeric");
        expect(count + notANumber).toBe(wanted);
        expect(feature(profile, spec, "box_class", "categorical").count).toBe(wanted);
        expect(feature(profile, spec, "boxes", "numeric").count).toBe(frames.length);
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  test("are bins of the reference's boxes", () => {
    const profile = profileOf(spec, "h", reference);
    const { count, under, over } = feature(profile, spec, "box_area", "numeric");
    expect(count).toBe(reference.reduce((sum, { outcome }) => sum + (outcome.kind === "detection" ? outcome.boxes.length : 0), 0));
    expect([under, over]).toEqual([0, 0]);
  });
});

test("a spec without what came later still counts as it did", () => {
  const recipe = tabular({ name: "heat", kind: "numeric" });
  const rows = Array.from({ length: 50 }, () => predicted({ heat: normal(seededRandom(1)) } satisfies Record<string, ReadingInput>));
  const spec = buildSpec(recipe, rows);
  const before: ProfileSpec = { ...spec, features: spec.features.filter((f) => f.name !== "temperature_c" && f.name !== "memory_mib") };
  const profile = profileOf(before, "h", rows);
  expect(profile.features).toHaveLength(before.features.length);
  expect(feature(profile, before, "heat", "numeric").count).toBe(50);
  expect(predictionOf({}, said)).not.toHaveProperty("vitals");
});
