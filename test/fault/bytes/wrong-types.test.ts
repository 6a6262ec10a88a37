import { normal, seededRandom, silentLog } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { buildSpec, type Column, createProfiler, type FeatureSummary, profileOf, type Recipe } from "@kedge/profile";
import type { ReadingInput } from "@kedge/sensor";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { startHttp } from "../../../apps/agent/src/http.js";
import { tinySense, tinySlot } from "../../../apps/agent/src/tiny-slot.fixture.js";
import { anyInput } from "../../../packages/sensor/src/schema/reading.fixture.js";

const seed = 20_260_802;

const columns: readonly Column[] = [
  { name: "number", kind: "numeric" },
  { name: "word", kind: "categorical" },
  { name: "flag", kind: "boolean" },
  { name: "text", kind: "text" },
  { name: "time", kind: "timestamp" },
  { name: "vector", kind: "embedding", length: 3 },
];
const names = columns.map((c) => c.name);
const recipes: readonly Recipe[] = [
  { input: { kind: "tabular", columns }, task: "classification" },
  { input: { kind: "image", from: "vector", width: 3, height: 1, channels: 1 }, task: "regression" },
  { input: { kind: "image", from: "vector", width: 2, height: 2, channels: 1, thumbnail: 2 }, task: "anomaly" },
];

const rowOf = (inputs: Readonly<Record<string, ReadingInput>>): Prediction => ({
  reading: { id: "r", atMs: 1_750_000_000_000, inputs },
  outcome: { kind: "classification", classIndex: 0, label: "no", probabilities: Float32Array.of(0.9, 0.1) },
  latencyMs: 1,
  bundleDigest: "",
});

const random = seededRandom(1);
const ordinary = Array.from({ length: 60 }, (_, i) =>
  rowOf({
    number: normal(random),
    word: i % 2 === 0 ? "a" : "b",
    flag: i % 3 === 0,
    text: "x".repeat(i % 7),
    time: "2026-01-01T00:00:00Z",
    vector: { type: "float32", dims: [3], values: Float32Array.of(normal(random), normal(random), normal(random)) },
  }),
);

/** What became of the values of a feature that every row has once. */
const accounted = (f: FeatureSummary): number => f.count + f.missing + f.wrongType + ("notANumber" in f ? f.notANumber : 0);

/** Any value under any name that a column has; also of columns of another kind. */
const anyInputs = fc.array(fc.tuple(fc.constantFrom(...names), anyInput), { maxLength: 8 }).map((entries) => Object.fromEntries(entries));

test.each(recipes.map((recipe) => [recipe.input.kind, recipe] as const))(
  "a value of any type in any %s input is counted once, and none is thrown",
  (_, recipe) => {
    const spec = buildSpec(recipe, ordinary, ["no", "yes"]);
    fc.assert(
      fc.property(fc.array(anyInputs, { minLength: 1, maxLength: 30 }), (rows) => {
        const profiler = createProfiler(spec, "h");
        for (const inputs of rows) profiler.add(rowOf(inputs));
        const profile = profiler.take();
        expect(profile.rows).toBe(rows.length);
        profile.features.forEach((f, i) => {
          expect(accounted(f), spec.features[i]?.name).toBe(rows.length);
        });
      }),
      { seed, numRuns: 400 },
    );
  },
);

test("what is no value of a column is a wrong type by name, and null is missing", () => {
  const [recipe] = recipes;
  if (recipe === undefined) throw new RangeError("no recipe");
  const spec = buildSpec(recipe, ordinary, ["no", "yes"]);
  const wrong: Readonly<Record<string, ReadingInput>> = {
    number: "20.5",
    word: true,
    flag: 1,
    text: 5,
    time: false,
    vector: { type: "float32", dims: [2], values: new Float32Array(2) },
  };
  const at = (rows: Prediction[], name: string) => {
    const i = spec.features.findIndex((f) => f.role === "input" && f.name.startsWith(name));
    return profileOf(spec, "h", rows).features[i];
  };
  for (const { name } of columns) {
    expect(at([rowOf(wrong)], name), name).toMatchObject({ wrongType: 1, missing: 0, count: 0 });
    expect(at([rowOf({ [name]: null })], name), name).toMatchObject({ wrongType: 0, missing: 1, count: 0 });
  }
});

const jsonInput = fc.oneof(
  fc.double(),
  fc.string({ maxLength: 20 }),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue(),
  fc.record({
    type: fc.constantFrom("uint8", "float32", "int64", "string", "bool", "float64"),
    dims: fc.array(fc.integer({ min: -1, max: 4 })),
    values: fc.array(fc.jsonValue(), { maxLength: 5 }),
  }),
);

test("the agent answers any value in a reading by name, never with a fault of its own, and the next good reading as ever", async () => {
  const { sense } = tinySense();
  await sense.serve(await tinySlot());
  const clock = { nowMs: () => 9, monotonicMs: () => 9 };
  const http = await startHttp({ host: "127.0.0.1", port: 0, maxBodyBytes: 65_536, sense, status: () => ({}), clock, log: silentLog });
  onTestFinished(async () => {
    await http.close();
    await sense.serve(undefined);
  });
  const post = (body: string) => fetch(`http://127.0.0.1:${http.port}/v1/predict`, { method: "POST", body, headers: { "content-type": "application/json" } });
  const good = JSON.stringify({ inputs: { image: { type: "uint8", dims: [3], values: [1, 2, 3] } } });
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom("image", "x", "other"), jsonInput, { maxKeys: 3 }), async (inputs) => {
      const { status } = await post(JSON.stringify({ inputs }));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect([200, 422]).toContain(status);
    }),
    { seed, numRuns: 300 },
  );
  expect(statuses.get(422)).toBeGreaterThan(100);
  expect((await post(good)).status).toBe(200);
});
