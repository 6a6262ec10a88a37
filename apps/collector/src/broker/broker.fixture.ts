import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { type Clock, type DeviceId, silentLog } from "@kedge/core";
import {
  type ApiTokenRecord,
  checkApiToken,
  checkEnrolmentToken,
  createApiToken,
  createEnrolmentToken,
  type EnrolmentGrant,
  type EnrolmentRecord,
  parseEnrolmentToken,
} from "@kedge/identity";
import { certificateRequest, newDeviceKey, secretBytes, sha256 } from "@kedge/identity/adapters";
import { type Authority, openAuthority } from "@kedge/identity/authority";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import type { BrokerAccess } from "./authenticate.js";
import { type Broker, startBroker } from "./broker.js";
import type { BrokerLimits } from "./broker-limits.js";

/** A device's certificate with its key. */
export interface Papers {
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
}

/** What a collector would know of those who come. */
class Register implements BrokerAccess {
  readonly enrolments = new Map<string, EnrolmentRecord>();
  readonly apiTokens: ApiTokenRecord[] = [];
  readonly revoked = new Set<string>();
  readonly retired = new Set<string>();
  readonly clock = { nowMs: Date.now() };
  readonly #unknown = { kind: "denied", code: "identity/token-unknown", message: "not known" } as const;

  isRevoked(serial: string): boolean {
    return this.revoked.has(serial);
  }

  isMember(deviceId: string): boolean {
    return !this.retired.has(deviceId);
  }

  async checkEnrolment(text: string): ReturnType<BrokerAccess["checkEnrolment"]> {
    const token = parseEnrolmentToken(text);
    return token === undefined ? this.#unknown : checkEnrolmentToken(token, this.enrolments.get(token.id), { nowMs: this.clock.nowMs, sha256 });
  }

  async checkApi(text: string): ReturnType<BrokerAccess["checkApi"]> {
    const checked = this.apiTokens.map((record) => checkApiToken(text, record, { nowMs: this.clock.nowMs, sha256 }));
    return checked.find((c) => c.kind === "valid") ?? this.#unknown;
  }
}

/** A broker on loopback with an authority of its own, and clients of every sort. */
export class BrokerLab {
  readonly broker: Broker;
  readonly authority: Authority;
  readonly register: Register;
  readonly #directory: string;
  readonly #clients: MqttClient[] = [];
  readonly #sockets: TLSSocket[] = [];

  constructor(parts: { readonly broker: Broker; readonly authority: Authority; readonly register: Register; readonly directory: string }) {
    this.broker = parts.broker;
    this.authority = parts.authority;
    this.register = parts.register;
    this.#directory = parts.directory;
  }

  newToken(grant: Partial<EnrolmentGrant> = {}): string {
    const { clock, enrolments } = this.register;
    const sources = { nowMs: clock.nowMs, random: Math.random, secretBytes, sha256 };
    const made = createEnrolmentToken({ lifetimeMs: 60_000, createdBy: "test", ...grant }, this.authority.pin, sources);
    if (made.kind !== "created") throw new Error(made.message);
    enrolments.set(made.record.id, made.record);
    return made.text;
  }

  newApiToken(): string {
    const { clock, apiTokens } = this.register;
    const { text, record } = createApiToken("viewer", "test", { nowMs: clock.nowMs, random: Math.random, secretBytes, sha256, lifetimeMs: null });
    apiTokens.push(record);
    return text;
  }

  async papers(deviceId: string, from = this.authority): Promise<Papers> {
    const key = newDeviceKey();
    const read = await from.readRequest(certificateRequest(key, deviceId));
    if (read.kind !== "read") throw new Error(read.message);
    const issued = await from.issueDevice(read, deviceId as DeviceId, { nowMs: this.register.clock.nowMs });
    return { cert: issued.certificatePem, key: key.export({ type: "pkcs8", format: "pem" }).toString(), serial: issued.serial };
  }

  /** Connects by mqtt.js; rejects when the broker refuses. */
  async connect(options: IClientOptions): Promise<MqttClient> {
    const url = `mqtts://127.0.0.1:${this.broker.port}`;
    const client = mqtt.connect(url, { ca: this.authority.certificatePem, reconnectPeriod: 0, protocolVersion: 4, connectTimeout: 20_000, ...options });
    this.#clients.push(client);
    return await new Promise((resolve, reject) => {
      client.once("connect", () => resolve(client));
      client.once("error", reject);
      client.once("close", () => reject(new Error("the broker hung up")));
    });
  }

  async device(deviceId: string, options: IClientOptions = {}): Promise<MqttClient> {
    const { cert, key } = await this.papers(deviceId);
    return await this.connect({ clientId: deviceId, cert, key, ...options });
  }

  /** A TLS connection that is not yet MQTT. */
  async raw(own?: Papers): Promise<TLSSocket> {
    const papers = own === undefined ? {} : { cert: own.cert, key: own.key };
    const socket = connectTls({ host: "127.0.0.1", port: this.broker.port, ca: this.authority.certificatePem, ...papers });
    this.#sockets.push(socket);
    socket.on("error", () => {});
    return await new Promise((resolve) => socket.once("secureConnect", () => resolve(socket)));
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.on("error", () => {}).end(true);
    for (const socket of this.#sockets) socket.destroy();
    await this.broker.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

export async function openLab(limits: Partial<BrokerLimits> = {}, isOpen = true): Promise<BrokerLab> {
  const directory = await mkdtemp(join(tmpdir(), "kedge-broker-"));
  const register = new Register();
  const { clock: time } = register;
  const authority = await openAuthority(join(directory, "authority"), { nowMs: time.nowMs });
  const credentials = await authority.serverCredentials(["127.0.0.1", "localhost"], time.nowMs);
  const clock: Clock = { nowMs: () => time.nowMs, monotonicMs: () => performance.now() };
  const broker = await startBroker({ host: "127.0.0.1", port: 0, credentials, clock, log: silentLog, limits, access: register });
  if (isOpen) broker.open();
  return new BrokerLab({ broker, authority, register, directory });
}

/** Waits until so many devices are there: a client has its CONNACK a moment before the broker is done with it. */
export async function present(broker: Broker, devices: number): Promise<void> {
  while (broker.connected().length !== devices) await new Promise((resolve) => setImmediate(resolve));
}

/** Settles when the client's connection has ended. */
export async function ended(client: MqttClient): Promise<void> {
  client.on("error", () => {});
  if (!client.connected && client.disconnected) return;
  await new Promise<void>((resolve) => client.once("close", () => resolve()));
}

/** The next message of a client. */
export async function nextMessage(client: MqttClient): Promise<{ readonly topic: string; readonly text: string; readonly retain: boolean }> {
  return await new Promise((resolve) =>
    client.once("message", (topic, payload, packet) => resolve({ topic, text: payload.toString("utf8"), retain: packet.retain })),
  );
}

/** Collects what arrives, and waits for a number of arrivals. */
export class Arrivals<T> {
  readonly items: T[] = [];
  #wake: (() => void) | undefined;

  add(item: T): void {
    this.items.push(item);
    this.#wake?.();
  }

  async first(count: number): Promise<readonly T[]> {
    while (this.items.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.items.slice(0, count);
  }
}
