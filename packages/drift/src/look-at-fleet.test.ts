import { type DeviceId, normal, type Random, type Sha256, seededRandom } from "@kedge/core";
import type { NumericFeatureSpec, NumericSummary, Profile, ProfileSpec, ReferenceProfile, Window } from "@kedge/profile";
import { type InputSchema, inferSchema } from "@kedge/sensor";
import { binIndex, normalQuantile } from "@kedge/stats";
import { describe, expect, test } from "vitest";
import { FleetLooker, lookAtFleet } from "./index.js";

const bins = 16;
const cuts = Array.from({ length: bins - 1 }, (_, i) => normalQuantile((i + 1) / bins));
const x: NumericFeatureSpec = { kind: "numeric", name: "x", role: "input", cuts, low: -4, high: 4 };
const spec: ProfileSpec = {
  formatVersion: 1,
  recipe: { input: { kind: "tabular", columns: [{ name: "x", kind: "numeric" }] }, task: "regression" },
  features: [x, { ...x, name: "latency_ms", role: "runtime" }],
};
const bundleDigest = "b".repeat(64) as Sha256;
const deviceId = "oslo-1" as DeviceId;
const minute = 60_000;

function profileOf(random: Random, rows: number, shift = 0): Profile {
  const of = (level: number): NumericSummary => {
    const values = Array.from({ length: rows }, () => normal(random) + level);
    const counts = new Array<number>(bins).fill(0);
    for (const v of values) counts[binIndex(cuts, v)] = (counts[binIndex(cuts, v)] ?? 0) + 1;
    const mean = values.reduce((a, b) => a + b, 0) / rows;
    const m2 = values.reduce((a, b) => a + (b - mean) ** 2, 0);
    return { kind: "numeric", counts, under: 0, over: 0, missing: 0, notANumber: 0, wrongType: 0, count: rows, mean, m2, min: -4, max: 4 };
  };
  return { specHash: "s", rows, errors: 0, features: [of(shift), of(0)] };
}

const random = seededRandom(11);
const { schema } = inferSchema(Array.from({ length: 500 }, (_, i) => ({ id: `r${i}`, atMs: 1_700_000_000_000 + 1_000 * i, inputs: { x: normal(random) } })));
const reference: ReferenceProfile = { spec, cohorts: [{ selector: "", profile: profileOf(random, 10_000), rows: 10_000 }] };

function windowOf(seq: number, profile: Profile, more: Partial<Window> = {}): Window {
  return { key: { deviceId, bootEpoch: 1, seq }, startMs: (seq - 1) * minute, endMs: seq * minute, bundleDigest, profile, trigger: "interval", ...more };
}

const alarmIn = (stream: string): Partial<Window> => ({
  trigger: "detector",
  detail: { alarms: [{ stream, change: "level", beforeMean: 0, afterMean: 1, beforeRows: 400, afterRows: 50 }], sketches: [] },
});

const lookAt = (windows: readonly Window[], more: { readonly lookBackMs?: number; readonly schema?: InputSchema } = {}) =>
  lookAtFleet({ bundleDigest, reference, schema: more.schema, memories: new Map(), atMs: 10 * minute, lookBackMs: 10 * minute }, [
    { deviceId, labels: {}, windows, ...(more.lookBackMs !== undefined && { lookBackMs: more.lookBackMs }) },
  ]);

describe("a device that found a change itself", () => {
  // Nine minutes of what is usual, and then a change: of all ten, a twentieth and less would have moved.
  const before = Array.from({ length: 9 }, (_, i) => windowOf(i + 1, profileOf(random, 400)));

  test("is judged by its windows since, and keeps the others for the onset", () => {
    const look = lookAt([...before, windowOf(10, profileOf(random, 200, 1.5), alarmIn("x"))]);
    expect(look.devices[0]?.profile.rows).toBe(200);
    expect(look.devices[0]?.parts).toHaveLength(10);
    expect(look.causes.map((c) => c.onsetMs)).toEqual([9 * minute]);
  });

  test("is judged by all of them when what changed is how it runs, or when there is too little since", () => {
    expect(lookAt([...before, windowOf(10, profileOf(random, 200, 0.8), alarmIn("latency_ms"))]).devices[0]?.profile.rows).toBe(3_800);
    expect(lookAt([...before, windowOf(10, profileOf(random, 20, 0.8), alarmIn("x"))]).devices[0]?.profile.rows).toBe(3_620);
  });
});

test("a device that speaks seldom is looked at as far back as it needs", () => {
  const old = windowOf(10, profileOf(random, 300, 3), { startMs: -30 * minute, endMs: -minute });
  expect(lookAt([old]).devices).toEqual([]);
  expect(lookAt([old], { lookBackMs: 30 * minute }).causes.map((c) => c.deviceIds)).toEqual([[deviceId]]);
});

test("readings that break the bundle's schema are told of as such, with their onset", () => {
  const broken = (seq: number): Window => {
    const count = seq > 6 ? 80 : 0;
    return windowOf(seq, { ...profileOf(random, 200), ...(count > 0 && { anomalies: { pairs: [{ field: "x", rule: "above", count }], overflow: 0 } }) });
  };
  const [cause] = lookAt(
    Array.from({ length: 10 }, (_, i) => broken(i + 1)),
    { schema },
  ).causes;
  expect(cause?.features[0]).toMatchObject({ feature: "x", rule: "above" });
  expect(cause?.onsetMs).toBe(6 * minute);
});

test("a large fleet is judged in steps, between which others may do something, and with the same result", () => {
  const fleet = { bundleDigest, reference, memories: new Map(), atMs: 10 * minute, lookBackMs: 10 * minute };
  const devices = Array.from({ length: 90 }, (_, i) => {
    const id = `d${i}` as DeviceId;
    const window = windowOf(10, profileOf(random, 100, i < 30 ? 1 : 0));
    return { deviceId: id, labels: { site: `s${i % 3}` }, windows: [{ ...window, key: { ...window.key, deviceId: id } }] };
  });
  const looker = new FleetLooker(fleet);
  for (const device of devices) looker.take(device);
  const steps = looker.looking();
  let count = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) count += 1;
  expect(count).toBeGreaterThan(4);
  expect(step.value).toEqual(lookAtFleet(fleet, devices));
});
