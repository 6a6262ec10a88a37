import { type DeviceId, seededRandom, type Sha256, silentLog } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { addToKll, emptyKll, encodeKll } from "@kedge/stats";
import type { Documents } from "@kedge/store";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { earlyQueries } from "./answers/early-queries.js";
import { collections, type EarlyRecord } from "./collections.js";
import { EarlyDesk } from "./early-desk.js";
import { deviceRecord, report } from "./fleet/device.fixture.js";
import { lookBackOf } from "./fleet/device-profiles.js";
import { Fleet } from "./fleet/fleet.js";
import type { Services } from "./services.js";

let store: OpenStore;
let early: Documents<EarlyRecord>;
let nowMs = 1_790_000_000_000;
let looks = 0;
let desk: EarlyDesk;
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const random = seededRandom(1);
const digest = "b".repeat(64) as Sha256;

beforeEach(async () => {
  store = await openSqliteStore(":memory:", clock);
  early = store.records.documents(collections.early);
  looks = 0;
  desk = new EarlyDesk({ early, clock, random, log: silentLog, onEarly: () => (looks += 1) });
});
afterEach(() => store.close());

function window(deviceId: string, seq: number, values: readonly number[] = [1, 2, 3], trigger: Window["trigger"] = "detector"): Window {
  const kll = emptyKll(64);
  for (const value of values) addToKll(kll, value, random);
  const plain = { key: { deviceId: deviceId as DeviceId, bootEpoch: 1, seq }, startMs: nowMs - 9, endMs: nowMs, bundleDigest: digest };
  const profile = { specHash: "s", rows: 7, errors: 0, features: [] };
  const alarms = [{ stream: "score", change: "level" as const, beforeMean: 0.9, afterMean: 0.5, beforeRows: 90, afterRows: 7 }];
  return {
    ...plain,
    profile,
    trigger,
    ...(trigger === "detector" ? { detail: { alarms, sketches: [{ feature: "score", kll: encodeKll(kll, "float32") }] } } : {}),
  };
}

describe("early windows", () => {
  test("ask for a look at once, and what devices found is kept; ordinary windows do neither", async () => {
    await desk.take([window("cam-1", 1, [], "interval")]);
    expect([looks, await early.count()]).toEqual([0, 0]);
    await desk.take([window("cam-1", 2), window("cam-2", 2)]);
    expect([looks, await early.count()]).toEqual([1, 2]);
  });

  test("of a device the last twenty are kept, and one in five seconds", async () => {
    for (let seq = 1; seq <= 30; seq += 1) {
      await desk.take([window("cam-1", seq, [seq])]);
      nowMs += 6_000;
    }
    expect(await early.count("cam-1")).toBe(20);
    await desk.take([window("cam-1", 40)]);
    nowMs += 1_000;
    await desk.take([window("cam-1", 41)]);
    expect(desk.skipped).toBe(1);
    expect(looks).toBe(32);
  });
});

describe("answers", () => {
  async function services(): Promise<Services> {
    const fleet = new Fleet(store.records.documents(collections.devices), clock);
    for (const id of ["cam-1", "cam-2", "cam-3"]) await fleet.add(deviceRecord(id, { site: id === "cam-3" ? "lyon" : "oslo" }));
    const shelf = { nameOf: async () => ({ digest, name: "m", version: "1" }) };
    return { documents: { early }, fleet, clock, random, shelf } as unknown as Services;
  }

  test("a device's alarms come with the quantiles since, newest first; an unknown device has none to ask for", async () => {
    const queries = earlyQueries(await services());
    await desk.take([window("cam-1", 1, [1])]);
    nowMs += 6_000;
    await desk.take([window("cam-1", 2, [4, 5, 6])]);
    const found = await queries.deviceAlarms("cam-1" as DeviceId);
    expect(found?.items.map((i) => i.since[0]?.values)).toEqual([3, 1]);
    expect(found?.items[0]).toMatchObject({ rows: 7, alarms: [{ stream: "score", afterMean: 0.5 }] });
    expect(found?.items[0]?.since[0]?.quantiles.find((q) => q.share === 0.5)?.value).toBe(5);
    expect(await queries.deviceAlarms("cam-9" as DeviceId)).toBeUndefined();
  });

  test("quantiles merge over the devices of a scope; sketches that are none are passed over", async () => {
    const queries = earlyQueries(await services());
    await desk.take([window("cam-1", 1, [1, 2]), window("cam-2", 1, [3, 4, 5]), window("cam-3", 1, [900])]);
    await early.insert("early_0", {
      deviceId: "cam-1" as DeviceId,
      atMs: nowMs,
      bundleDigest: digest,
      rows: 1,
      alarms: [],
      sketches: [{ feature: "score", base64: "AAAA" }],
    });
    const ask = (scope: string, feature = "score") => queries.quantiles({ feature, scope });
    expect(await ask("cohort:site=oslo")).toMatchObject({ devices: 2, values: 5, shareError: 0 });
    expect((await ask("cohort:site=oslo"))?.quantiles.map((q) => q.value)).toEqual([1, 1, 2, 3, 4, 5, 5]);
    expect(await ask("device:cam-3")).toMatchObject({ devices: 1, values: 1 });
    expect(await ask("fleet", "entropy")).toBeUndefined();
  });
});

describe("devices that report coarsely", () => {
  const reported = (quietMs?: number) => ({ reported: quietMs === undefined ? null : { ...report("cam-1", "IDLE", null), quietMs } });

  test("are looked at as far back as their windows reach, and no further than two days", () => {
    expect([lookBackOf(reported(), 600_000), lookBackOf(reported(900_000), 600_000), lookBackOf(reported(6e8), 600_000)]).toEqual([
      600_000, 1_800_000, 172_800_000,
    ]);
  });
});
