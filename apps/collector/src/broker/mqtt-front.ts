import type { X509Certificate } from "node:crypto";
import type { EventEmitter } from "node:events";
import { type Clock, type Log, messageOf } from "@kedge/core";
import { Aedes } from "aedes";
import type { BrokerAccess } from "./authenticate.js";
import type { BrokerLimits } from "./broker-limits.js";
import { type BrokerCounters, newCounters } from "./broker-stats.js";
import { Gatekeeper } from "./gatekeeper.js";
import { Inlet, type ProvenSocket } from "./inlet.js";
import { Intake } from "./intake.js";
import { Outlet } from "./outlet.js";
import { Sessions } from "./session.js";

/** What MQTT is spoken by and for. */
export interface FrontOptions {
  readonly limits: BrokerLimits;
  readonly access: BrokerAccess;
  readonly authority: X509Certificate;
  readonly clock: Clock;
  readonly log: Log;
}

/** The broker behind its listener: connections whose certificate is proven come in, messages go out to the receivers. */
export interface MqttFront {
  readonly sessions: Sessions;
  readonly counters: BrokerCounters;
  readonly intake: Intake;
  readonly outlet: Outlet;
  welcome(socket: ProvenSocket): void;
  close(): Promise<void>;
}

/** Aedes as it is used here: it speaks MQTT with each client. Who may do what, and who hears what, is decided by us. */
async function createMqtt(limits: BrokerLimits, gatekeeper: Gatekeeper, intake: Intake): Promise<Aedes> {
  return await Aedes.createBroker({
    concurrency: limits.concurrency,
    queueLimit: limits.queueLimit,
    connectTimeout: limits.connectMs,
    drainTimeout: limits.drainMs,
    keepaliveLimit: limits.maxKeepAliveSeconds,
    maxTopicLevels: 8,
    preConnect: (client, packet, done) => gatekeeper.preConnect(client, packet, done),
    authenticate: (client, username, password, done) => gatekeeper.authenticate(client, username, password, done),
    authorizePublish: (client, packet, done) => gatekeeper.authorizePublish(client, packet, done),
    authorizeSubscribe: (client, subscription, done) => gatekeeper.authorizeSubscribe(client, subscription, done),
    published: (packet, client, done) => intake.published(packet, client, done),
  });
}

/** Opens the broker for connections that somebody brings; who they are is told by their certificates. */
export async function openFront({ limits, access, authority, clock, log }: FrontOptions): Promise<MqttFront> {
  const counters = newCounters();
  const sessions = new Sessions();
  const outlet = new Outlet(sessions, counters);
  const intake = new Intake({ sessions, counters, log });
  const gatekeeper = new Gatekeeper({
    ...{ sessions, counters, limits, access, authority, clock, log },
    onEnd: (session) => intake.ended(session),
    onRefused: (refused) => intake.receivers.refused(refused),
  });
  const mqtt = await createMqtt(limits, gatekeeper, intake);
  mqtt.on("clientReady", (client) => intake.ready(client));
  mqtt.on("subscribe", (subscriptions, client) => {
    const session = sessions.of(client);
    if (session === undefined) return;
    for (const { topic } of subscriptions) void outlet.greet(session, topic);
  });
  mqtt.on("unsubscribe", (filters, client) => {
    for (const filter of filters) sessions.of(client)?.filters.delete(filter);
  });
  mqtt.on("clientError", (client, error) =>
    log.debug({ clientId: client.id.slice(0, 80), error: messageOf(error) }, "a client's connection ended with a fault"),
  );
  mqtt.on("connectionError", (_client, error) => log.debug({ error: messageOf(error) }, "a connection ended before it was known whose it is"));
  (mqtt as EventEmitter).on("error", (error: unknown) => log.error({ error: messageOf(error) }, "a fault in the broker"));
  return {
    sessions,
    counters,
    intake,
    outlet,
    welcome(socket) {
      counters.accepted += 1;
      const unknown = limits.maxUnknownPacketBytes;
      gatekeeper.expect(socket, new Inlet(socket, { connect: unknown, publish: unknown, other: unknown }, limits, counters));
      mqtt.handle(socket);
    },
    async close() {
      // From here on nothing of what clients still send, nor their wills, counts: they are not gone, we are.
      gatekeeper.isClosing = true;
      await new Promise<void>((resolve) => mqtt.close(() => resolve()));
    },
  };
}
