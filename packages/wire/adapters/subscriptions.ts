import { type LinkMessage, matchesFilter, type Receive } from "../src/index.js";

interface Subscription {
  qos: 0 | 1;
  readonly receivers: Receive[];
}

/** What a link has subscribed to, and who receives it. */
export class Subscriptions {
  readonly #exact = new Map<string, Subscription>();
  readonly #wild = new Map<string, Subscription>();

  add(filter: string, qos: 0 | 1, receive: Receive): void {
    const subscriptions = /[+#]/.test(filter) ? this.#wild : this.#exact;
    const known = subscriptions.get(filter);
    if (known === undefined) subscriptions.set(filter, { qos, receivers: [receive] });
    else {
      known.receivers.push(receive);
      known.qos = known.qos === 1 ? 1 : qos;
    }
  }

  remove(filter: string): void {
    this.#exact.delete(filter);
    this.#wild.delete(filter);
  }

  filters(): { readonly filter: string; readonly qos: 0 | 1 }[] {
    return [...this.#exact, ...this.#wild].map(([filter, { qos }]) => ({ filter, qos }));
  }

  matches(topic: string): boolean {
    return this.#exact.has(topic) || [...this.#wild.keys()].some((filter) => matchesFilter(filter, topic));
  }

  /** Hands a message to everyone who wants it; what they throw goes to `failed`. Gives how many took it, and who is not done with it. */
  dispatch(message: LinkMessage, failed: (error: unknown) => void): { readonly taken: number; readonly pending: readonly Promise<void>[] } {
    let taken = 0;
    const pending: Promise<void>[] = [];
    const hand = (receive: Receive) => {
      try {
        const done = receive(message);
        if (done !== undefined) pending.push(done.catch(failed));
        taken += 1;
      } catch (error) {
        failed(error);
      }
    };
    this.#exact.get(message.topic)?.receivers.forEach(hand);
    for (const [filter, { receivers }] of this.#wild) if (matchesFilter(filter, message.topic)) receivers.forEach(hand);
    return { taken, pending };
  }
}
