import { type DeviceId, parseDeviceId } from "@kedge/core";

/** The root of every topic; its number is the version of the topic layout. */
export const topicRoot = "kedge/1";

/** How many shards devices are spread over. Collectors own shards, so the number can never change within a layout. */
export const shardCount = 64;

/** The last part of a device's topic. */
export type DeviceLeaf = "desired" | "reported" | "birth" | "death" | "stats" | "sample" | "ack" | "evt" | "art/get" | "art/blk";

/** Every device topic's last part. */
export const deviceLeaves: readonly DeviceLeaf[] = ["desired", "reported", "birth", "death", "stats", "sample", "ack", "evt", "art/get", "art/blk"];

/** Leaves that devices publish to. */
export const leavesFromDevice: readonly DeviceLeaf[] = ["reported", "birth", "death", "stats", "sample", "evt", "art/get"];

/** Leaves that collectors publish to. */
export const leavesToDevice: readonly DeviceLeaf[] = ["desired", "ack", "art/blk"];

/** What a topic is about. */
export type Topic =
  | { readonly kind: "device"; readonly shard: string; readonly deviceId: DeviceId; readonly leaf: DeviceLeaf }
  | { readonly kind: "host"; readonly collectorId: string }
  | { readonly kind: "alert"; readonly incidentId: string }
  | { readonly kind: "enroll"; readonly nonce: string; readonly leaf: "request" | "response" };

const namePattern = /^[A-Za-z0-9_-]{1,64}$/;
const leafSet: ReadonlySet<string> = new Set(deviceLeaves);

/**
 * The shard of a device: two hex digits, `00` to `3f`. FNV-1a with the finaliser of MurmurHash3, since the low bits of
 * FNV alone are poor for names that differ in one digit.
 */
export function shardOf(deviceId: DeviceId): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < deviceId.length; i += 1) hash = Math.imul(hash ^ deviceId.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 0) % shardCount).toString(16).padStart(2, "0");
}

/** The topic of a device: `kedge/1/{shard}/{device}/{leaf}`. */
export function topicFor(deviceId: DeviceId, leaf: DeviceLeaf): string {
  return `${topicRoot}/${shardOf(deviceId)}/${deviceId}/${leaf}`;
}

/** The filter that matches one leaf of all devices, or of the devices of one shard. */
export function filterFor(leaf: DeviceLeaf, shard = "+"): string {
  return `${topicRoot}/${shard}/+/${leaf}`;
}

/** The retained topic on which a collector says that it is there. */
export function hostTopic(collectorId: string): string {
  return `${topicRoot}/host/${collectorId}`;
}

/** The retained topic of an incident (JSON). */
export function alertTopic(incidentId: string): string {
  return `${topicRoot}/alerts/${incidentId}`;
}

/** The topics of one enrolment; the nonce is the device's. */
export function enrollTopic(nonce: string, leaf: "request" | "response"): string {
  return `${topicRoot}/enroll/${nonce}/${leaf}`;
}

/** What a topic is about; `undefined` when it is none of ours, or names a device in a shard that is not its own. */
export function parseTopic(topic: string): Topic | undefined {
  // Bounded before it is split: a topic may have 65,535 bytes.
  if (topic.length > 256 || !topic.startsWith(`${topicRoot}/`)) return undefined;
  const [first = "", second = "", ...rest] = topic.slice(topicRoot.length + 1).split("/");
  const leaf = rest.join("/");
  if (first === "host") return rest.length === 0 && namePattern.test(second) ? { kind: "host", collectorId: second } : undefined;
  if (first === "alerts") return rest.length === 0 && namePattern.test(second) ? { kind: "alert", incidentId: second } : undefined;
  if (first === "enroll") {
    return namePattern.test(second) && (leaf === "request" || leaf === "response") ? { kind: "enroll", nonce: second, leaf } : undefined;
  }
  const deviceId = parseDeviceId(second);
  if (deviceId === undefined || !leafSet.has(leaf) || shardOf(deviceId) !== first) return undefined;
  return { kind: "device", shard: first, deviceId, leaf: leaf as DeviceLeaf };
}
