import type { KedgeError, Log, Random } from "@kedge/core";
import {
  type Link,
  type LinkMessage,
  type LinkStats,
  parseTopic,
  type PublishOptions,
  type PublishOutcome,
  type Receive,
  type SubscribeOutcome,
  topicRoot,
  type Unsubscribe,
} from "@kedge/wire";
import type { Seal } from "./seal.js";

export interface BrokeredLinkOptions {
  readonly seal: Seal;
  readonly random: Random;
  readonly log: Log;
  /** Where collectors share a fleet, only those are answered that came for this shard. */
  readonly shard?: string;
  /** A collector that came anew is answered within this time, so that a fleet does not answer at once. 3 s by default. */
  readonly splayMs?: number;
}

const maxHostBytes = 1_024;
/** Collectors that are known by what they last said; more are answered each time. */
const maxHosts = 16;

/**
 * A device's link over a broker that is not the collector itself. What is said on the device's topics is sealed, and what comes
 * without the collector's seal is dropped. The connection says nothing of the collector, so one that came anew counts as a new
 * connection: what the one before had not acknowledged is said again.
 */
export class BrokeredLink implements Link {
  readonly #inner: Link;
  readonly #options: BrokeredLinkOptions;
  readonly #connectListeners = new Set<() => void>();
  readonly #hosts = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #unsealed = 0;

  constructor(inner: Link, options: BrokeredLinkOptions) {
    this.#inner = inner;
    this.#options = options;
    void inner.subscribe(`${topicRoot}/host/+`, { qos: 1 }, (message) => this.#heardHost(message));
  }

  /** Messages that were dropped because the collector's seal was missing. */
  get unsealed(): number {
    return this.#unsealed;
  }

  connect(): Promise<void> {
    return this.#inner.connect();
  }

  #heardHost({ topic, payload, retained }: LinkMessage): void {
    if (payload.length === 0 || payload.length > maxHostBytes) return;
    const said = Buffer.from(payload).toString("utf8");
    const isKnown = this.#hosts.has(topic);
    if (this.#hosts.get(topic) === said) return;
    if (isKnown || this.#hosts.size < maxHosts) this.#hosts.set(topic, said);
    // What was retained from before this connection is no news; nor is a collector that goes.
    if (retained || !said.includes('"online"') || this.#timer !== undefined) return;
    const shards = /"shards":\[([^\]]*)\]/.exec(said)?.[1];
    if (shards !== undefined && this.#options.shard !== undefined && !shards.includes(`"${this.#options.shard}"`)) return;
    const { random, splayMs = 3_000 } = this.#options;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#inner.stats().state === "connected") for (const listener of [...this.#connectListeners]) listener();
    }, random() * splayMs);
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    return this.#inner.publish(topic, isSealed(topic) ? this.#options.seal.close(topic, payload) : payload, options);
  }

  subscribe(filter: string, options: { readonly qos: 0 | 1 }, receive: Receive): Promise<SubscribeOutcome> {
    const { seal, log } = this.#options;
    return this.#inner.subscribe(filter, options, (message) => {
      // An empty one only clears what was retained.
      if (!isSealed(message.topic) || message.payload.length === 0) return receive(message);
      const payload = seal.open(message.topic, message.payload);
      if (payload !== undefined) return receive({ ...message, payload });
      this.#unsealed += 1;
      log.warn({ topic: message.topic }, "a message was dropped: it does not bear the collector's seal");
      return undefined;
    });
  }

  onConnect(listener: () => void): Unsubscribe {
    this.#connectListeners.add(listener);
    const stop = this.#inner.onConnect(listener);
    return () => {
      this.#connectListeners.delete(listener);
      stop();
    };
  }

  onFault(listener: (fault: KedgeError) => void): Unsubscribe {
    return this.#inner.onFault(listener);
  }

  stats(): LinkStats {
    return this.#inner.stats();
  }

  close(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#inner.close();
  }
}

function isSealed(topic: string): boolean {
  return parseTopic(topic)?.kind === "device";
}
