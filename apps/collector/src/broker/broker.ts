import { X509Certificate } from "node:crypto";
import type { AddressInfo, Server } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import type { Clock, DeviceId, Log } from "@kedge/core";
import type { ServerCredentials } from "@kedge/identity/authority";
import { Admission } from "./admission.js";
import type { BrokerAccess } from "./authenticate.js";
import { type BrokerLimits, defaultBrokerLimits } from "./broker-limits.js";
import type { BrokerStats } from "./broker-stats.js";
import type { Receivers } from "./intake.js";
import { listenOn } from "./listen.js";
import { type MqttFront, openFront } from "./mqtt-front.js";

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
  readonly #admission: Admission;
  readonly #front: MqttFront;

  constructor(parts: { readonly tcp: Server; readonly tls: TlsServer; readonly admission: Admission; readonly front: MqttFront }) {
    this.#tcp = parts.tcp;
    this.#tls = parts.tls;
    this.#admission = parts.admission;
    this.#front = parts.front;
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo).port;
  }

  open(): void {
    this.#admission.begin();
  }

  publish(topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }): Promise<void> {
    return this.#front.outlet.publish(topic, payload, options);
  }

  onDevice(receive: Receivers["device"]): void {
    this.#front.intake.receivers.device = receive;
  }

  onEnroll(receive: Receivers["enroll"]): void {
    this.#front.intake.receivers.enroll = receive;
  }

  onPresence(receive: Receivers["presence"]): void {
    this.#front.intake.receivers.presence = receive;
  }

  onRefused(receive: Receivers["refused"]): void {
    this.#front.intake.receivers.refused = receive;
  }

  connected(): DeviceId[] {
    return [...this.#front.sessions.all()].flatMap(({ principal, isReady }) => (principal.kind === "device" && isReady ? [principal.deviceId] : []));
  }

  disconnect(deviceId: DeviceId): boolean {
    const session = this.#front.sessions.get(deviceId);
    session?.client.close();
    return session !== undefined;
  }

  renewCredentials(credentials: ServerCredentials): void {
    this.#tls.setSecureContext(tlsOptions(credentials));
  }

  stats(): BrokerStats {
    const { refused, ...counted } = this.#front.counters;
    const { open, waiting } = this.#admission;
    return { ...counted, refused: Object.fromEntries(refused), connections: open, waiting, devices: this.connected().length };
  }

  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    await this.#front.close();
    this.#admission.close();
    await ended;
  }
}

function tlsOptions(credentials: ServerCredentials): { key: string; cert: string; ca: string; minVersion: "TLSv1.2" } {
  return { key: credentials.keyPem, cert: credentials.chainPem, ca: credentials.authorityPem, minVersion: "TLSv1.2" };
}

/** Starts the broker: MQTT 3.1.1 over TLS. Throws when it cannot listen (`collector/port-in-use` …, exit: address). */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { log, clock, access, credentials } = options;
  const limits: BrokerLimits = { ...defaultBrokerLimits, ...options.limits };
  const authority = new X509Certificate(credentials.authorityPem);
  const front = await openFront({ limits, access, authority, clock, log });
  try {
    return await listenFor(front, limits, options);
  } catch (error) {
    // MQTT's own timers would keep the program from ending.
    await front.close();
    throw error;
  }
}

async function listenFor(front: MqttFront, limits: BrokerLimits, { credentials, clock, log, host, port }: BrokerOptions): Promise<Broker> {
  const { counters } = front;
  // A certificate is asked for and not demanded: new devices have none. What one is worth is judged at CONNECT.
  const tls = createTlsServer({ ...tlsOptions(credentials), requestCert: true, rejectUnauthorized: false, handshakeTimeout: limits.handshakeMs });
  const admission = new Admission(limits, clock, counters, (socket) => tls.emit("connection", socket));
  const tcp = await listenOn(host, port, (socket) => admission.offer(socket));
  tls.on("tlsClientError", (_error, socket) => {
    counters.handshakesFailed += 1;
    // Node leaves a connection open whose handshake took too long.
    socket.destroy();
  });
  tls.on("secureConnection", (socket: TLSSocket) => {
    admission.settled(socket);
    front.welcome(socket);
  });
  log.info({ host, port: (tcp.address() as AddressInfo).port }, "listening for devices");
  return new EmbeddedBroker({ tcp, tls, admission, front });
}
