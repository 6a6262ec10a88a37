import { KedgeError, messageOf } from "@kedge/core";
import {
  isPublishTopic,
  type LinkMessage,
  type LinkState,
  type LinkStats,
  type PublishOutcome,
  type RetryableCode,
  type Unsubscribe,
  wireErrors,
} from "../src/index.js";
import { Subscriptions } from "./subscriptions.js";

/** The bounds of a link. */
export interface LinkBounds {
  /** Publishes under way at once; more are refused as retryable. */
  readonly maxInFlight: number;
  /** Largest payload that is sent or received. */
  readonly maxPayloadBytes: number;
  /** Messages that receivers are not done with, and their bytes; beyond it no more is read. One of any size always is. */
  readonly maxPending: number;
  readonly maxPendingBytes: number;
}

/** The bounds of a link when nothing else is said. */
export const defaultLinkBounds: LinkBounds = { maxInFlight: 256, maxPayloadBytes: 8 * 1024 * 1024, maxPending: 1024, maxPendingBytes: 16 * 1024 * 1024 };

/** What every link keeps, whatever it is connected to: subscriptions, listeners, publishes under way, counters. */
export class LinkDesk {
  readonly subscriptions = new Subscriptions();
  readonly #bounds: LinkBounds;
  readonly #connectListeners = new Set<() => void>();
  readonly #faultListeners = new Set<(fault: KedgeError) => void>();
  readonly #underWay = new Set<(outcome: PublishOutcome) => void>();
  readonly #counts = { connects: 0, failures: 0, losses: 0, published: 0, received: 0, inFlightRefused: 0, unwanted: 0 };
  readonly #waitingForRoom: (() => void)[] = [];
  #pending = 0;
  #pendingBytes = 0;
  state: LinkState = "idle";

  constructor(bounds: LinkBounds) {
    this.#bounds = bounds;
  }

  stats(): LinkStats {
    return { state: this.state, ...this.#counts, inFlight: this.#underWay.size };
  }

  onConnect(listener: () => void): Unsubscribe {
    this.#connectListeners.add(listener);
    if (this.state === "connected") this.#call(listener);
    return () => void this.#connectListeners.delete(listener);
  }

  onFault(listener: (fault: KedgeError) => void): Unsubscribe {
    this.#faultListeners.add(listener);
    return () => void this.#faultListeners.delete(listener);
  }

  connected(): void {
    this.state = "connected";
    this.#counts.connects += 1;
    for (const listener of [...this.#connectListeners]) this.#call(listener);
  }

  /** The connection is gone: everything under way may be tried again. */
  disconnected(fault: KedgeError, wasConnected: boolean): void {
    if (wasConnected) this.#counts.losses += 1;
    else this.#counts.failures += 1;
    this.#settleAll("wire/connection-lost", "the connection was lost before the broker acknowledged");
    this.fault(fault);
  }

  closed(): void {
    this.state = "closed";
    this.#settleAll("wire/link-closed", "the link was closed before the broker acknowledged");
  }

  fault(fault: KedgeError): void {
    for (const listener of [...this.#faultListeners]) {
      // A listener of faults that fails itself has nobody left to tell.
      try {
        listener(fault);
      } catch {
        this.#counts.unwanted += 1;
      }
    }
  }

  received(message: LinkMessage): void {
    this.#counts.received += 1;
    if (message.payload.length > this.#bounds.maxPayloadBytes) {
      this.#counts.unwanted += 1;
      return;
    }
    const { taken, pending } = this.subscriptions.dispatch(message, (error) => this.#receiverFailed(message.topic, error));
    if (taken === 0) this.#counts.unwanted += 1;
    if (pending.length > 0) this.#await(pending, message.payload.length);
  }

  #await(pending: readonly Promise<void>[], bytes: number): void {
    this.#pending += 1;
    this.#pendingBytes += bytes;
    void Promise.all(pending).then(() => {
      this.#pending -= 1;
      this.#pendingBytes -= bytes;
      while (this.#waitingForRoom.length > 0 && !this.#isFull) this.#waitingForRoom.shift()?.();
    });
  }

  get #isFull(): boolean {
    return this.#pending >= this.#bounds.maxPending || this.#pendingBytes >= this.#bounds.maxPendingBytes;
  }

  /** Calls `go` once receivers can take more: at once, mostly. */
  whenRoom(go: () => void): void {
    if (this.#isFull) this.#waitingForRoom.push(go);
    else go();
  }

  /**
   * Publishes through `send`, which is told what to call when it is done; gives the outcome that needs no sending
   * otherwise. Nothing is sent without a connection or beyond the bounds.
   */
  publish(topic: string, payload: Uint8Array, send: (done: (error?: unknown) => void) => void): Promise<PublishOutcome> {
    const refused = this.#refusal(topic, payload);
    if (refused !== undefined) return Promise.resolve(refused);
    return new Promise((resolve) => {
      const settle = (outcome: PublishOutcome) => {
        if (!this.#underWay.delete(settle)) return;
        if (outcome.kind === "sent") this.#counts.published += 1;
        resolve(outcome);
      };
      this.#underWay.add(settle);
      send((error) => settle(error === undefined || error === null ? { kind: "sent" } : retryable("wire/connection-lost", messageOf(error))));
    });
  }

  #refusal(topic: string, payload: Uint8Array): PublishOutcome | undefined {
    if (!isPublishTopic(topic)) return { kind: "failed", code: "wire/invalid-topic", message: `publishing to "${topic.slice(0, 80)}", which is no topic` };
    if (payload.length > this.#bounds.maxPayloadBytes) {
      return {
        kind: "failed",
        code: "wire/oversize",
        message: `publishing ${payload.length} bytes to ${topic}: at most ${this.#bounds.maxPayloadBytes} are sent`,
      };
    }
    if (this.state === "closed") return retryable("wire/link-closed", `publishing to ${topic}: the link is closed`);
    if (this.state !== "connected") return retryable("wire/not-connected", `publishing to ${topic}: there is no connection`);
    if (this.#underWay.size < this.#bounds.maxInFlight) return undefined;
    this.#counts.inFlightRefused += 1;
    return retryable("wire/in-flight-full", `publishing to ${topic}: ${this.#underWay.size} publishes are under way`);
  }

  #settleAll(code: RetryableCode, message: string): void {
    for (const settle of [...this.#underWay]) settle(retryable(code, message));
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#receiverFailed("the connection", error);
    }
  }

  #receiverFailed(what: string, cause: unknown): void {
    this.fault(new KedgeError(wireErrors.receiverFailed, `receiving ${what}: ${messageOf(cause)}`, { cause }));
  }
}

function retryable(code: RetryableCode, message: string): PublishOutcome {
  return { kind: "retryable", code, message };
}
