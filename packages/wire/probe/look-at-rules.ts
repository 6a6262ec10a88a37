import { parseDeviceId } from "@kedge/core";
import { hostTopic, topicFor } from "../src/index.js";
import type { RuleCapabilities } from "./capabilities.js";
import { type Look, succeeds } from "./look.js";
import type { ProbeClient } from "./probe-client.js";
import type { ProbeOptions, ProbeTarget } from "./probe-options.js";

interface Ends {
  readonly look: Look;
  readonly target: ProbeTarget;
  readonly device: NonNullable<ProbeOptions["device"]>;
}

function asDevice({ look, target, device }: Ends, clientId: string = device.deviceId): Promise<ProbeClient> {
  const { deviceId: _, url: __, ...user } = device;
  return look.as(user, target, { clientId });
}

/** Whether what the device says on `topic` is heard by the collector, and whether the broker acknowledged it. */
async function says(ends: Ends, topic: string): Promise<{ readonly isHeard: boolean; readonly isAcknowledged: boolean }> {
  const { look } = ends;
  const text = `probe ${look.options.nonce}`;
  const observer = await look.collector();
  await observer.subscribe(topic, 1);
  const isAcknowledged = await succeeds(asDevice(ends).then((client) => client.publish(topic, text, { qos: 1 })));
  await observer.settle(look.options.quietMs, () => observer.heard.some((h) => h.text === text));
  const isHeard = observer.heard.some((h) => h.text === text);
  await look.close();
  return { isHeard, isAcknowledged };
}

/** Whether the device hears by `filter` what the collector says on `topic`, and whether the broker granted it. */
async function hears(ends: Ends, filter: string, topic: string): Promise<{ readonly isHeard: boolean; readonly isGranted: boolean }> {
  const { look } = ends;
  const text = `probe ${look.options.nonce}`;
  const client = await asDevice(ends);
  const isGranted = await client.subscribe(filter, 1);
  const speaker = await look.collector();
  await succeeds(speaker.publish(topic, text, { qos: 1 }));
  await client.settle(look.options.quietMs, () => client.heard.some((h) => h.text === text));
  const isHeard = client.heard.some((h) => h.text === text);
  await look.close();
  return { isHeard, isGranted };
}

/** Whether the device, under the client id of somebody who is connected, is let in and cuts the other. */
async function takesClientId(ends: Ends, other: string): Promise<boolean> {
  const { look } = ends;
  // Where devices connect, and as a device: brokers tell clients apart by the listener too.
  const victim = await look.as(look.options.collector, ends.target, { clientId: other }).catch(() => look.collector({ clientId: other }));
  const thief = await asDevice(ends, other).catch(() => undefined);
  await victim.settle(look.options.quietMs, () => victim.isCut);
  const isTaken = thief !== undefined && victim.isCut;
  await look.close();
  return isTaken;
}

async function hearsSys(ends: Ends): Promise<boolean> {
  const client = await asDevice(ends);
  await client.subscribe("$SYS/#", 0);
  await client.settle(ends.look.options.quietMs, () => client.heard.length > 0);
  await ends.look.close();
  return client.heard.some((h) => h.topic.startsWith("$SYS"));
}

/** Looks at what the broker's rules let a device do. `null` without a device's papers. */
export async function lookAtRules(look: Look): Promise<RuleCapabilities | null> {
  const { device, target, nonce, onStep } = look.options;
  const own = parseDeviceId(device?.deviceId);
  const other = parseDeviceId(`probe-${nonce}`);
  if (device === null || own === undefined || other === undefined) return null;
  onStep("what a device may do");
  const ends: Ends = { look, device, target: { ...target, url: device.url ?? target.url } };
  const ownWord = await says(ends, topicFor(own, "art/get"));
  const ownEar = await hears(ends, topicFor(own, "art/blk"), topicFor(own, "art/blk"));
  const asOther = await says(ends, topicFor(other, "stats"));
  const asCollector = await says(ends, topicFor(other, "ack"));
  const asHost = await says(ends, hostTopic(`probe-${nonce}`));
  const others = await hears(ends, topicFor(other, "ack"), topicFor(other, "ack"));
  const statistics = await hears(ends, topicFor(other, "stats"), topicFor(other, "stats"));
  const all = await hears(ends, "kedge/1/#", topicFor(other, "stats"));
  const everything = await hears(ends, "#", topicFor(other, "stats"));
  const denials = [asOther, asCollector, asHost].filter((d) => !d.isHeard);
  return {
    speaksOwn: ownWord.isHeard,
    hearsOwn: ownEar.isHeard,
    speaksForOthers: asOther.isHeard,
    speaksForCollector: asCollector.isHeard || asHost.isHeard,
    hearsOthers: others.isHeard || statistics.isHeard,
    hearsAll: all.isHeard || everything.isHeard,
    hearsSys: await hearsSys(ends).catch(() => false),
    takesClientId: await takesClientId(ends, other),
    silentDenial: denials.some((d) => d.isAcknowledged) || [others, statistics, all, everything].some((h) => h.isGranted && !h.isHeard),
  };
}
