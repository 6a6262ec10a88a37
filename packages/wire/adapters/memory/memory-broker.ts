import { KedgeError } from "@kedge/core";
import {
  isTopicFilter,
  type LinkMessage,
  type LinkStats,
  matchesFilter,
  type PublishOptions,
  type PublishOutcome,
  type Receive,
  type SelectiveLink,
  type SubscribeOutcome,
  type Unsubscribe,
  type Will,
  wireErrors,
} from "../../src/index.js";
import { defaultLinkBounds, type LinkBounds, LinkDesk } from "../link-desk.js";

/** How a link of the memory broker is made. */
export interface MemoryLinkOptions extends Partial<LinkBounds> {
  readonly clientId: string;
  readonly will?: Will;
}

/** The broker's side of a link. */
interface Session {
  readonly clientId: string;
  readonly will: Will | undefined;
  deliver(message: LinkMessage): void;
  wants(topic: string): boolean;
  filters(): readonly string[];
  /** The connection is cut. */
  cut(): void;
}

/** Retained messages beyond this many are not kept. */
const maxRetained = 1_000_000;

/**
 * A broker in this process: wildcards, retained messages, wills, clean sessions. Messages are delivered in microtasks,
 * in the order in which they were published. It can be stopped and started and can cut its clients' connections, as
 * tests and simulations need.
 */
export class MemoryBroker {
  readonly #sessions = new Set<Session>();
  /** Who wants a topic by its very name; and who has filters with wildcards, and must be asked. */
  readonly #byTopic = new Map<string, Set<Session>>();
  readonly #withWildcards = new Set<Session>();
  readonly #retained = new Map<string, Uint8Array>();
  readonly #waiting = new Set<() => void>();
  #isRunning = true;
  #retainedRefused = 0;

  /** How many retained messages were not kept for want of room. */
  get retainedRefused(): number {
    return this.#retainedRefused;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** A new client. Ids need not differ; {@link cut} cuts all that have the same. */
  link(options: MemoryLinkOptions): SelectiveLink {
    return new MemoryLink(this, options);
  }

  /** Cuts connections as a broken cable does: wills are published, and the clients come back. */
  cut(clientId: string): void {
    for (const session of [...this.#sessions]) if (session.clientId === clientId) this.#drop(session);
  }

  /** Takes the broker away; retained messages stay. Wills are lost with it, as with a broker that crashes. */
  stop(): void {
    this.#isRunning = false;
    for (const session of [...this.#sessions]) {
      this.#forget(session);
      session.cut();
    }
  }

  start(): void {
    this.#isRunning = true;
    for (const retry of [...this.#waiting]) {
      this.#waiting.delete(retry);
      queueMicrotask(retry);
    }
  }

  /** Publishes; the payload is copied once. */
  publish(topic: string, payload: Uint8Array, retain: boolean): void {
    const copy = new Uint8Array(payload);
    if (retain) this.#retain(topic, copy);
    const message = { topic, payload: copy, retained: false };
    const byName = this.#byTopic.get(topic);
    for (const session of byName ?? []) session.deliver(message);
    for (const session of this.#withWildcards) if (byName?.has(session) !== true && session.wants(topic)) session.deliver(message);
  }

  /** @internal A client comes; `false` when the broker is away, then `retry` is called when it is back. */
  join(session: Session, retry: () => void): boolean {
    if (this.#isRunning) {
      this.#sessions.add(session);
      for (const filter of session.filters()) this.subscribed(session, filter);
    } else this.#waiting.add(retry);
    return this.#isRunning;
  }

  /** @internal A client that is there wants more; it gets what is retained. */
  subscribed(session: Session, filter: string): void {
    if (/[+#]/.test(filter)) this.#withWildcards.add(session);
    else {
      const sessions = this.#byTopic.get(filter) ?? new Set();
      this.#byTopic.set(filter, sessions.add(session));
    }
    for (const message of this.#retainedUnder(filter)) session.deliver(message);
  }

  /** @internal A client goes, with a goodbye. */
  leave(session: Session, retry: () => void): void {
    this.#forget(session);
    this.#waiting.delete(retry);
  }

  #retainedUnder(filter: string): LinkMessage[] {
    const exact = this.#retained.get(filter);
    if (!/[+#]/.test(filter)) return exact === undefined ? [] : [{ topic: filter, payload: exact, retained: true }];
    return [...this.#retained].filter(([topic]) => matchesFilter(filter, topic)).map(([topic, payload]) => ({ topic, payload, retained: true }));
  }

  #forget(session: Session): void {
    this.#sessions.delete(session);
    this.#withWildcards.delete(session);
    for (const filter of session.filters()) {
      const sessions = this.#byTopic.get(filter);
      sessions?.delete(session);
      if (sessions?.size === 0) this.#byTopic.delete(filter);
    }
  }

  #drop(session: Session): void {
    this.#forget(session);
    session.cut();
    const { will } = session;
    if (will !== undefined) this.publish(will.topic, will.payload, will.retain ?? false);
  }

  #retain(topic: string, payload: Uint8Array): void {
    if (payload.length === 0) this.#retained.delete(topic);
    else if (this.#retained.size < maxRetained || this.#retained.has(topic)) this.#retained.set(topic, payload);
    else this.#retainedRefused += 1;
  }
}

class MemoryLink implements SelectiveLink, Session {
  readonly clientId: string;
  readonly will: Will | undefined;
  readonly #broker: MemoryBroker;
  readonly #desk: LinkDesk;
  readonly #retry = () => this.#join();
  #first: Promise<void> | undefined;
  #settleFirst: { resolve: () => void; reject: (fault: KedgeError) => void } | undefined;
  /** Deliveries from an older connection are lost with it. */
  #connection = 0;

  constructor(broker: MemoryBroker, options: MemoryLinkOptions) {
    this.#broker = broker;
    this.clientId = options.clientId;
    this.will = options.will;
    this.#desk = new LinkDesk({ ...defaultLinkBounds, ...options });
  }

  connect(): Promise<void> {
    if (this.#desk.state === "closed") return Promise.reject(this.#fault(wireErrors.closed, "the link was closed"));
    if (this.#first === undefined) {
      this.#first = new Promise((resolve, reject) => {
        this.#settleFirst = { resolve, reject };
      });
      this.#first.catch(() => {});
      this.#desk.state = "connecting";
      queueMicrotask(this.#retry);
    }
    return this.#first;
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    return this.#desk.publish(topic, payload, (done) => {
      this.#broker.publish(topic, payload, options.retain ?? false);
      queueMicrotask(done);
    });
  }

  async subscribe(filter: string, options: { readonly qos: 0 | 1 }, receive: Receive): Promise<SubscribeOutcome> {
    if (!isTopicFilter(filter)) return { kind: "refused", message: `"${filter.slice(0, 80)}" is no topic filter` };
    this.#desk.subscriptions.add(filter, options.qos, receive);
    if (this.#desk.state !== "connected") return { kind: "pending" };
    this.#broker.subscribed(this, filter);
    return { kind: "subscribed" };
  }

  async unsubscribe(filter: string): Promise<void> {
    this.#desk.subscriptions.remove(filter);
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

  async close(): Promise<void> {
    if (this.#desk.state === "closed") return;
    this.#connection += 1;
    this.#broker.leave(this, this.#retry);
    this.#desk.closed();
    this.#settleFirst?.reject(this.#fault(wireErrors.closed, "the link was closed"));
  }

  wants(topic: string): boolean {
    return this.#desk.subscriptions.matches(topic);
  }

  filters(): readonly string[] {
    return this.#desk.subscriptions.filters().map(({ filter }) => filter);
  }

  deliver(message: LinkMessage): void {
    const connection = this.#connection;
    queueMicrotask(() => {
      if (connection === this.#connection) this.#desk.received(message);
    });
  }

  cut(): void {
    this.#connection += 1;
    this.#desk.state = "waiting";
    queueMicrotask(this.#retry);
    this.#desk.disconnected(this.#fault(wireErrors.lost, "the connection was cut"), true);
  }

  #join(): void {
    if (this.#desk.state === "closed") return;
    if (!this.#broker.join(this, this.#retry)) {
      this.#desk.state = "waiting";
      this.#desk.disconnected(this.#fault(wireErrors.unreachable, "the broker is away"), false);
      return;
    }
    this.#settleFirst?.resolve();
    this.#desk.connected();
  }

  #fault(code: string, message: string): KedgeError {
    return new KedgeError(code, `connecting ${this.clientId} to the memory broker: ${message}`, { retryable: code !== wireErrors.closed });
  }
}
