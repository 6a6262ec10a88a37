import type { Random } from "@kedge/core";
import type { OutgoingMessage, SendOutcome } from "./alert-channel.js";
import type { EventType } from "./event-type.js";
import type { Notification } from "./notification.js";
import { notificationBody } from "./notification-body.js";
import type { Subscription } from "./subscription.js";

/** One message on its way to one subscriber. Plain values, fit for JSON. */
export interface Delivery {
  /** Also the message's id: the same at every try, and when the notice is routed again after a crash. */
  readonly deliveryId: string;
  readonly subscriptionId: string;
  readonly event: EventType;
  readonly incidentId: string | null;
  readonly notification: Notification;
  readonly body: string;
  readonly state: "pending" | "delivered" | "failed" | "dropped";
  readonly attempts: number;
  readonly createdAtMs: number;
  readonly lastAttemptAtMs: number | null;
  /** `null` when there is none to come. */
  readonly nextAttemptAtMs: number | null;
  /** What came of the last try, as a sentence; empty before it. */
  readonly outcome: string;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits before each try: ten in some three days. Source: Standard Webhooks 1.0, "Deliverability and reliability". */
export const deliveryWaitsMs: readonly number[] = [0, 5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];

/** Each wait is made up to this share longer, so that what failed together is not tried again together. */
const jitterShare = 0.2;
/** No receiver may put us off for longer than this. */
const maxPutOffMs = 24 * hour;

/** Waiting messages of one subscription; the oldest are dropped beyond it, and counted. */
export const maxPendingPerSubscription = 1_000;

/** The id of a notice's delivery to a subscription: one for both, however often they are brought together. */
export function deliveryIdOf(subscriptionId: string, noticeId: string): string {
  return `${subscriptionId}.${noticeId}`;
}

/** A delivery, due at once. */
export function newDelivery(subscription: Subscription, notification: Notification, nowMs: number): Delivery {
  return {
    deliveryId: deliveryIdOf(subscription.subscriptionId, notification.noticeId),
    subscriptionId: subscription.subscriptionId,
    event: notification.type,
    incidentId: notification.incidentId,
    notification,
    body: notificationBody(notification),
    state: "pending",
    attempts: 0,
    createdAtMs: nowMs,
    lastAttemptAtMs: null,
    nextAttemptAtMs: nowMs + (deliveryWaitsMs[0] ?? 0),
    outcome: "",
  };
}

/** The message that a channel is to send for a delivery. */
export function messageOfDelivery(delivery: Delivery): OutgoingMessage {
  return { messageId: delivery.deliveryId, notification: delivery.notification, body: delivery.body };
}

/** The deliveries to try now, longest due first, at most `most`; those in `underWay` are left alone. */
export function dueDeliveries(deliveries: readonly Delivery[], nowMs: number, most: number, underWay: ReadonlySet<string> = new Set()): Delivery[] {
  const dueAt = (delivery: Delivery): number => delivery.nextAttemptAtMs ?? Number.POSITIVE_INFINITY;
  return deliveries
    .filter((d) => d.state === "pending" && dueAt(d) <= nowMs && !underWay.has(d.deliveryId))
    .sort((a, b) => dueAt(a) - dueAt(b))
    .slice(0, most);
}

/** When the next delivery is due; `undefined` when none waits. */
export function nextDueAtMs(deliveries: readonly Delivery[]): number | undefined {
  const times = deliveries.flatMap((d) => (d.state === "pending" && d.nextAttemptAtMs !== null ? [d.nextAttemptAtMs] : []));
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

/** The delivery after a try, and why its subscription is to be disabled, if it is. */
export interface Attempted {
  readonly delivery: Delivery;
  readonly disable: string | null;
}

/** What a try's outcome makes of a delivery. */
export function afterAttempt(delivery: Delivery, outcome: SendOutcome, context: { readonly nowMs: number; readonly random: Random }): Attempted {
  const { nowMs } = context;
  const attempts = delivery.attempts + 1;
  const tried = { ...delivery, attempts, lastAttemptAtMs: nowMs };
  switch (outcome.kind) {
    case "sent":
      return { delivery: { ...tried, state: "delivered", nextAttemptAtMs: null, outcome: outcome.detail }, disable: null };
    case "failed":
      return { delivery: { ...tried, state: "failed", nextAttemptAtMs: null, outcome: outcome.message }, disable: null };
    case "gone":
      return { delivery: { ...tried, state: "failed", nextAttemptAtMs: null, outcome: outcome.message }, disable: outcome.message };
    case "retryable": {
      const wait = deliveryWaitsMs[attempts];
      if (wait === undefined)
        return {
          delivery: { ...tried, state: "failed", nextAttemptAtMs: null, outcome: `${outcome.message}; given up after ${attempts} tries` },
          disable: null,
        };
      const asked = Math.min(outcome.retryAfterMs ?? 0, maxPutOffMs);
      const nextAttemptAtMs = nowMs + Math.max(wait, asked) * (1 + jitterShare * context.random());
      return { delivery: { ...tried, nextAttemptAtMs: Math.round(nextAttemptAtMs), outcome: outcome.message }, disable: null };
    }
  }
}

/** A delivery that is to be sent once more by hand, with the same id. */
export function replayed(delivery: Delivery, nowMs: number): Delivery {
  return { ...delivery, state: "pending", attempts: 0, nextAttemptAtMs: nowMs };
}

/** The deliveries to give up when more than `limit` of a subscription wait: the oldest, marked as dropped. */
export function overflow(pending: readonly Delivery[], limit = maxPendingPerSubscription): Delivery[] {
  const bySubscription = new Map<string, Delivery[]>();
  for (const delivery of pending) {
    if (delivery.state !== "pending") continue;
    const own = bySubscription.get(delivery.subscriptionId);
    if (own === undefined) bySubscription.set(delivery.subscriptionId, [delivery]);
    else own.push(delivery);
  }
  return [...bySubscription.values()].flatMap((own) =>
    own
      .sort((a, b) => a.createdAtMs - b.createdAtMs)
      .slice(0, Math.max(0, own.length - limit))
      .map((d) => ({ ...d, state: "dropped" as const, nextAttemptAtMs: null, outcome: `more than ${limit} messages waited` })),
  );
}
