import type { DeviceId } from "@kedge/core";
import { type DeviceLeaf, parseTopic, topicRoot, wireLimits } from "@kedge/wire";
import type { Role } from "./role.js";

/** Who is at the other end of an MQTT connection. */
export type Principal =
  | { readonly kind: "device"; readonly deviceId: DeviceId; readonly serial: string }
  /** A device whose certificate has expired: it may renew, nothing else. */
  | { readonly kind: "renewing"; readonly deviceId: DeviceId; readonly serial: string }
  /** A new device with an enrolment token. Its client id is {@link enrolClientId} of `nonce`. */
  | { readonly kind: "enrolling"; readonly nonce: string; readonly tokenId: string }
  | { readonly kind: "api"; readonly tokenId: string; readonly role: Role };

const enrolPrefix = "enroll:";
const noncePattern = /^[A-Za-z0-9_-]{16,64}$/;

/** The MQTT user name with which a new device presents its enrolment token as the password. */
export const enrolUsername = "enroll";
/** The MQTT user name with which a program presents an API token as the password. */
export const apiUsername = "api";

/**
 * The MQTT client id of an enrolment. With its colon it can be no device's id: brokers cut off the older connection of
 * a client id, so a token must not let anybody connect under a device's.
 */
export function enrolClientId(nonce: string): string {
  return `${enrolPrefix}${nonce}`;
}

/** The nonce in the client id of an enrolment; `undefined` when it is none. */
export function nonceOfClientId(clientId: string): string | undefined {
  const nonce = clientId.startsWith(enrolPrefix) ? clientId.slice(enrolPrefix.length) : "";
  return noncePattern.test(nonce) ? nonce : undefined;
}

/** Whether something may be published, and how large it may be. */
export type PublishPermission = { readonly kind: "allowed"; readonly maxBytes: number } | { readonly kind: "forbidden" };

const forbidden: PublishPermission = { kind: "forbidden" };

/** What a device may send, and the largest message of each. */
const publishCaps: Readonly<Partial<Record<DeviceLeaf, number>>> = {
  reported: wireLimits.smallBytes,
  birth: wireLimits.smallBytes,
  death: wireLimits.smallBytes,
  stats: wireLimits.windowBytes,
  sample: wireLimits.sampleBytes,
  evt: wireLimits.smallBytes,
  "art/get": wireLimits.smallBytes,
};

const subscribable: ReadonlySet<DeviceLeaf> = new Set<DeviceLeaf>(["desired", "ack", "art/blk"]);

/** The nonce of the enrolment topic that somebody may use; a device renews under its own name. */
function nonceOf(principal: Principal): string | undefined {
  if (principal.kind === "enrolling") return principal.nonce;
  return principal.kind === "device" || principal.kind === "renewing" ? principal.deviceId : undefined;
}

/** Whether `principal` may publish to `topic`. A device: its own topics of the direction to the collector, no other. */
export function mayPublish(principal: Principal, topic: string): PublishPermission {
  const parsed = parseTopic(topic);
  if (parsed === undefined) return forbidden;
  if (parsed.kind === "enroll") {
    return parsed.leaf === "request" && parsed.nonce === nonceOf(principal) ? { kind: "allowed", maxBytes: wireLimits.enrollBytes } : forbidden;
  }
  if (parsed.kind !== "device" || principal.kind !== "device" || parsed.deviceId !== principal.deviceId) return forbidden;
  const maxBytes = publishCaps[parsed.leaf];
  return maxBytes === undefined ? forbidden : { kind: "allowed", maxBytes };
}

/**
 * Whether `principal` may subscribe to `filter`. A device: its own topics of the direction to it, each by its exact
 * name, and who the collectors are (`kedge/1/host/…`). An API token: alerts. No wildcard reaches beyond that.
 */
export function maySubscribe(principal: Principal, filter: string): boolean {
  if (principal.kind === "api") return filter === `${topicRoot}/alerts/#` || filter === `${topicRoot}/alerts/+` || parseTopic(filter)?.kind === "alert";
  if (principal.kind === "device" && filter === `${topicRoot}/host/+`) return true;
  const parsed = parseTopic(filter);
  if (parsed === undefined) return false;
  if (parsed.kind === "enroll") return parsed.leaf === "response" && parsed.nonce === nonceOf(principal);
  if (principal.kind !== "device") return false;
  if (parsed.kind === "host") return true;
  return parsed.kind === "device" && parsed.deviceId === principal.deviceId && subscribable.has(parsed.leaf);
}
