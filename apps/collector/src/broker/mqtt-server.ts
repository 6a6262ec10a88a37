import { X509Certificate } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { type Clock, type DeviceId, type Log, messageOf } from "@kedge/core";
import { Aedes } from "aedes";
import type { BrokerAccess } from "./authenticate.js";
import type { BrokerLimits } from "./broker-limits.js";
import type { BrokerCounters } from "./broker-stats.js";
import { Gatekeeper } from "./gatekeeper.js";
import { Inlet } from "./inlet.js";
import { Intake } from "./intake.js";
import { Outlet } from "./outlet.js";
import { Sessions } from "./session.js";

/** What speaking MQTT with clients takes. */
export interface MqttServerDeps {
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  /** PEM: whose certificates devices have. */
  readonly authorityPem: string;
  readonly access: BrokerAccess;
  readonly clock: Clock;
  readonly log: Log;
}

/** Speaks MQTT 3.1.1 over connections that others accept and secure. */
export class MqttServer {
  readonly intake: Intake;
  readonly outlet: Outlet;
  readonly #sessions: Sessions;
  readonly #gatekeeper: Gatekeeper;
  readonly #mqtt: Aedes;
  readonly #deps: MqttServerDeps;

  private constructor(deps: MqttServerDeps, parts: { readonly intake: Intake; readonly sessions: Sessions; readonly gatekeeper: Gatekeeper; readonly mqtt: Aedes }) {
    this.#deps = deps;
    this.intake = parts.intake;
    this.outlet = new Outlet(parts.sessions, deps.counters);
    this.#sessions = parts.sessions;
    this.#gatekeeper = parts.gatekeeper;
    this.#mqtt = parts.mqtt;
    this.#listen();
  }

  static async open(deps: MqttServerDeps): Promise<MqttServer> {
    const { limits, counters, access, clock, log } = deps;
    const sessions = new Sessions();
    const intake = new Intake({ sessions, counters, log });
    const authority = new X509Certificate(deps.authorityPem);
    const gatekeeper = new Gatekeeper({ sessions, counters, limits, access, authority, clock, log, onEnd: (session) => intake.ended(session) });
    return new MqttServer(deps, { intake, sessions, gatekeeper, mqtt: await createMqtt(limits, gatekeeper, intake) });
  }

  /** Takes a connection on which the client is to say CONNECT next. */
  take(socket: Socket): void {
    const { limits, counters } = this.#deps;
    const unknown = limits.maxUnknownPacketBytes;
    this.#gatekeeper.expect(socket, new Inlet(socket, { connect: unknown, publish: unknown, other: unknown }, limits, counters));
    this.#mqtt.handle(socket);
  }

  connected(): DeviceId[] {
    return [...this.#sessions.all()].flatMap(({ principal, isReady }) => (principal.kind === "device" && isReady ? [principal.deviceId] : []));
  }

  disconnect(deviceId: DeviceId): boolean {
    const session = this.#sessions.get(deviceId);
    session?.client.close();
    return session !== undefined;
  }

  /** From here on nothing of what clients still send, nor their wills, counts: they are not gone, we are. */
  async close(): Promise<void> {
    this.#gatekeeper.isClosing = true;
    await new Promise<void>((resolve) => this.#mqtt.close(() => resolve()));
  }

  #listen(): void {
    const { log } = this.#deps;
    const mqtt = this.#mqtt;
    mqtt.on("clientReady", (client) => this.intake.ready(client));
    mqtt.on("subscribe", (subscriptions, client) => {
      const session = this.#sessions.of(client);
      if (session === undefined) return;
      for (const { topic } of subscriptions) void this.outlet.greet(session, topic);
    });
    mqtt.on("unsubscribe", (filters, client) => {
      for (const filter of filters) this.#sessions.of(client)?.filters.delete(filter);
    });
    mqtt.on("clientError", (client, error) =>
      log.debug({ clientId: client.id.slice(0, 80), error: messageOf(error) }, "a client's connection ended with a fault"),
    );
    mqtt.on("connectionError", (_client, error) => log.debug({ error: messageOf(error) }, "a connection ended before it was known whose it is"));
    (mqtt as EventEmitter).on("error", (error: unknown) => log.error({ error: messageOf(error) }, "a fault in the broker"));
  }
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
