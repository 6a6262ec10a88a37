import { type Clock, type DeviceId, type Log, messageOf, newId, type Random } from "@kedge/core";
import {
  type AlertChannel,
  afterAttempt,
  type Delivery,
  dueDeliveries,
  type EventType,
  incidentNotification,
  type Incident,
  messageOfDelivery,
  type Notification,
  newDelivery,
  notificationBody,
  overflow,
  routeNotification,
  type Silence,
  type Subscription,
} from "@kedge/alert";
import { change, type Documents, put } from "@kedge/store";
import type { Fleet } from "./fleet/fleet.js";

/** What the desk needs of the program. */
export interface AlertDeskDeps {
  readonly subscriptions: Documents<Subscription>;
  readonly silences: Documents<Silence>;
  readonly deliveries: Documents<Delivery>;
  readonly fleet: Fleet;
  /** The channel of a subscription. The desk does not close it. */
  readonly channelOf: (subscription: Subscription) => Promise<AlertChannel>;
  /** Where everything is told, whoever subscribed: the retained alert topics. */
  readonly always: AlertChannel;
  /** Whether it is this collector that delivers; another's deliveries are not tried twice. */
  readonly mayDeliver: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const tickMs = 1_000;
/** Deliveries under way at once: a receiver that hangs must not hold up the others. */
const maxUnderWay = 32;

/** Tells people: shows everything on the alert topics, routes notices to subscribers, and tries until they are delivered. */
export class AlertDesk {
  readonly #deps: AlertDeskDeps;
  readonly #underWay = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: AlertDeskDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#deliverDue(), tickMs);
  }

  /** Shows what is still open on the alert topics once more: what is retained there does not outlive the broker. */
  async showOpen(incidents: readonly Incident[]): Promise<void> {
    const { clock, fleet, always } = this.#deps;
    for (const incident of incidents) {
      const deviceLabels = incident.deviceIds.map((id) => fleet.labelsOf(id)).filter((labels) => labels !== undefined);
      const notice = { type: "drift.updated", noticeId: `${incident.incidentId}.restart`, atMs: clock.nowMs() } as const;
      const notification = incidentNotification(incident, notice, { deviceLabels });
      await always.send({ messageId: notification.noticeId, notification, body: notificationBody(notification) });
    }
  }

  notifyIncident(incident: Incident, notice: { readonly type: EventType; readonly noticeId: string; readonly atMs: number }): Promise<void> {
    const deviceLabels = incident.deviceIds.map((id) => this.#deps.fleet.labelsOf(id)).filter((labels) => labels !== undefined);
    return this.notify(incidentNotification(incident, { type: notice.type, noticeId: notice.noticeId, atMs: notice.atMs }, { deviceLabels }));
  }

  /** Routes a notice and queues its deliveries, durably. Routing the same notice again changes nothing. */
  async notify(notification: Notification): Promise<void> {
    const { subscriptions, silences, deliveries, fleet, clock, log } = this.#deps;
    const offline = new Set<DeviceId>(fleet.all().flatMap((d) => (d.isOnline ? [] : [d.deviceId])));
    const nowMs = clock.nowMs();
    const route = routeNotification(notification, {
      subscriptions: (await subscriptions.list()).map((s) => s.body),
      silences: (await silences.list()).map((s) => s.body),
      offline,
      nowMs,
    });
    const shown = await this.#deps.always.send({ messageId: notification.noticeId, notification, body: notificationBody(notification) });
    if (shown.kind !== "sent") log.warn({ notice: notification.noticeId }, "message" in shown ? shown.message : "not published");
    if (route.kind !== "told") {
      log.info({ notice: notification.noticeId, route: route.kind }, "nobody is told");
      return;
    }
    for (const subscription of route.subscriptions) {
      const delivery = newDelivery(subscription, notification, nowMs);
      await deliveries.insert(delivery.deliveryId, delivery);
    }
    void this.#deliverDue();
  }

  /** Sends a test to one subscription at once; the delivery after its first try. */
  async test(subscription: Subscription): Promise<Delivery> {
    const { clock, random, deliveries } = this.#deps;
    const atMs = clock.nowMs();
    const notification: Notification = {
      noticeId: newId("test", atMs, random),
      type: "test",
      atMs,
      severity: "critical",
      incidentId: null,
      title: "A test of this subscription",
      deviceIds: [],
      deviceLabels: [],
      data: { message: "If you read this, alerts of this collector reach you." },
    };
    const delivery = newDelivery(subscription, notification, atMs);
    await deliveries.insert(delivery.deliveryId, delivery);
    return this.attempt(delivery);
  }

  /** Tries a delivery once and stores what came of it. */
  async attempt(delivery: Delivery): Promise<Delivery> {
    const { subscriptions, deliveries, channelOf, clock, random } = this.#deps;
    this.#underWay.add(delivery.deliveryId);
    try {
      const found = await subscriptions.get(delivery.subscriptionId);
      const channel = found === undefined ? undefined : await channelOf(found.body);
      const outcome = (await channel?.send(messageOfDelivery(delivery))) ?? {
        kind: "failed",
        code: "alert/no-subscription",
        message: "the subscription is gone",
      };
      const { delivery: next, disable } = afterAttempt(delivery, outcome as Parameters<typeof afterAttempt>[1], { nowMs: clock.nowMs(), random });
      await put(deliveries, next.deliveryId, next);
      if (disable !== null) await change(subscriptions, delivery.subscriptionId, (s) => ({ ...s, isEnabled: false, disabledReason: disable }));
      return next;
    } finally {
      this.#underWay.delete(delivery.deliveryId);
    }
  }

  async #deliverDue(): Promise<void> {
    const { deliveries, clock, log } = this.#deps;
    try {
      const pending = (await deliveries.list({ status: ["pending"], limit: 1_000 })).map((d) => d.body);
      for (const delivery of dueDeliveries(pending, clock.nowMs(), maxUnderWay - this.#underWay.size, this.#underWay)) {
        if (!this.#deps.mayDeliver()) return;
        this.attempt(delivery).catch((error: unknown) =>
          log.error({ delivery: delivery.deliveryId, error: messageOf(error) }, "a delivery could not be tried"),
        );
      }
    } catch (error) {
      log.error({ error: messageOf(error) }, "the deliveries could not be read");
    }
  }

  /** Forgets deliveries that came to an end before `beforeMs`, and drops what waits beyond what a subscription may have waiting. */
  async prune(beforeMs: number): Promise<void> {
    const { deliveries } = this.#deps;
    const ended = await deliveries.list({ status: ["delivered", "failed", "dropped"], limit: 10_000 });
    for (const { id, body } of ended) if ((body.lastAttemptAtMs ?? body.createdAtMs) < beforeMs) await deliveries.delete(id);
    const pending = (await deliveries.list({ status: ["pending"], limit: 100_000 })).map((d) => d.body).filter((d) => !this.#underWay.has(d.deliveryId));
    for (const dropped of overflow(pending)) await put(deliveries, dropped.deliveryId, dropped);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
