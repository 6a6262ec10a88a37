import type { KedgeError } from "@kedge/core";
import {
  type Link,
  type LinkMessage,
  type LinkStats,
  publishBytes,
  type PublishOptions,
  type PublishOutcome,
  type SubscribeOutcome,
  type Unsubscribe,
} from "@kedge/wire";
import type { LinkBudget } from "./link-budget.js";

/** Codes of publishes of which no byte went out. */
const unsent: ReadonlySet<string> = new Set(["wire/not-connected", "wire/in-flight-full", "wire/link-closed", "wire/oversize", "wire/invalid-topic"]);

/** A link on which every publish is paid for first; without the bytes it may be tried again (`wire/over-budget`). */
export class BudgetedLink implements Link {
  readonly #link: Link;
  readonly #budget: LinkBudget;

  constructor(link: Link, budget: LinkBudget) {
    this.#link = link;
    this.#budget = budget;
  }

  connect(): Promise<void> {
    return this.#link.connect();
  }

  async publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    const bytes = publishBytes(topic, payload.length, options.qos);
    // Without a connection the link itself says so, and nothing is sent.
    if (this.#link.stats().state !== "connected") return this.#link.publish(topic, payload, options);
    if (!(await this.#budget.spend(bytes))) {
      return { kind: "retryable", code: "wire/over-budget", message: `${bytes} bytes are more than the day's budget has left now` };
    }
    const outcome = await this.#link.publish(topic, payload, options);
    if (outcome.kind !== "sent" && unsent.has(outcome.code)) this.#budget.giveBack(bytes);
    return outcome;
  }

  subscribe(filter: string, options: { readonly qos: 0 | 1 }, receive: (message: LinkMessage) => void): Promise<SubscribeOutcome> {
    return this.#link.subscribe(filter, options, receive);
  }

  onConnect(listener: () => void): Unsubscribe {
    return this.#link.onConnect(listener);
  }

  onFault(listener: (fault: KedgeError) => void): Unsubscribe {
    return this.#link.onFault(listener);
  }

  stats(): LinkStats {
    return this.#link.stats();
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
