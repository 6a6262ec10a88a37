import { createPublicKey } from "node:crypto";
import { type DeviceId, silentLog } from "@kedge/core";
import { hostTopic, topicFor } from "@kedge/wire";
import { MemoryBroker } from "@kedge/wire/adapters";
import { describe, expect, test, vi } from "vitest";
import { BrokeredLink } from "./brokered-link.js";
import { newDeviceKey } from "./device-key.js";
import { sealBetween } from "./seal.js";

const cam = "cam-1" as DeviceId;
const [deviceKey, collectorKey] = [newDeviceKey(), newDeviceKey()];
const ofCollector = sealBetween(collectorKey, createPublicKey(deviceKey), cam, "collector");
const online = (since: number) => Buffer.from(JSON.stringify({ state: "online", since }));
const soon = () => new Promise((resolve) => setTimeout(resolve, 30));

async function lab() {
  const broker = new MemoryBroker();
  const collector = broker.link({ clientId: "collector" });
  await collector.connect();
  const seal = sealBetween(deviceKey, createPublicKey(collectorKey), cam, "device");
  const link = new BrokeredLink(broker.link({ clientId: cam }), { seal, random: () => 0, log: silentLog, splayMs: 0 });
  return { collector, link };
}

describe("a device's link over a broker", () => {
  test("seals what the device says on its topics", async () => {
    const { collector, link } = await lab();
    const heard: Uint8Array[] = [];
    const topic = topicFor(cam, "stats");
    await collector.subscribe(topic, { qos: 1 }, ({ payload }) => void heard.push(payload));
    await link.connect();
    await link.publish(topic, Uint8Array.of(1, 2), { qos: 1 });
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(ofCollector.open(topic, heard[0] ?? new Uint8Array())).toEqual(Uint8Array.of(1, 2));
  });

  test("takes what bears the collector's seal, and drops and counts the rest", async () => {
    const { collector, link } = await lab();
    const heard: Uint8Array[] = [];
    const topic = topicFor(cam, "ack");
    await link.connect();
    await link.subscribe(topic, { qos: 0 }, ({ payload }) => void heard.push(new Uint8Array(payload)));
    await collector.publish(topic, Uint8Array.of(9, 9), { qos: 0 });
    await collector.publish(topic, ofCollector.close(topicFor(cam, "desired"), Uint8Array.of(8)), { qos: 0 });
    await collector.publish(topic, ofCollector.close(topic, Uint8Array.of(7)), { qos: 0 });
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(heard).toEqual([Uint8Array.of(7)]);
    expect(link.unsealed).toBe(2);
  });

  test("a collector that came anew counts as a new connection, once each time it comes", async () => {
    const { collector, link } = await lab();
    let connections = 0;
    link.onConnect(() => {
      connections += 1;
    });
    await link.connect();
    await vi.waitFor(() => expect(connections).toBe(1));
    await collector.publish(hostTopic("c"), online(1), { qos: 1 });
    await vi.waitFor(() => expect(connections).toBe(2));
    await collector.publish(hostTopic("c"), online(1), { qos: 1 });
    await collector.publish(hostTopic("c"), Buffer.from('{"state":"offline"}'), { qos: 1 });
    await collector.publish(hostTopic("c"), new Uint8Array(5_000), { qos: 1 });
    await soon();
    expect(connections).toBe(2);
    await collector.publish(hostTopic("c"), online(2), { qos: 1 });
    await vi.waitFor(() => expect(connections).toBe(3));
  });

  test("a collector that was there before is no news", async () => {
    const { collector, link } = await lab();
    await collector.publish(hostTopic("c"), online(1), { qos: 1, retain: true });
    let connections = 0;
    link.onConnect(() => {
      connections += 1;
    });
    await link.connect();
    await soon();
    expect(connections).toBe(1);
  });
});
