import { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { createSecureContext, type SecureContext } from "node:tls";
import { KedgeError, type Random, type RetrySchedule } from "@kedge/core";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import {
  isTopicFilter,
  type LinkStats,
  type PublishOptions,
  type PublishOutcome,
  type Receive,
  type SelectiveLink,
  type SubscribeOutcome,
  type Unsubscribe,
  type Will,
  wireErrors,
} from "../../src/index.js";
import { defaultLinkBounds, LinkDesk } from "../link-desk.js";
import { connectFault } from "./connect-fault.js";
import { nextTryMs } from "./next-try.js";

/** How to reach a broker, and how hard to try. */
export interface MqttLinkOptions {
  /** `mqtts://host:8883` or `mqtt://host:1883`. */
  readonly url: string;
  readonly clientId: string;
  /** PEM. The broker's authority; without one, those that Node trusts. */
  readonly ca?: string;
  /** PEM. Who we are. */
  readonly certificate?: string;
  readonly key?: string;
  /** The name that the broker's certificate must have, where it is not the host of the url. */
  readonly serverName?: string;
  readonly username?: string;
  readonly password?: string;
  readonly will?: Will;
  /** Seconds of silence after which both sides make sure that the other is there; a cut cable shows after 1.5 times that. */
  readonly keepAliveSeconds?: number;
  /** How long a try may take from TCP to CONNACK. */
  readonly connectTimeoutMs?: number;
  /** Waits between tries, with full jitter: 1 second growing to 5 minutes. */
  readonly retry?: RetrySchedule;
  /** A connection that lasted this long was good: the next try is the first again. */
  readonly stableMs?: number;
  /** Wait before the very first try, so that a fleet switched on at once does not come at once. */
  readonly firstDelayMs?: number;
  readonly maxInFlight?: number;
  readonly maxPayloadBytes?: number;
  readonly random?: Random;
}

const defaults = {
  keepAliveSeconds: 60,
  connectTimeoutMs: 15_000,
  retry: { firstMs: 1_000, maxMs: 300_000 },
  stableMs: 60_000,
  /** How long a goodbye may take before the connection is cut. */
  closeMs: 2_000,
} as const;

/** A link over MQTT 3.1.1 by mqtt.js, with clean sessions and our own way of coming back. */
export class MqttLink implements SelectiveLink {
  readonly #options: MqttLinkOptions;
  readonly #desk: LinkDesk;
  /** Certificates and key, read at the first try and not at each: that takes a few milliseconds. */
  #secureContext: SecureContext | undefined;
  /** By which the next handshake takes a third less of both sides' time. The broker judges our certificate anew each time. */
  #tlsSession: Buffer | undefined;
  #client: MqttClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #connectedAtMs: number | undefined;
  #first: { promise: Promise<void>; resolve: () => void; reject: (fault: KedgeError) => void } | undefined;

  constructor(options: MqttLinkOptions) {
    if (!/^mqtts?:\/\/[^/]/.test(options.url)) {
      throw new KedgeError(wireErrors.invalidOptions, `connecting to "${options.url}"`, {
        hint: "a broker's address is mqtts://host:8883, or mqtt://host:1883 without encryption",
        context: { exit: "config" },
      });
    }
    this.#options = options;
    const { maxInFlight = defaultLinkBounds.maxInFlight, maxPayloadBytes = defaultLinkBounds.maxPayloadBytes } = options;
    this.#desk = new LinkDesk({ ...defaultLinkBounds, maxInFlight, maxPayloadBytes });
  }

  connect(): Promise<void> {
    if (this.#desk.state === "closed") return Promise.reject(this.#closedFault());
    if (this.#first === undefined) {
      let settle: { resolve: () => void; reject: (fault: KedgeError) => void } = { resolve: () => {}, reject: () => {} };
      const promise = new Promise<void>((resolve, reject) => {
        settle = { resolve, reject };
      });
      // Who does not wait for the first connection need not hear that it never came.
      promise.catch(() => {});
      this.#first = { promise, ...settle };
      this.#desk.state = "waiting";
      this.#tryAfter(this.#options.firstDelayMs ?? 0);
    }
    return this.#first.promise;
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    return this.#desk.publish(topic, payload, (done) => {
      const view = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      this.#client?.publish(topic, view, { qos: options.qos, retain: options.retain ?? false }, (error) => done(error));
    });
  }

  async subscribe(filter: string, options: { readonly qos: 0 | 1 }, receive: Receive): Promise<SubscribeOutcome> {
    if (!isTopicFilter(filter)) return { kind: "refused", message: `"${filter.slice(0, 80)}" is no topic filter` };
    this.#desk.subscriptions.add(filter, options.qos, receive);
    const client = this.#client;
    if (client === undefined || this.#desk.state !== "connected") return { kind: "pending" };
    return this.#subscribeNow(client, filter, options.qos);
  }

  async unsubscribe(filter: string): Promise<void> {
    this.#desk.subscriptions.remove(filter);
    const client = this.#client;
    if (client === undefined || this.#desk.state !== "connected") return;
    await new Promise<void>((resolve) => {
      const done = () => {
        client.off("close", done);
        resolve();
      };
      client.once("close", done);
      client.unsubscribe(filter, done);
    });
  }

  onConnect(listener: () => void): Unsubscribe {
    return this.#desk.onConnect(listener);
  }

  onFault(listener: (fault: KedgeError) => void): Unsubscribe {
    return this.#desk.onFault(listener);
  }

  stats(): LinkStats {
    return this.#desk.stats();
  }

  /** Cuts the connection as a broken cable does: the broker hears no goodbye, and the link comes back as after any loss. */
  cut(): void {
    this.#client?.stream.destroy();
  }

  async close(): Promise<void> {
    if (this.#desk.state === "closed") return;
    clearTimeout(this.#timer);
    this.#desk.closed();
    this.#first?.reject(this.#closedFault());
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    await new Promise<void>((resolve) => {
      const cut = setTimeout(() => client.end(true, {}, () => resolve()), defaults.closeMs);
      client.end(!client.connected, {}, () => {
        clearTimeout(cut);
        resolve();
      });
    });
  }

  #tryAfter(delayMs: number): void {
    this.#timer = setTimeout(() => this.#try(), delayMs);
  }

  #try(): void {
    this.#desk.state = "connecting";
    this.#connectedAtMs = undefined;
    let lastError: unknown;
    let client: MqttClient;
    try {
      client = connect(this.#options.url, this.#clientOptions());
    } catch (error) {
      // A certificate or key that is no PEM is found here.
      this.#ended(error);
      return;
    }
    this.#client = client;
    const isCurrent = () => this.#client === client;
    client.stream.on("session", (session: Buffer) => {
      this.#tlsSession = session;
    });
    client.on("error", (error) => {
      lastError = error;
    });
    client.on("connect", () => {
      if (isCurrent()) void this.#welcomed(client);
    });
    // The PUBACK goes out, and the next packet is read, only when this calls back.
    client.handleMessage = (_packet, done) => this.#desk.whenRoom(done);
    client.on("message", (topic, payload, packet) => {
      if (isCurrent()) this.#desk.received({ topic, payload, retained: packet.retain });
    });
    client.on("close", () => {
      if (!isCurrent()) return;
      this.#client = undefined;
      client.end(true);
      this.#ended(lastError);
    });
  }

  async #welcomed(client: MqttClient): Promise<void> {
    this.#connectedAtMs = performance.now();
    // Messages are small, and each answer waits for one: they must not wait for more to send.
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    const outcomes = await Promise.all(this.#desk.subscriptions.filters().map(({ filter, qos }) => this.#subscribeNow(client, filter, qos)));
    // Cut again meanwhile, or closed: then the next connection renews them.
    if (this.#client !== client || !client.connected) return;
    for (const outcome of outcomes) {
      if (outcome.kind === "refused") this.#desk.fault(new KedgeError(wireErrors.refused, `subscribing at ${this.#where()}: ${outcome.message}`, {}));
    }
    this.#first?.resolve();
    this.#desk.connected();
  }

  #subscribeNow(client: MqttClient, filter: string, qos: 0 | 1): Promise<SubscribeOutcome> {
    return new Promise((resolve) => {
      const cut = () => resolve({ kind: "pending" });
      client.once("close", cut);
      client.subscribe(filter, { qos }, (error, _granted, packet) => {
        client.off("close", cut);
        // A SUBACK that says no comes as an error with the packet; a lost connection as one without.
        if (packet?.granted?.some((code) => Number(code) >= 0x80) === true) resolve({ kind: "refused", message: `the broker refuses ${filter}` });
        else resolve(error ? { kind: "pending" } : { kind: "subscribed" });
      });
    });
  }

  /** A try failed or a connection ended: tell, wait, try again. */
  #ended(error: unknown): void {
    if (this.#desk.state === "closed") return;
    const wasConnected = this.#connectedAtMs !== undefined;
    const lastedMs = this.#connectedAtMs === undefined ? 0 : performance.now() - this.#connectedAtMs;
    if (lastedMs >= (this.#options.stableMs ?? defaults.stableMs)) this.#attempt = 0;
    const fault = connectFault(this.#where(), error, wasConnected);
    const { retry = defaults.retry, random = Math.random } = this.#options;
    const delayMs = nextTryMs(fault, this.#attempt, { retry, random });
    this.#attempt += 1;
    this.#desk.state = "waiting";
    this.#tryAfter(delayMs);
    this.#desk.disconnected(fault, wasConnected);
  }

  #clientOptions(): IClientOptions {
    const { url, clientId, ca, certificate, key, serverName, username, password, will } = this.#options;
    if (url.startsWith("mqtts:")) {
      this.#secureContext ??= createSecureContext({
        ...(ca === undefined ? {} : { ca }),
        ...(certificate === undefined ? {} : { cert: certificate }),
        ...(key === undefined ? {} : { key }),
      });
    }
    return {
      clientId,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      keepalive: this.#options.keepAliveSeconds ?? defaults.keepAliveSeconds,
      connectTimeout: this.#options.connectTimeoutMs ?? defaults.connectTimeoutMs,
      rejectUnauthorized: true,
      ...(this.#secureContext === undefined ? {} : { secureContext: this.#secureContext }),
      ...(this.#tlsSession === undefined ? {} : { session: this.#tlsSession }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(will === undefined ? {} : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain ?? false } }),
    };
  }

  /** The broker's address as it may be shown: without what is before an `@`. */
  #where(): string {
    return this.#options.url.replace(/\/\/[^@/]*@/, "//");
  }

  #closedFault(): KedgeError {
    return new KedgeError(wireErrors.closed, `connecting to ${this.#where()}: the link was closed`);
  }
}

/** A link to a broker. Nothing happens before `connect`. */
export function openMqttLink(options: MqttLinkOptions): MqttLink {
  return new MqttLink(options);
}
