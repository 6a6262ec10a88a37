import { createPrivateKey, createPublicKey } from "node:crypto";
import type { Log, Random } from "@kedge/core";
import { BrokeredLink, type DeviceIdentity, sealBetween } from "@kedge/identity/adapters";
import { shardOf, topicFor } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";
import type { CuttableLink } from "./virtual-device.js";

/** What is known of the way beside the device. */
export interface CableOptions {
  readonly server: string;
  readonly death: Uint8Array;
  readonly firstDelayMs: number;
  readonly random: Random;
  readonly log: Log;
}

/** The link of an agent: to the collector itself, or sealed over a broker that it sends its devices to. */
export function openCable(identity: DeviceIdentity, { server, death, firstDelayMs, random, log }: CableOptions): CuttableLink {
  const { deviceId, authoritiesPem: ca, certificatePem: certificate, privateKeyPem: key, broker } = identity;
  const topic = topicFor(deviceId, "death");
  const own = { clientId: deviceId, certificate, key, random, firstDelayMs };
  if (broker === null) {
    const link = openMqttLink({ ...own, url: server, ca, will: { topic, payload: death, qos: 1 } });
    return { link, cut: () => link.cut() };
  }
  const seal = sealBetween(createPrivateKey(key), createPublicKey(broker.sealKeyPem), deviceId, "device");
  const brokerCa = broker.authoritiesPem === "" ? ca : broker.authoritiesPem;
  const inner = openMqttLink({ ...own, url: broker.url, ca: brokerCa, will: { topic, payload: seal.close(topic, death), qos: 1 } });
  return { link: new BrokeredLink(inner, { seal, random, log, shard: shardOf(deviceId) }), cut: () => inner.cut() };
}
