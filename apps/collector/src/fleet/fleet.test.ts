import type { DeviceId } from "@kedge/core";
import type { Documents } from "@kedge/store";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collections, type DeviceRecord } from "../collections.js";
import { deviceRecord, report } from "./device.fixture.js";
import { Fleet } from "./fleet.js";

const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0 };
const id = "cam-1" as DeviceId;

let store: OpenStore;
let documents: Documents<DeviceRecord>;
beforeEach(async () => {
  store = await openSqliteStore(":memory:", clock);
  documents = store.records.documents(collections.devices);
});
afterEach(() => store.close());

const said = (windows: number, state: Parameters<typeof report>[1] = "COMMITTED") => ({
  ...report(id, state, null),
  atMs: windows,
  counters: { windows, predictions: 0, errors: 0, samples: 0 },
});
const version = async (): Promise<number | undefined> => (await documents.get(id))?.version;

test("a report that brings no news is known and not written; what is written next has it", async () => {
  const fleet = new Fleet(documents, clock);
  await fleet.add(deviceRecord(id, {}));
  await fleet.reported(said(1));
  const written = await version();
  await fleet.reported(said(2));
  await fleet.reported(said(3));
  expect(await version()).toBe(written);
  expect(fleet.get(id)?.reported?.counters.windows).toBe(3);
  await fleet.update(id, (d) => ({ ...d, labels: { site: "oslo" } }));
  expect((await documents.get(id))?.body).toMatchObject({ labels: { site: "oslo" }, reported: { counters: { windows: 3 } } });
});

test("a report of another state, or after a restart of the device, is written", async () => {
  const fleet = new Fleet(documents, clock);
  await fleet.add(deviceRecord(id, {}));
  await fleet.reported(said(1));
  for (const news of [said(2, "DOWNLOADING"), { ...said(3, "DOWNLOADING"), bootEpoch: 99 }]) {
    const before = await version();
    await fleet.reported(news);
    expect(await version()).toBe((before ?? 0) + 1);
  }
});

test("where others share the fleet every report is written: they know nothing else", async () => {
  const fleet = new Fleet(documents, clock, { isOwn: () => true, isShared: true });
  await fleet.add(deviceRecord(id, {}));
  await fleet.reported(said(1));
  await fleet.reported(said(2));
  expect((await documents.get(id))?.body.reported?.counters.windows).toBe(2);
});

test("a report of a device that nobody knows is no fault", async () => {
  const fleet = new Fleet(documents, clock);
  await fleet.reported(said(1));
  expect(fleet.get(id)).toBe(undefined);
});

test("any device that is so is found", async () => {
  const fleet = new Fleet(documents, clock);
  await fleet.add(deviceRecord(id, { site: "oslo" }));
  expect(fleet.find((d) => d.labels["site"] === "oslo")?.deviceId).toBe(id);
  expect(fleet.find((d) => d.labels["site"] === "lyon")).toBe(undefined);
});
