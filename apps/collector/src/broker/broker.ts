import { X509Certificate } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import { type Clock, type DeviceId, type Log, messageOf } from "@kedge/core";
import type { ServerCredentials } from "@kedge/identity/authority";
import { Aedes } from "aedes";
import { Admission } from "./admission.js";
import type { BrokerAccess } from "./authenticate.js";
import { type BrokerLimits, defaultBrokerLimits } from "./broker-limits.js";
import { type BrokerCounters, type BrokerStats, newCounters } from "./broker-stats.js";
import { Gatekeeper } from "./gatekeeper.js";
import { Inlet } from "./inlet.js";
import { Intake, type Receivers, type RefusedPublish } from "./intake.js";
import { listenOn } from "./listen.js";
import { Outlet } from "./outlet.js";
import { type Session, Sessions } from "./session.js";

/** What the broker takes from the collector. */
export interface BrokerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  readonly access: BrokerAccess;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<BrokerLimits>;
}

/** The collector's end of every device's connection. */
export interface Broker {
  readonly port: number;
  /** Lets clients in. To be called once the receivers are set: who comes before waits. */
  open(): void;
  /**
   * Says something to the clients that may hear it and have subscribed. With `retain` it is kept in memory for those who
   * subscribe later, until an empty payload takes it away; without, it is lost on who is away. Waits for slow readers.
   */
  publish(topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }): Promise<void>;
  /**
   * Who receives what devices publish: at least once, per device in order. No more is read from a device until the
   * promise settles. The payload may be a view of a larger buffer.
   */
  onDevice(receive: Receivers["device"]): void;
  onEnroll(receive: Receivers["enroll"]): void;
  /** Told when a device's connection is established and when it has ended; taking over an older one is no end. */
  onPresence(receive: Receivers["presence"]): void;
  /** What devices were cut off for: they are told nothing but that. */
  onRefused(receive: Receivers["refused"]): void;
  connected(): DeviceId[];
  /** Cuts a device's connection: it was retired, or its certificate revoked. Whether it was there. */
  disconnect(deviceId: DeviceId): boolean;
  /** Shows another certificate from the next handshake on. */
  renewCredentials(credentials: ServerCredentials): void;
  stats(): BrokerStats;
  close(): Promise<void>;
}

class EmbeddedBroker implements Broker {
  readonly #tcp: Server;
  readonly #tls: TlsServer;
  readonly #mqtt: Aedes;
  readonly #admission: Admission;
  readonly #sessions: Sessions;
  readonly #counters: BrokerCounters;
  readonly #gatekeeper: Gatekeeper;
  readonly #intake: Intake;
  readonly #outlet: Outlet;

  constructor(parts: {
    readonly tcp: Server;
    readonly tls: TlsServer;
    readonly mqtt: Aedes;
    readonly admission: Admission;
    readonly sessions: Sessions;
    readonly counters: BrokerCounters;
    readonly gatekeeper: Gatekeeper;
    readonly intake: Intake;
    readonly outlet: Outlet;
  }) {
    this.#tcp = parts.tcp;
    this.#tls = parts.tls;
    this.#mqtt = parts.mqtt;
    this.#admission = parts.admission;
    this.#sessions = parts.sessions;
    this.#counters = parts.counters;
    this.#gatekeeper = parts.gatekeeper;
    this.#intake = parts.intake;
    this.#outlet = parts.outlet;
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo).port;
  }

  open(): void {
    this.#admission.begin();
  }

  publish(topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }): Promise<void> {
    return this.#outlet.publish(topic, payload, options);
  }

  onDevice(receive: Receivers["device"]): void {
    this.#intake.receivers.device = receive;
  }

  onEnroll(receive: Receivers["enroll"]): void {
    this.#intake.receivers.enroll = receive;
  }

  onPresence(receive: Receivers["presence"]): void {
    this.#intake.receivers.presence = receive;
  }

  onRefused(receive: Receivers["refused"]): void {
    this.#intake.receivers.refused = receive;
  }

  connected(): DeviceId[] {
    return [...this.#sessions.all()].flatMap(({ principal, isReady }) => (principal.kind === "device" && isReady ? [principal.deviceId] : []));
  }

  disconnect(deviceId: DeviceId): boolean {
    const session = this.#sessions.get(deviceId);
    session?.client.close();
    return session !== undefined;
  }

  renewCredentials(credentials: ServerCredentials): void {
    this.#tls.setSecureContext(tlsOptions(credentials));
  }

  stats(): BrokerStats {
    const { refused, ...counted } = this.#counters;
    const { open, waiting } = this.#admission;
    return { ...counted, refused: Object.fromEntries(refused), connections: open, waiting, devices: this.connected().length };
  }

  async close(): Promise<void> {
    // From here on nothing of what clients still send, nor their wills, counts: they are not gone, we are.
    this.#gatekeeper.isClosing = true;
    const ended = new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    await new Promise<void>((resolve) => this.#mqtt.close(() => resolve()));
    this.#admission.close();
    await ended;
  }
}

function tlsOptions(credentials: ServerCredentials): { key: string; cert: string; ca: string; minVersion: "TLSv1.2" } {
  return { key: credentials.keyPem, cert: credentials.chainPem, ca: credentials.authorityPem, minVersion: "TLSv1.2" };
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

/** Starts the broker: MQTT 3.1.1 over TLS. Throws when it cannot listen (`collector/port-in-use` …, exit: address). */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { log, clock, access, credentials } = options;
  const limits: BrokerLimits = { ...defaultBrokerLimits, ...options.limits };
  const counters = newCounters();
  const sessions = new Sessions();
  const outlet = new Outlet(sessions, counters);
  const intake = new Intake({ sessions, counters, log });
  const authority = new X509Certificate(credentials.authorityPem);
  const told = { onEnd: (session: Session) => intake.ended(session), onRefused: (refused: RefusedPublish) => intake.receivers.refused(refused) };
  const gatekeeper = new Gatekeeper({ sessions, counters, limits, access, authority, clock, log, ...told });

  // A certificate is asked for and not demanded: new devices have none. What one is worth is judged at CONNECT.
  const tls = createTlsServer({ ...tlsOptions(credentials), requestCert: true, rejectUnauthorized: false, handshakeTimeout: limits.handshakeMs });
  const admission = new Admission(limits, clock, counters, (socket) => tls.emit("connection", socket));
  const tcp = await listenOn(options.host, options.port, (socket) => admission.offer(socket));
  const mqtt = await createMqtt(limits, gatekeeper, intake);

  tls.on("tlsClientError", () => {
    counters.handshakesFailed += 1;
  });
  tls.on("secureConnection", (socket: TLSSocket) => {
    counters.accepted += 1;
    const unknown = limits.maxUnknownPacketBytes;
    gatekeeper.expect(socket, new Inlet(socket, { connect: unknown, publish: unknown, other: unknown }, limits, counters));
    mqtt.handle(socket);
  });
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
  log.info({ host: options.host, port: (tcp.address() as AddressInfo).port }, "listening for devices");
  return new EmbeddedBroker({ tcp, tls, mqtt, admission, sessions, counters, gatekeeper, intake, outlet });
}
