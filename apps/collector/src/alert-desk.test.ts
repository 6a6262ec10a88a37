import type { AlertChannel, Delivery, Notification, OutgoingMessage, SendOutcome, Silence, Subscription } from "@kedge/alert";
import { seededRandom, silentLog } from "@kedge/core";
import { openSqliteStore, type OpenStore } from "@kedge/store/adapters";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AlertDesk } from "./alert-desk.js";
import { collections } from "./collections.js";
import { Fleet } from "./fleet/fleet.js";

const nowMs = 1_790_000_000_000;
const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
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
  noticeId: "rol_1.rollout.completed.1",
  type: "rollout.completed",
  atMs: nowMs,
  severity: "info",
  incidentId: null,
  title: "done",
  deviceIds: [],
  deviceLabels: [],
  data: {},
};

let store: OpenStore;
let outcome: SendOutcome = { kind: "sent", detail: "taken" };
const shown: OutgoingMessage[] = [];
const sent: OutgoingMessage[] = [];

function channelInto(messages: OutgoingMessage[], answer: () => SendOutcome): AlertChannel {
  return {
    async send(message) {
      messages.push(message);
      return answer();
    },
    close: async () => undefined,
  };
}

function documents() {
  const { records } = store;
  return {
    subscriptions: records.documents<Subscription>(collections.subscriptions),
    silences: records.documents<Silence>(collections.silences),
    deliveries: records.documents<Delivery>(collections.deliveries),
  };
}

function openDesk(): AlertDesk {
  const fleet = new Fleet(store.records.documents(collections.devices), clock);
  const always = channelInto(shown, () => ({ kind: "sent", detail: "shown" }));
  return new AlertDesk({
    mayDeliver: () => true,
    ...documents(),
    fleet,
    always,
    channelOf: async () => channelInto(sent, () => outcome),
    clock,
    random: seededRandom(1),
    log: silentLog,
  });
}

beforeEach(async () => {
  store = await openSqliteStore(":memory:", clock);
  outcome = { kind: "sent", detail: "taken" };
  shown.length = 0;
  sent.length = 0;
});
afterEach(() => store.close());

async function settled(state: Delivery["state"]): Promise<Delivery> {
  for (;;) {
    const [found] = await documents().deliveries.list({ status: [state] });
    if (found !== undefined) return found.body;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a notice is shown to all and delivered once to who subscribed, however often it is routed", async () => {
  await documents().subscriptions.insert("sub_1", subscription);
  const desk = openDesk();
  await desk.notify(notification);
  expect(await settled("delivered")).toMatchObject({ deliveryId: "sub_1.rol_1.rollout.completed.1", attempts: 1 });
  await desk.notify(notification);
  expect(sent).toHaveLength(1);
  expect(shown).toHaveLength(2);
});

test("a receiver that has gone is not told again, and its subscription says why", async () => {
  await documents().subscriptions.insert("sub_1", subscription);
  outcome = { kind: "gone", code: "alert/receiver-gone", message: "host answered 410" };
  const desk = openDesk();
  await desk.notify(notification);
  await settled("failed");
  for (;;) {
    const found = await documents().subscriptions.get("sub_1");
    if (found?.body.isEnabled === false) {
      expect(found.body.disabledReason).toBe("host answered 410");
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await desk.notify({ ...notification, noticeId: "rol_1.rollout.completed.2" });
  expect(sent).toHaveLength(1);
});

test("deliveries that ended long ago are forgotten; those that wait are not", async () => {
  const { deliveries, subscriptions } = documents();
  await subscriptions.insert("sub_1", subscription);
  const desk = openDesk();
  await desk.notify(notification);
  const done = await settled("delivered");
  await deliveries.insert("waits", { ...done, deliveryId: "waits", state: "pending", lastAttemptAtMs: 1, nextAttemptAtMs: nowMs + 1 });
  await deliveries.insert("old", { ...done, deliveryId: "old", lastAttemptAtMs: nowMs - 2 });
  await desk.prune(nowMs - 1);
  expect((await deliveries.list()).map((d) => d.id).sort()).toEqual([done.deliveryId, "waits"].sort());
});
