import type { DeviceId, Sha256 } from "@kedge/core";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { manualClock } from "@kedge/testkit";
import type { ReportedState } from "@kedge/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collections, type DeviceRecord } from "../collections.js";
import { deviceRecord, report as reportOf } from "./device.fixture.js";
import { Fleet } from "./fleet.js";

const cam = "cam-1" as DeviceId;
const clock = manualClock(1_770_000_000_000);
let store: OpenStore;
let fleet: Fleet;

const documents = () => store.records.documents(collections.devices);
const storedDevice = async (): Promise<DeviceRecord | undefined> => (await documents().get(cam))?.body;
const storedVersion = async (): Promise<number | undefined> => (await documents().get(cam))?.version;

function report(changes: Partial<ReportedState> = {}): ReportedState {
  return { ...reportOf(cam, "COMMITTED", "a".repeat(64) as Sha256), atMs: clock.nowMs(), ...changes };
}

beforeEach(async () => {
  store = await openSqliteStore(":memory:", clock);
  fleet = new Fleet(documents(), clock);
  await fleet.add(deviceRecord(cam));
});
afterEach(() => store.close());

describe("what a device says of itself", () => {
  test("is durable when it is new, and costs no write when it says the same again", async () => {
    await fleet.said(cam, { bootEpoch: 7, agentVersion: "2.0.0", platform: "test" });
    expect(await storedDevice()).toMatchObject({ bootEpoch: 7, agentVersion: "2.0.0" });
    await fleet.said(cam, { reported: report() });
    const version = await storedVersion();
    clock.advance(60_000);
    const counters = { windows: 9, predictions: 900, errors: 0, samples: 0 };
    await fleet.said(cam, { bootEpoch: 7, agentVersion: "2.0.0", platform: "test" });
    const device = await fleet.said(cam, { reported: report({ counters }) });
    expect(device?.reported?.counters).toEqual(counters);
    expect(fleet.get(cam)?.reported).toMatchObject({ counters, atMs: clock.nowMs() });
    expect(await storedVersion()).toBe(version);
    // Another write takes the newest report with it, and does not bring an old one back.
    await fleet.update(cam, (d) => ({ ...d, labels: { site: "oslo" } }));
    expect((await storedDevice())?.reported?.counters).toEqual(counters);
    expect(fleet.get(cam)?.reported?.counters).toEqual(counters);
  });

  test.each<[string, Partial<ReportedState>]>([
    ["another bundle", { runningDigest: "b".repeat(64) as Sha256 }],
    ["a step of an update", { update: "DOWNLOADING" }],
    ["a reason", { reason: "no room" }],
    ["another boot", { bootEpoch: 2 }],
    ["that it will be quiet", { quietMs: 900_000 }],
  ])("%s is stored at once", async (_what, change) => {
    await fleet.said(cam, { reported: report() });
    await fleet.said(cam, { reported: report(change) });
    expect((await storedDevice())?.reported).toMatchObject(change);
  });

  test("of a device that is none is not kept", async () => {
    expect(await fleet.said("nobody" as DeviceId, { reported: report() })).toBeUndefined();
  });

  test("is stored each time where collectors share the fleet: others answer for it", async () => {
    const shared = new Fleet(documents(), clock, { isOwn: () => true, isShared: true });
    await shared.load();
    await shared.said(cam, { reported: report() });
    const counters = { windows: 1, predictions: 1, errors: 0, samples: 0 };
    await shared.said(cam, { reported: report({ counters }) });
    expect((await storedDevice())?.reported?.counters).toEqual(counters);
    shared.heardOf(cam);
    await shared.gone(cam);
    expect((await storedDevice())?.isOnline).toBe(false);
  });
});

describe("coming and going", () => {
  test("a device that comes back soon costs no write; one that stays away is stored as it was last seen", async () => {
    fleet.heardOf(cam);
    const version = await storedVersion();
    const seenAtMs = clock.nowMs();
    await fleet.gone(cam);
    expect(fleet.get(cam)?.isOnline).toBe(false);
    await fleet.storeSeen({ most: 10 });
    expect(await storedVersion()).toBe(version);
    fleet.heardOf(cam);
    clock.advance(61_000);
    await fleet.storeSeen({ most: 10 });
    expect(await storedVersion()).toBe(version);
    await fleet.gone(cam);
    clock.advance(61_000);
    await fleet.storeSeen({ most: 10 });
    expect(await storedDevice()).toMatchObject({ isOnline: false, lastSeenAtMs: seenAtMs });
    const after = await storedVersion();
    clock.advance(61_000);
    await fleet.storeSeen({ most: 10 });
    expect(await storedVersion()).toBe(after);
  });

  test("so many at a time, and all that is left at the end", async () => {
    const ids = Array.from({ length: 5 }, (_, i) => `away-${i}` as DeviceId);
    for (const deviceId of ids) {
      await fleet.add(deviceRecord(deviceId));
      fleet.heardOf(deviceId);
      await fleet.gone(deviceId);
    }
    const stored = async (): Promise<number> => (await documents().list({ limit: 10 })).filter((d) => d.id !== cam && d.body.lastSeenAtMs !== null).length;
    clock.advance(61_000);
    await fleet.storeSeen({ most: 2 });
    expect(await stored()).toBe(2);
    await fleet.storeSeen({ most: 10, isAll: true });
    expect(await stored()).toBe(5);
  });

  test("a device that goes on saying the same is stored each hour, as it was last seen", async () => {
    fleet.heardOf(cam);
    await fleet.said(cam, { reported: report() });
    const version = (await storedVersion()) ?? 0;
    clock.advance(3_500_000);
    fleet.heardOf(cam);
    await fleet.storeSeen({ most: 10 });
    expect(await storedVersion()).toBe(version);
    clock.advance(200_000);
    fleet.heardOf(cam);
    await fleet.storeSeen({ most: 0 });
    expect(await storedVersion()).toBe(version);
    await fleet.storeSeen({ most: 10 });
    await fleet.storeSeen({ most: 10 });
    expect(await storedVersion()).toBe(version + 1);
    expect((await storedDevice())?.lastSeenAtMs).toBe(clock.nowMs());
    // Nor does a restart have all of them stored at once.
    const again = new Fleet(documents(), clock);
    await again.load();
    again.heardOf(cam);
    await again.storeSeen({ most: 10 });
    expect(await storedVersion()).toBe(version + 1);
  });
});
