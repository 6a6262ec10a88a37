import { createPublicKey } from "node:crypto";
import { type DeviceId, silentLog } from "@kedge/core";
import { newDeviceKey, sealBetween } from "@kedge/identity/adapters";
import { type DeviceLeaf, hostTopic, type Link, topicFor, wireLimits } from "@kedge/wire";
import { MemoryBroker } from "@kedge/wire/adapters";
import { describe, expect, test, vi } from "vitest";
import { allShards } from "../cluster/shard-desk.js";
import { FaultBoard } from "../fault-board.js";
import { ExternalBroker } from "./external-broker.js";
import { SealBook } from "./seal-book.js";

const cam = "cam-1" as DeviceId;
const [deviceKey, collectorKey] = [newDeviceKey(), newDeviceKey()];
const spki = createPublicKey(deviceKey).export({ type: "spki", format: "der" }).toString("base64");
const ofDevice = sealBetween(deviceKey, createPublicKey(collectorKey), cam, "device");
const stats = topicFor(cam, "stats");

type Heard = readonly [DeviceId, DeviceLeaf, Uint8Array];

async function lab(settle: () => Promise<void> = async () => {}) {
  const mqtt = new MemoryBroker();
  const device: Link = mqtt.link({ clientId: cam });
  await device.connect();
  const members = new Map<DeviceId, string>([[cam, spki]]);
  const faults = new FaultBoard();
  const seals = new SealBook(collectorKey, (deviceId) => members.get(deviceId));
  const broker = new ExternalBroker({
    link: mqtt.link({ clientId: "collector", maxInFlight: 4 }),
    seals,
    collectorId: "col-1",
    clock: { nowMs: () => 5, monotonicMs: () => 5 },
    log: silentLog,
    faults,
  });
  const heard: Heard[] = [];
  const refused: Heard[] = [];
  const codes = new Set<string>();
  let welcomes = 0;
  void broker.hear(allShards);
  const start = () =>
    broker.start({
      shards: () => allShards,
      onDevice(deviceId, leaf, payload) {
        heard.push([deviceId, leaf, new Uint8Array(payload)]);
        return settle();
      },
      async onRefused(deviceId, leaf, payload, { code }) {
        refused.push([deviceId, leaf, payload]);
        codes.add(code);
      },
      async onConnect() {
        welcomes += 1;
      },
    });
  return { mqtt, device, broker, heard, refused, codes, members, start, welcomes: () => welcomes };
}

describe("the collector's end of an external broker", () => {
  test("takes what bears the device's seal, without the seal", async () => {
    const { device, start, heard } = await lab();
    await start();
    await device.publish(stats, ofDevice.close(stats, Uint8Array.of(1, 2)), { qos: 1 });
    await vi.waitFor(() => expect(heard).toEqual([[cam, "stats", Uint8Array.of(1, 2)]]));
  });

  test("takes nothing else: no seal, another topic's, a device that is no member", async () => {
    const { device, start, heard, refused, codes, members, broker } = await lab();
    await start();
    const sealed = ofDevice.close(stats, Uint8Array.of(1));
    await device.publish(stats, Uint8Array.of(1), { qos: 1 });
    await device.publish(topicFor(cam, "evt"), sealed, { qos: 1 });
    await device.publish(topicFor("cam-2" as DeviceId, "stats"), sealed, { qos: 1 });
    members.delete(cam);
    await device.publish(stats, sealed, { qos: 1 });
    await vi.waitFor(() => expect(refused).toHaveLength(4));
    expect(heard).toEqual([]);
    expect([...codes]).toEqual(["ingest/unsealed"]);
    expect(broker.counters).toMatchObject({ received: 4, unsealed: 4 });
  });

  test("refuses and counts what is larger than its kind may be", async () => {
    const { device, start, heard, refused, codes, broker } = await lab();
    await start();
    await device.publish(stats, ofDevice.close(stats, new Uint8Array(wireLimits.windowBytes + 1)), { qos: 1 });
    await vi.waitFor(() => expect(broker.counters.oversize).toBe(1));
    expect(heard).toEqual([]);
    expect(refused).toHaveLength(1);
    expect([...codes]).toEqual(["ingest/oversize"]);
  });

  test("a device that enrolled anew, with another key, is known by that", async () => {
    const { device, start, heard, members } = await lab();
    await start();
    const newKey = newDeviceKey();
    members.set(cam, createPublicKey(newKey).export({ type: "spki", format: "der" }).toString("base64"));
    const seal = sealBetween(newKey, createPublicKey(collectorKey), cam, "device");
    await device.publish(stats, seal.close(stats, Uint8Array.of(3)), { qos: 1 });
    await vi.waitFor(() => expect(heard).toEqual([[cam, "stats", Uint8Array.of(3)]]));
  });

  test("seals what it says to a device, and leaves alone what is for all", async () => {
    const { device, broker, start } = await lab();
    await start();
    const ack = topicFor(cam, "ack");
    const said: Uint8Array[] = [];
    await device.subscribe(ack, { qos: 0 }, ({ payload }) => void said.push(new Uint8Array(payload)));
    await device.subscribe("kedge/1/alerts/+", { qos: 0 }, ({ payload }) => void said.push(new Uint8Array(payload)));
    await broker.publish(ack, Uint8Array.of(4), { qos: 0 });
    await broker.publish("kedge/1/alerts/i-1", Uint8Array.of(5), { qos: 0 });
    await vi.waitFor(() => expect(said).toHaveLength(2));
    expect(ofDevice.open(ack, said[0] ?? new Uint8Array())).toEqual(Uint8Array.of(4));
    expect(said[1]).toEqual(Uint8Array.of(5));
  });

  test("more at once than the link takes waits, and all of it is said", async () => {
    const { broker, start } = await lab();
    await start();
    await Promise.all(Array.from({ length: 50 }, () => broker.publish(topicFor(cam, "ack"), Uint8Array.of(4), { qos: 0 })));
    expect(broker.counters).toMatchObject({ delivered: 50, undelivered: 0 });
  });

  test("says that it is here after what is retained was said, and that it is gone", async () => {
    const { mqtt, broker, start, welcomes } = await lab();
    const watcher = mqtt.link({ clientId: "watcher" });
    await watcher.connect();
    const states: string[] = [];
    await watcher.subscribe(hostTopic("col-1"), { qos: 1 }, ({ payload }) => void states.push(`${welcomes()} ${Buffer.from(payload).toString()}`));
    await start();
    await vi.waitFor(() => expect(states).toEqual(['1 {"state":"online","since":5}']));
    await broker.close();
    expect(states.at(-1)).toBe('1 {"state":"offline"}');
  });

  test("without a connection nothing waits: it is counted, and told what stands in the way", async () => {
    const { broker } = await lab();
    await broker.publish(topicFor(cam, "ack"), Uint8Array.of(4), { qos: 0 });
    expect(broker.counters.undelivered).toBe(1);
  });
});
