import type { DeviceId } from "@kedge/core";
import { alertTopic, topicFor } from "@kedge/wire";
import { expect, test } from "vitest";
import { DeviceChannels } from "./device-channels.js";

const cam = "cam-1" as DeviceId;

function lab() {
  const here: string[] = [];
  const afar: string[] = [];
  const channels = new DeviceChannels({ publish: async (topic) => void here.push(topic) }, { publish: async (topic) => void afar.push(topic) });
  return { here, afar, channels };
}

test("an answer goes the way its question came", async () => {
  const { here, afar, channels } = lab();
  const ack = topicFor(cam, "ack");
  await channels.publish(ack, new Uint8Array(1), { qos: 0 });
  channels.heardAfar(cam);
  await channels.publish(ack, new Uint8Array(1), { qos: 0 });
  channels.heardHere(cam, "birth");
  await channels.publish(ack, new Uint8Array(1), { qos: 0 });
  expect([here.length, afar.length]).toEqual([2, 1]);
});

test("what is retained, and what is for all, goes both ways", async () => {
  const { here, afar, channels } = lab();
  await channels.publish(topicFor(cam, "desired"), new Uint8Array(1), { qos: 1, retain: true });
  await channels.publish(alertTopic("i-1"), new Uint8Array(1), { qos: 1, retain: true });
  expect(here).toEqual(afar);
  expect(here).toHaveLength(2);
});

test("the late will of a connection that a device left does not bring it back", () => {
  const { channels } = lab();
  channels.heardAfar(cam);
  channels.heardHere(cam, "death");
  expect(channels.isAfar(cam)).toBe(true);
});
