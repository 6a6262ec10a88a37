import type { KedgeError } from "@kedge/core";
import type { Link, LinkStats, PublishOptions, PublishOutcome, Receive, SubscribeOutcome, Unsubscribe } from "@kedge/wire";

interface Subscription {
  readonly filter: string;
  readonly options: { readonly qos: 0 | 1 };
  readonly receive: Receive;
}

/**
 * A link whose connection can be put in place of another's while the loops go on: a certificate is part of a connection, and a device that is
 * never restarted must still get off its old one. What was subscribed and listened to holds on; what is under way becomes retryable.
 */
export class RenewableLink implements Link {
  #inner: Link;
  #isWanted = false;
  readonly #subscriptions: Subscription[] = [];
  readonly #connectListeners = new Set<() => void>();
  readonly #faultListeners = new Set<(fault: KedgeError) => void>();

  constructor(inner: Link) {
    this.#inner = inner;
    this.#listenTo(inner);
  }

  #listenTo(inner: Link): void {
    inner.onConnect(() => {
      if (inner === this.#inner) for (const listener of [...this.#connectListeners]) listener();
    });
    inner.onFault((fault) => {
      if (inner === this.#inner) for (const listener of [...this.#faultListeners]) listener(fault);
    });
  }

  /** Closes the connection that was, and goes on over `next`. */
  async replace(next: Link): Promise<void> {
    const before = this.#inner;
    this.#inner = next;
    // First: a broker cuts off the older of two connections with one client id, as if it had been lost.
    await before.close();
    for (const { filter, options, receive } of this.#subscriptions) await next.subscribe(filter, options, receive);
    this.#listenTo(next);
    if (this.#isWanted) void next.connect().catch(() => undefined);
  }

  connect(): Promise<void> {
    this.#isWanted = true;
    return this.#inner.connect();
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    return this.#inner.publish(topic, payload, options);
  }

  subscribe(filter: string, options: { readonly qos: 0 | 1 }, receive: Receive): Promise<SubscribeOutcome> {
    this.#subscriptions.push({ filter, options, receive });
    return this.#inner.subscribe(filter, options, receive);
  }

  onConnect(listener: () => void): Unsubscribe {
    this.#connectListeners.add(listener);
    if (this.#inner.stats().state === "connected") listener();
    return () => void this.#connectListeners.delete(listener);
  }

  onFault(listener: (fault: KedgeError) => void): Unsubscribe {
    this.#faultListeners.add(listener);
    return () => void this.#faultListeners.delete(listener);
  }

  stats(): LinkStats {
    return this.#inner.stats();
  }

  close(): Promise<void> {
    this.#isWanted = false;
    return this.#inner.close();
  }
}
