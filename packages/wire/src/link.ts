import type { KedgeError } from "@kedge/core";

/** A message that came in. `payload` may be a view of a larger buffer: copy what is kept. */
export interface LinkMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Whether the broker had kept it from before the subscription. */
  readonly retained: boolean;
}

/** Takes a message; a promise says when it is dealt with. */
export type Receive = (message: LinkMessage) => void | Promise<void>;

/** How to publish. QoS 2 does not exist here: half of the brokers lack it, and acknowledgement is end to end. */
export interface PublishOptions {
  readonly qos: 0 | 1;
  readonly retain?: boolean;
}

/** What became of a publish. `sent` at QoS 1 means that the broker has it, which is not that anyone stored it. */
export type PublishOutcome =
  | { readonly kind: "sent" }
  | { readonly kind: "retryable"; readonly code: RetryableCode; readonly message: string }
  | { readonly kind: "failed"; readonly code: "wire/oversize" | "wire/invalid-topic"; readonly message: string };

/** Why a publish may be tried again: there is no connection, it was cut, too much is under way, or the day's bytes are spent. */
export type RetryableCode = "wire/not-connected" | "wire/connection-lost" | "wire/in-flight-full" | "wire/link-closed" | "wire/over-budget";

/** What became of a subscription. It holds over reconnects in either case, until the link is closed. */
export type SubscribeOutcome = { readonly kind: "subscribed" } | { readonly kind: "pending" } | { readonly kind: "refused"; readonly message: string };

/** What is published for a client that is gone without saying so. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain?: boolean;
}

/** `waiting`: not connected, the next try is scheduled. */
export type LinkState = "idle" | "connecting" | "connected" | "waiting" | "closed";

/** What a link has done; every bound has its counter. */
export interface LinkStats {
  readonly state: LinkState;
  /** Connections made, tries that failed, connections lost. */
  readonly connects: number;
  readonly failures: number;
  readonly losses: number;
  readonly published: number;
  readonly received: number;
  readonly inFlight: number;
  /** Publishes refused because too many were under way. */
  readonly inFlightRefused: number;
  /** Incoming messages that no subscription of this link wanted, or whose receiver failed. */
  readonly unwanted: number;
}

/** Stops what it was given for. */
export type Unsubscribe = () => void;

/**
 * A connection to a broker that heals by itself. Laws:
 * - `connect` begins, and resolves on the first connection; the link then reconnects until `close`, with full jitter.
 * - `publish` never throws and never waits for a connection: without one it is `retryable`. At QoS 1 it is `sent` once
 *   the broker has acknowledged; cut in between it is `retryable`, and may have arrived (so: at least once).
 * - Messages published one after the other on a topic by one link arrive in that order.
 * - `subscribe` is remembered and renewed on every connection. Every subscription that matches a message receives it;
 *   what a receiver throws is counted and reported, and stops nothing. While too many promises of receivers are open, no
 *   more is read.
 * - `onConnect` is called after each connection, once the subscriptions are renewed; also at once when connected now.
 * - The session is clean: what came while the link was away is not received. Retained messages are.
 * - `close` says goodbye (the will is not published), may be called twice, and settles all that is under way.
 */
export interface Link {
  connect(): Promise<void>;
  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome>;
  subscribe(filter: string, options: { readonly qos: 0 | 1 }, receive: Receive): Promise<SubscribeOutcome>;
  onConnect(listener: () => void): Unsubscribe;
  /** Told of each failed try and lost connection. */
  onFault(listener: (fault: KedgeError) => void): Unsubscribe;
  stats(): LinkStats;
  close(): Promise<void>;
}

/** A link whose subscriptions can be given up again. What was under way may still be received. */
export interface SelectiveLink extends Link {
  /** Gives up a filter, for all that subscribed to it, over reconnects too. */
  unsubscribe(filter: string): Promise<void>;
}

/** Whether a topic filter (with `+` and `#`) matches a topic. MQTT 3.1.1, 4.7: wildcards do not match a leading `$`. */
export function matchesFilter(filter: string, topic: string): boolean {
  if (topic.startsWith("$") !== filter.startsWith("$")) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (let i = 0; i < wanted.length; i += 1) {
    if (wanted[i] === "#") return true;
    if (i >= levels.length || (wanted[i] !== "+" && wanted[i] !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** Whether a text may be published to: not empty, no wildcard, no NUL, at most 65,535 bytes (here: characters / 4). */
export function isPublishTopic(topic: string): boolean {
  return topic.length > 0 && topic.length <= 16_383 && !/[+#]/.test(topic) && !topic.includes("\u0000");
}

/** Whether a text is a topic filter: `+` and `#` stand alone in their level, `#` only at the end. */
export function isTopicFilter(filter: string): boolean {
  if (filter.length === 0 || filter.length > 16_383 || filter.includes("\u0000")) return false;
  const levels = filter.split("/");
  return levels.every((level, i) => level === "+" || (level === "#" && i === levels.length - 1) || !/[+#]/.test(level));
}
