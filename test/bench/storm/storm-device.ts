import { type DeviceId, type KedgeError, type Random, seededRandom, type Sha256 } from "@kedge/core";
import type { Profile } from "@kedge/profile";
import {
  compareKeys,
  decodeAck,
  encodeBirth,
  encodeDeath,
  encodeReportedState,
  encodeWindow,
  type Link,
  type Outbox,
  type OutboxKey,
  topicFor,
} from "@kedge/wire";
import { MemoryOutbox, openMqttLink } from "@kedge/wire/adapters";
import type { Papers } from "./fleet-files.js";

/** What devices of one process share. */
export interface DeviceSurroundings {
  readonly url: string;
  readonly authorityPem: string;
  readonly bundleDigest: Sha256;
  /** What its windows hold; the same for all. */
  readonly profile: Profile;
  readonly seed: number;
}

/** What a try to connect came to, or how a connection ended. */
export type Mishap = "refused" | "busy" | "reset" | "timedOut" | "dropped" | "other";

const resets = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** `refused`: nobody listens. `busy`: told to come later. `reset`: cut off before the CONNACK, or hung up on without a word. */
function mishapOf(fault: KedgeError): Mishap {
  const code = (fault.cause as { readonly code?: unknown } | undefined)?.code;
  if (fault.code === "wire/connection-lost") return "dropped";
  if (fault.code === "wire/broker-busy") return "busy";
  if (code === "ECONNREFUSED") return "refused";
  if (fault.cause === undefined || resets.has(String(code))) return "reset";
  return /timed? ?out|timeout/i.test(String((fault.cause as Error).message)) ? "timedOut" : "other";
}

/**
 * A device without a model: the agent's own link (its TLS, its MQTT, its way of coming back), codecs and kind of outbox, and in between what its
 * loops do on a connection: a birth, a report, then everything that is not acknowledged, in order.
 */
export class StormDevice {
  readonly #id: DeviceId;
  readonly #around: DeviceSurroundings;
  readonly #link: Link;
  readonly #outbox: Outbox = new MemoryOutbox();
  #sent: OutboxKey | undefined;
  readonly #sentAtMs = new Map<number, number>();
  /** When it was last connected, by the wall clock. */
  connectedAtMs = 0;
  isConnected = false;
  readonly mishaps = new Map<string, number>();
  /** From publishing a window to its acknowledgement. */
  readonly ackMs: number[] = [];

  constructor(papers: Papers, around: DeviceSurroundings, index: number, splayMs: number) {
    this.#id = papers.deviceId;
    this.#around = around;
    const random: Random = seededRandom(around.seed * 100_003 + index);
    this.#link = openMqttLink({
      url: around.url,
      clientId: papers.deviceId,
      ca: around.authorityPem,
      certificate: papers.certificatePem,
      key: papers.privateKeyPem,
      will: { topic: topicFor(papers.deviceId, "death"), payload: encodeDeath({ bootEpoch: this.#outbox.bootEpoch }), qos: 1 },
      firstDelayMs: random() * splayMs,
      random,
    });
    this.#link.onFault((fault) => this.#note(fault));
    this.#link.onConnect(() => void this.#connected());
  }

  async start(): Promise<void> {
    await this.#link.subscribe(topicFor(this.#id, "ack"), { qos: 0 }, ({ payload }) => void this.#acknowledged(payload));
    await this.#link.subscribe(topicFor(this.#id, "art/blk"), { qos: 0 }, (message) => this.onBlock(message.payload.length));
    await this.#link.subscribe(topicFor(this.#id, "desired"), { qos: 1 }, () => {});
    await this.#link.connect();
  }

  /** Told of chunks that come. */
  onBlock: (bytes: number) => void = () => {};

  get link(): Link {
    return this.#link;
  }

  get deviceId(): DeviceId {
    return this.#id;
  }

  /** Windows that nobody has acknowledged. */
  get held(): number {
    return this.#outbox.stats().records;
  }

  /** Ends a window: it is in the outbox, and sent by {@link send} or when there is a new connection. */
  async closeWindow(): Promise<void> {
    const { profile, bundleDigest } = this.#around;
    const endMs = Date.now();
    await this.#outbox.append("window", (key) =>
      encodeWindow({ key: { deviceId: this.#id, ...key }, startMs: endMs - 60_000, endMs, bundleDigest, trigger: "interval", profile }),
    );
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #note(fault: KedgeError): void {
    const mishap = mishapOf(fault);
    const name = mishap === "other" ? `${fault.code} ${String((fault.cause as { code?: unknown } | undefined)?.code ?? fault.message)}` : mishap;
    this.mishaps.set(name, (this.mishaps.get(name) ?? 0) + 1);
    this.isConnected = false;
  }

  async #connected(): Promise<void> {
    this.connectedAtMs = Date.now();
    this.isConnected = true;
    this.#sent = undefined;
    const { bootEpoch } = this.#outbox;
    const own = this.#outbox.held().at(-1) ?? { bootEpoch, oldestSeq: 1, nextSeq: 1 };
    const said = { deviceId: this.#id, atMs: Date.now() };
    const birth = {
      ...said,
      labels: {},
      agentVersion: "0.1.0",
      bundleDigest: this.#around.bundleDigest,
      platform: "bench",
      ...own,
      backlog: [],
      uptimeMs: 60_000,
    };
    await this.#link.publish(topicFor(this.#id, "birth"), encodeBirth(birth), { qos: 1 });
    const { records, bytes, droppedRecords } = this.#outbox.stats();
    const running = {
      runningDigest: this.#around.bundleDigest,
      previousDigest: null,
      desiredVersion: 1,
      update: "COMMITTED" as const,
      targetDigest: null,
      reason: "",
    };
    const counters = { windows: 0, predictions: 0, errors: 0, samples: 0 };
    const report = { ...said, bootEpoch, ...running, outbox: { records, bytes, dropped: droppedRecords }, counters };
    void this.#link.publish(topicFor(this.#id, "reported"), encodeReportedState(report), { qos: 1 });
    await this.send();
  }

  /** Sends what was not sent on this connection. */
  async send(): Promise<void> {
    for (const record of await this.#outbox.peek(64, this.#sent)) {
      this.#sentAtMs.set(record.seq, performance.now());
      const outcome = await this.#link.publish(topicFor(this.#id, "stats"), record.bytes, { qos: 1 });
      if (outcome.kind !== "sent") return;
      if (this.#sent === undefined || compareKeys(this.#sent, record) < 0) this.#sent = { bootEpoch: record.bootEpoch, seq: record.seq };
    }
  }

  async #acknowledged(payload: Uint8Array): Promise<void> {
    const ack = decodeAck(payload);
    if (ack.kind === "rejected") return;
    for (const [seq, atMs] of this.#sentAtMs) {
      if (seq > ack.value.seq) continue;
      this.ackMs.push(performance.now() - atMs);
      this.#sentAtMs.delete(seq);
    }
    await this.#outbox.ackThrough(ack.value);
  }
}
