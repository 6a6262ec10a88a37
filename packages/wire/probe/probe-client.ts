import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { ProbeTarget, ProbeUser } from "./probe-options.js";

/** A message as it came. */
export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly bytes: number;
  readonly retained: boolean;
  readonly repeated: boolean;
}

/** How to connect; the rest is as a device's link has it. */
export interface ProbeConnection {
  readonly clientId: string;
  readonly clean?: boolean;
  readonly version?: 4 | 5;
  readonly will?: { readonly topic: string; readonly text: string };
  /** Messages are taken and never acknowledged. */
  readonly isMute?: boolean;
}

/** Why there was no connection, or no answer. */
export class ProbeFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProbeFailure("timeout", `${what}: no answer within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** One connection to the broker that is looked at. Everything on it ends: with an answer, or by its time. */
export class ProbeClient {
  readonly heard: Heard[] = [];
  /** Whether the broker had kept the session. */
  readonly hadSession: boolean;
  readonly #client: MqttClient;
  readonly #limitMs: number;
  #isCut = false;
  #wake: () => void = () => {};

  private constructor(client: MqttClient, hadSession: boolean, limitMs: number) {
    this.#client = client;
    this.#limitMs = limitMs;
    this.hadSession = hadSession;
    client.on("close", () => {
      this.#isCut = true;
      this.#wake();
    });
  }

  /** Throws {@link ProbeFailure}: `refused`, `timeout`, `ended` or the socket's own code. */
  static async open(target: ProbeTarget, user: ProbeUser, how: ProbeConnection): Promise<ProbeClient> {
    const { clientId, clean = true, version = 4, will, isMute = false } = how;
    const options: IClientOptions = {
      ...user,
      ...(user.certificate === undefined ? {} : { cert: user.certificate }),
      ...(target.ca === undefined ? {} : { ca: target.ca }),
      clientId,
      clean,
      protocolVersion: version,
      reconnectPeriod: 0,
      connectTimeout: target.limitMs,
      keepalive: 30,
      ...(version === 5 && !clean ? { properties: { sessionExpiryInterval: 300 } } : {}),
      ...(will === undefined ? {} : { will: { topic: will.topic, payload: Buffer.from(will.text), qos: 1 as const, retain: false } }),
    };
    let client: MqttClient;
    try {
      client = connect(target.url, options);
    } catch (error) {
      throw new ProbeFailure("invalid", error instanceof Error ? error.message : "the connection cannot be made");
    }
    // One for each answer that is waited for.
    client.setMaxListeners(0);
    if (isMute) client.handleMessage = () => {};
    const before: Heard[] = [];
    const note = (list: Heard[]) => (topic: string, payload: Buffer, packet: { readonly retain: boolean; readonly dup: boolean }) =>
      void list.push({ topic, text: payload.subarray(0, 200).toString("utf8"), bytes: payload.length, retained: packet.retain, repeated: packet.dup });
    // What a kept session holds comes at once behind the CONNACK.
    client.on("message", note(before));
    const connected = new Promise<boolean>((resolve, reject) => {
      client.once("connect", (packet) => resolve(packet.sessionPresent));
      client.on("error", (error) => {
        const code = (error as { code?: unknown }).code;
        reject(new ProbeFailure(typeof code === "number" ? "refused" : String(code ?? "ended"), error.message));
      });
      client.once("close", () => reject(new ProbeFailure("ended", "the connection ended before CONNACK")));
    });
    try {
      const made = new ProbeClient(client, await within(target.limitMs, "CONNECT", connected), target.limitMs);
      if (client.stream instanceof Socket) client.stream.setNoDelay(true);
      made.heard.push(...before);
      client.removeAllListeners("message");
      client.on("message", (topic, payload, packet) => {
        note(made.heard)(topic, payload, packet);
        made.#wake();
      });
      return made;
    } catch (error) {
      client.end(true);
      throw error;
    }
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  get tls(): { readonly version: string; readonly cipher: string } | null {
    const { stream } = this.#client;
    return stream instanceof TLSSocket ? { version: stream.getProtocol() ?? "unknown", cipher: stream.getCipher().name } : null;
  }

  /** Resolves when the broker has acknowledged. Throws {@link ProbeFailure}. */
  publish(topic: string, payload: string | Buffer, options: { readonly qos: 0 | 1 | 2; readonly retain?: boolean }): Promise<void> {
    const { qos, retain = false } = options;
    const work = new Promise<void>((resolve, reject) => {
      const cut = () => reject(new ProbeFailure("ended", "the broker ended the connection"));
      if (this.#isCut) return cut();
      this.#client.once("close", cut);
      this.#client.publish(topic, payload, { qos, retain }, (error) => {
        this.#client.off("close", cut);
        if (error) reject(new ProbeFailure("refused", error.message));
        else resolve();
      });
    });
    return within(this.#limitMs, "PUBLISH", work);
  }

  /** Whether the broker says that it granted. */
  async subscribe(filter: string, qos: 0 | 1): Promise<boolean> {
    const work = new Promise<boolean>((resolve) => {
      const cut = () => resolve(false);
      if (this.#isCut) return cut();
      this.#client.once("close", cut);
      this.#client.subscribe(filter, { qos }, (error, granted, packet) => {
        this.#client.off("close", cut);
        const codes = packet?.granted ?? granted?.map((g) => g.qos) ?? [];
        resolve(error === null && codes.length > 0 && codes.every((code) => Number(code) < 0x80));
      });
    });
    return within(this.#limitMs, "SUBSCRIBE", work).catch(() => false);
  }

  /** Waits until `isDone`, the connection's end, or until nothing came for `quietMs`. */
  async settle(quietMs: number, isDone: () => boolean = () => false): Promise<void> {
    while (!isDone() && !this.#isCut) {
      const before = this.heard.length;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, quietMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = () => {};
      if (this.heard.length === before) return;
    }
  }

  /** As a device that loses its power: no DISCONNECT, so that the will is published. */
  cut(): void {
    this.#client.stream.destroy();
    this.#client.end(true);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#client.end(true, {}, () => resolve()), 500);
      this.#client.end(this.#isCut, {}, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
