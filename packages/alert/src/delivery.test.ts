import { seededRandom } from "@kedge/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SendOutcome } from "./alert-channel.js";
import { afterAttempt, type Delivery, deliveryWaitsMs, dueDeliveries, messageOfDelivery, newDelivery, nextDueAtMs, overflow, replayed } from "./delivery.js";
import type { Notification } from "./notification.js";
import type { Subscription } from "./subscription.js";

const subscription: Subscription = {
  subscriptionId: "sub_1",
  channel: { kind: "log" },
  selector: "",
  minSeverity: "info",
  events: [],
  isEnabled: true,
  disabledReason: null,
  createdAtMs: 0,
  createdBy: "t",
  note: "",
};
const notification: Notification = {
  noticeId: "inc_1.drift.detected.1",
  type: "drift.detected",
  atMs: 0,
  severity: "warning",
  incidentId: "inc_1",
  title: "t",
  deviceIds: [],
  deviceLabels: [],
  data: {},
};
const busy = (retryAfterMs: number | null = null): SendOutcome => ({
  kind: "retryable",
  code: "alert/receiver-refused",
  message: "host answered 503",
  retryAfterMs,
});

function delivery(changes: Partial<Delivery> = {}): Delivery {
  return { ...newDelivery(subscription, notification, 1_000), ...changes };
}

describe("a delivery", () => {
  test("is due at once, under an id that is the same when it is made again", () => {
    const made = delivery();
    expect(made).toMatchObject({ deliveryId: "sub_1.inc_1.drift.detected.1", state: "pending", nextAttemptAtMs: 1_000 });
    expect(newDelivery(subscription, notification, 9_000).deliveryId).toBe(made.deliveryId);
    expect(messageOfDelivery(made)).toEqual({ messageId: made.deliveryId, notification, body: made.body });
  });

  test("is tried ten times in some three days, then given up", () => {
    const random = seededRandom(4);
    let now = 1_000;
    let current = delivery();
    const waits: number[] = [];
    while (current.state === "pending") {
      const { delivery: next, disable } = afterAttempt(current, busy(), { nowMs: now, random });
      expect(disable).toBeNull();
      if (next.nextAttemptAtMs !== null) {
        waits.push(next.nextAttemptAtMs - now);
        now = next.nextAttemptAtMs;
      }
      current = next;
    }
    expect(current).toMatchObject({ state: "failed", attempts: 10, nextAttemptAtMs: null, outcome: "host answered 503; given up after 10 tries" });
    waits.forEach((wait, i) => {
      const least = deliveryWaitsMs[i + 1] ?? 0;
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(least * 1.2 + 1);
    });
    expect(waits).toHaveLength(9);
  });

  test("waits as long as the receiver asks, though not for ever, and never shorter than planned", () => {
    const context = { nowMs: 0, random: () => 0 };
    expect(afterAttempt(delivery(), busy(60_000), context).delivery.nextAttemptAtMs).toBe(60_000);
    expect(afterAttempt(delivery(), busy(10), context).delivery.nextAttemptAtMs).toBe(5_000);
    expect(afterAttempt(delivery(), busy(1e15), context).delivery.nextAttemptAtMs).toBe(86_400_000);
  });

  test("ends when it was taken, refused for good, or the receiver has gone, which disables the subscription", () => {
    const context = { nowMs: 5, random: () => 0 };
    expect(afterAttempt(delivery(), { kind: "sent", detail: "host answered 204" }, context)).toMatchObject({
      delivery: { state: "delivered", attempts: 1, lastAttemptAtMs: 5 },
      disable: null,
    });
    const failed: SendOutcome = { kind: "failed", code: "alert/private-address", message: "private" };
    expect(afterAttempt(delivery(), failed, context)).toMatchObject({ delivery: { state: "failed", outcome: "private" }, disable: null });
    const gone: SendOutcome = { kind: "gone", code: "alert/receiver-gone", message: "host answered 410" };
    expect(afterAttempt(delivery(), gone, context)).toMatchObject({ delivery: { state: "failed" }, disable: "host answered 410" });
  });

  test("sent again by hand keeps its id and starts over", () => {
    const dead = delivery({ state: "failed", attempts: 10, nextAttemptAtMs: null });
    expect(replayed(dead, 7)).toMatchObject({ deliveryId: dead.deliveryId, state: "pending", attempts: 0, nextAttemptAtMs: 7 });
  });
});

describe("the queue", () => {
  test("gives what is due, longest waiting first, without what is under way", () => {
    const queue = [
      delivery({ deliveryId: "late", nextAttemptAtMs: 30 }),
      delivery({ deliveryId: "early", nextAttemptAtMs: 10 }),
      delivery({ deliveryId: "future", nextAttemptAtMs: 99 }),
      delivery({ deliveryId: "done", state: "delivered", nextAttemptAtMs: null }),
    ];
    expect(dueDeliveries(queue, 50, 9).map((d) => d.deliveryId)).toEqual(["early", "late"]);
    expect(dueDeliveries(queue, 50, 1).map((d) => d.deliveryId)).toEqual(["early"]);
    expect(dueDeliveries(queue, 50, 9, new Set(["early"])).map((d) => d.deliveryId)).toEqual(["late"]);
    expect(nextDueAtMs(queue)).toBe(10);
    expect(nextDueAtMs([])).toBeUndefined();
  });

  test("a dead receiver's queue does not grow for ever: the oldest are dropped, others are not touched (property)", () => {
    const one = fc.record({ sub: fc.constantFrom("a", "b"), at: fc.nat(1_000), done: fc.boolean() });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (items, limit) => {
        const queue = items.map((x, i) => delivery({ deliveryId: `d${i}`, subscriptionId: x.sub, createdAtMs: x.at, state: x.done ? "delivered" : "pending" }));
        const dropped = overflow(queue, limit);
        for (const sub of ["a", "b"]) {
          const waiting = queue.filter((d) => d.subscriptionId === sub && d.state === "pending");
          const gone = dropped.filter((d) => d.subscriptionId === sub);
          expect(waiting.length - gone.length).toBe(Math.min(waiting.length, limit));
          const kept = waiting.filter((d) => !gone.some((g) => g.deliveryId === d.deliveryId));
          for (const g of gone) for (const k of kept) expect(g.createdAtMs).toBeLessThanOrEqual(k.createdAtMs);
          for (const g of gone) expect(g).toMatchObject({ state: "dropped", nextAttemptAtMs: null });
        }
      }),
      { seed: 5 },
    );
  });
});
