import type { KedgeError, Random } from "@kedge/core";
import {
  type Link,
  type LinkMessage,
  type LinkStats,
  parseTopic,
  type PublishOptions,
  type PublishOutcome,
  type Receive,
  type SubscribeOutcome,
  type Unsubscribe,
} from "@kedge/wire";

/** How a link misbehaves; shares from 0 to 1. */
export interface LinkFaults {
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  /** Each message waits so long, from–to in milliseconds. */
  readonly delay: readonly [fromMs: number, toMs: number];
}

/** What a faulty link did so far. */
export interface FaultCounts {
  lost: number;
  duplicated: number;
  reordered: number;
  delayed: number;
}

/** How long a message that others pass by is held back, at most. */
const holdBackMs = 2_000;
/**
 * What is repaired end to end when it is lost: outbox records and their acknowledgements, chunks and requests for them, reports that the next one
 * repeats. Births, deaths and wishes rest on MQTT's own QoS 1, whose loss no device could repair.
 */
const disturbed: ReadonlySet<string> = new Set(["stats", "sample", "evt", "ack", "reported", "art/get", "art/blk"]);

function isDisturbed(topic: string): boolean {
  const parsed = parseTopic(topic);
  return parsed?.kind === "device" && disturbed.has(parsed.leaf);
}

/** A link around a real one that loses, doubles, delays and reorders messages both ways, as chance wants it. A lost message counts as sent: no broker's word is to be trusted. */
export class FaultyLink implements Link {
  readonly #inner: Link;
  readonly #faults: LinkFaults;
  readonly #random: Random;
  readonly #counts: FaultCounts;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Who waits before sending. */
  readonly #waits = new Set<() => void>();

  constructor(inner: Link, faults: LinkFaults, deps: { readonly random: Random; readonly counts: FaultCounts }) {
    this.#inner = inner;
    this.#faults = faults;
    this.#random = deps.random;
    this.#counts = deps.counts;
  }

  connect(): Promise<void> {
    return this.#inner.connect();
  }

  async publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    // Without a connection the link itself says so.
    if (!isDisturbed(topic) || this.#inner.stats().state !== "connected") return this.#inner.publish(topic, payload, options);
    const fate = this.#fate();
    if (fate.isLost) return { kind: "sent" };
    if (fate.holdBackMs > 0) {
      const copy = new Uint8Array(payload);
      this.#later(fate.holdBackMs, () => this.#send(topic, copy, options, fate.isDouble));
      return { kind: "sent" };
    }
    if (fate.delayMs > 0) await this.#wait(fate.delayMs);
    return this.#send(topic, payload, options, fate.isDouble);
  }

  #send(topic: string, payload: Uint8Array, options: PublishOptions, isDouble: boolean): Promise<PublishOutcome> {
    const sent = this.#inner.publish(topic, payload, options);
    if (isDouble) void this.#inner.publish(topic, payload, options);
    return sent;
  }

  subscribe(filter: string, options: { readonly qos: 0 | 1 }, receive: Receive): Promise<SubscribeOutcome> {
    if (!isDisturbed(filter)) return this.#inner.subscribe(filter, options, receive);
    return this.#inner.subscribe(filter, options, (message) => this.#arrive(message, receive));
  }

  #arrive(message: LinkMessage, receive: Receive): void | Promise<void> {
    const fate = this.#fate();
    if (fate.isLost) return undefined;
    const waitMs = fate.holdBackMs + fate.delayMs;
    const copy = { ...message, payload: new Uint8Array(message.payload) };
    if (fate.isDouble) this.#later(waitMs, () => receive(copy));
    if (waitMs === 0) return receive(message);
    this.#later(waitMs, () => receive(copy));
    return undefined;
  }

  #fate(): { readonly isLost: boolean; readonly isDouble: boolean; readonly holdBackMs: number; readonly delayMs: number } {
    const { loss, duplication, reordering, delay } = this.#faults;
    const random = this.#random;
    // Always as many draws: what becomes of the next message does not depend on what became of this one.
    const [isLost, isDouble, isHeld, wait] = [random() < loss, random() < duplication, random() < reordering, random()];
    const delayMs = delay[0] + wait * (delay[1] - delay[0]);
    if (isLost) this.#counts.lost += 1;
    else {
      if (isDouble) this.#counts.duplicated += 1;
      if (isHeld) this.#counts.reordered += 1;
      if (delayMs > 0) this.#counts.delayed += 1;
    }
    return { isLost, isDouble, holdBackMs: isHeld ? 1 + wait * holdBackMs : 0, delayMs };
  }

  /** Runs `act` in a while, unless the link is closed before. */
  #later(ms: number, act: () => unknown): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  /** Resolves in a while, or when the link is closed: the sender then hears of that. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#waits.delete(go);
        resolve();
      };
      this.#waits.add(go);
      this.#later(ms, go);
    });
  }

  onConnect(listener: () => void): Unsubscribe {
    return this.#inner.onConnect(listener);
  }

  onFault(listener: (fault: KedgeError) => void): Unsubscribe {
    return this.#inner.onFault(listener);
  }

  stats(): LinkStats {
    return this.#inner.stats();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#inner.close();
    for (const go of [...this.#waits]) go();
  }
}
