import { type DeviceId, normal, type Random, seededRandom } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { buildSpec, createAnomalyTally, type Profile, profileOf, type Recipe, type ReferenceProfile, withAnomalies } from "@kedge/profile";
import { createSchemaChecker, inferSchema, type InputSchema, type Reading, type ReadingInput } from "@kedge/sensor";
import { describe, expect, test } from "vitest";
import { evaluateAnomaliesFirst, explainCause, scopeKey } from "./index.js";

const recipe: Recipe = {
  input: {
    kind: "tabular",
    columns: [
      { name: "temperature", kind: "numeric" },
      { name: "humidity", kind: "numeric" },
      { name: "mode", kind: "categorical" },
    ],
  },
  task: "regression",
};

type Change = (inputs: Record<string, ReadingInput>, i: number) => Record<string, ReadingInput>;
const asUsual: Change = (inputs) => inputs;

/** A room with a thermometer, a reading a second. `stepMs` may go backwards. */
function readings(n: number, random: Random, change: Change = asUsual, stepMs: (i: number) => number = () => 1_000): Reading[] {
  let atMs = 1_700_000_000_000;
  return Array.from({ length: n }, (_, i) => {
    atMs += stepMs(i);
    const inputs = {
      temperature: 21 + 2 * normal(random),
      humidity: 45 + 6 * normal(random),
      mode: ["off", "eco", "boost"][Math.floor(random() * 3)] ?? "off",
    };
    return { id: `r${i}`, atMs, inputs: change(inputs, i) };
  });
}

/** As a device does: a reading without its columns gives no prediction. */
function profileOfReadings(spec: ReferenceProfile["spec"], given: readonly Reading[], schema: InputSchema): Profile {
  const checker = createSchemaChecker(schema);
  const tally = createAnomalyTally();
  const predictions: Prediction[] = [];
  let errors = 0;
  for (const reading of given) {
    tally.add(checker.check(reading, Number.POSITIVE_INFINITY));
    const { temperature } = reading.inputs;
    if (typeof temperature === "number" && typeof reading.inputs["mode"] === "string") {
      predictions.push({ reading, outcome: { kind: "regression", value: temperature / 10 }, latencyMs: 1, bundleDigest: "" });
    } else errors += 1;
  }
  return withAnomalies({ ...profileOf(spec, "s", predictions), errors }, tally.take());
}

const random = seededRandom(5);
const training = readings(3_000, random);
const { schema } = inferSchema(training);
const heldOut = readings(1_500, random);
const spec = buildSpec(
  recipe,
  heldOut.map(
    (reading): Prediction => ({ reading, outcome: { kind: "regression", value: Number(reading.inputs["temperature"]) / 10 }, latencyMs: 1, bundleDigest: "" }),
  ),
);
const reference: ReferenceProfile = { spec, cohorts: [{ selector: "", profile: profileOfReadings(spec, heldOut, schema), rows: 1_500 }] };

function lookAt(broken: readonly number[], change: Change, stepMs?: (i: number) => number, rows = 400) {
  const devices = Array.from({ length: 6 }, (_, i) => {
    const given = broken.includes(i) ? readings(rows, random, change, stepMs) : readings(rows, random);
    const site = ["oslo", "lyon", "porto"][Math.floor(i / 2)] ?? "";
    return { deviceId: `room-${i}` as DeviceId, labels: { site }, profile: profileOfReadings(spec, given, schema) };
  });
  return evaluateAnomaliesFirst({ reference, schema, devices });
}

test("clean readings give no cause in 30 looks", () => {
  for (let i = 0; i < 30; i += 1) expect(lookAt([], asUsual).causes).toEqual([]);
});

const fahrenheit: Change = (inputs) => ({ ...inputs, temperature: 1.8 * Number(inputs["temperature"]) + 32 });

test.each<[string, Change, string, string, ((i: number) => number)?]>([
  ["unit_change", fahrenheit, "temperature", "above"],
  ["stuck", (inputs) => ({ ...inputs, humidity: 47.5 }), "humidity", "stuck"],
  ["saturation", (inputs) => ({ ...inputs, humidity: Math.max(...training.map((r) => Number(r.inputs["humidity"]))) + 0.3 }), "humidity", "stuck"],
  ["missing", ({ temperature: _, ...inputs }) => inputs, "temperature", "missing"],
  ["clock_fault", asUsual, "@time", "order", (i) => (i % 3 === 0 ? -1_500 : 1_000)],
  ["new_category", (inputs, i) => (i % 4 === 0 ? { ...inputs, mode: "turbo" } : inputs), "mode", "domain"],
  ["wrong_type", (inputs) => ({ ...inputs, temperature: String(inputs["temperature"]) }), "temperature", "type"],
  ["out_of_range", (inputs, i) => (i % 5 === 0 ? { ...inputs, humidity: 100 + i } : inputs), "humidity", "above"],
])("%s at one site is named so, once, and no population shift beside it", (causeClass, change, field, rule, stepMs) => {
  const { causes, verdicts } = lookAt([2, 3], change, stepMs);
  expect(causes.map((c) => [scopeKey(c.scope), c.causeClass])).toEqual([["cohort:site=lyon", causeClass]]);
  const [cause] = causes;
  expect(cause?.features[0]).toMatchObject({ feature: field, rule, drifted: true });
  expect(cause?.retrainAdvised).toBe(false);
  expect(cause === undefined ? "" : explainCause(cause)).toContain("breaks the schema");
  expect(verdicts.filter((v) => v.feature === field && v.drifted && v.causeClass === "population_shift")).toEqual([]);
});

describe("who and since when", () => {
  test("one device alone is named alone", () => {
    expect(lookAt([4], fahrenheit).causes.map((c) => [scopeKey(c.scope), c.causeClass])).toEqual([["device:room-4", "unit_change"]]);
  });

  test("a unit that changed in the middle of the look-back is known by the values since", () => {
    const half: Change = (inputs, i) => (i >= 200 ? fahrenheit(inputs, i) : inputs);
    expect(lookAt([2, 3], half).causes.map((c) => c.causeClass)).toEqual(["unit_change"]);
  });

  test("what moved elsewhere without breaking the schema is found beside it", () => {
    const devices = [0, 1, 2, 3, 4, 5].map((i) => {
      const shift: Change = (inputs) => ({ ...inputs, humidity: Number(inputs["humidity"]) + 6 });
      const given = readings(600, random, i < 2 ? fahrenheit : i < 4 ? shift : asUsual);
      return {
        deviceId: `room-${i}` as DeviceId,
        labels: { site: ["oslo", "lyon", "porto"][Math.floor(i / 2)] ?? "" },
        profile: profileOfReadings(spec, given, schema),
      };
    });
    const { causes } = evaluateAnomaliesFirst({ reference, schema, devices });
    expect(causes.map((c) => [scopeKey(c.scope), c.causeClass])).toEqual([
      ["cohort:site=oslo", "unit_change"],
      ["cohort:site=lyon", "population_shift"],
    ]);
  });

  test("what the reference's own rows break as often is normal", () => {
    const sometimes: Change = (inputs, i) => (i % 10 === 0 ? { ...inputs, humidity: 150 } : inputs);
    const own = profileOfReadings(spec, readings(2_000, random, sometimes), schema);
    const devices = [0, 1].map((i) => ({
      deviceId: `room-${i}` as DeviceId,
      labels: {},
      profile: profileOfReadings(spec, readings(400, random, sometimes), schema),
    }));
    const accepted: ReferenceProfile = { spec, cohorts: [{ selector: "", profile: own, rows: 2_000 }] };
    expect(evaluateAnomaliesFirst({ reference: accepted, schema, devices }).causes).toEqual([]);
  });
});
