import type { Socket } from "node:net";
import type { Clock } from "@kedge/core";
import type { BrokerLimits } from "./broker-limits.js";
import type { BrokerCounters } from "./broker-stats.js";
import { TokenBucket } from "./token-bucket.js";

interface Waiting {
  readonly socket: Socket;
  readonly sinceMs: number;
}

/**
 * Lets connections to their handshake at a bounded rate. When a whole fleet comes back at once, handshakes would take
 * the processor for minutes and all of them would time out; so the others wait, unread, in the order they came, and are
 * cut when there are too many or when they have waited so long that the client will have given up.
 */
export class Admission {
  readonly #limits: BrokerLimits;
  readonly #clock: Clock;
  readonly #counters: BrokerCounters;
  readonly #admit: (socket: Socket) => void;
  readonly #bucket: TokenBucket;
  readonly #open = new Set<Socket>();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;

  constructor(limits: BrokerLimits, clock: Clock, counters: BrokerCounters, admit: (socket: Socket) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#counters = counters;
    this.#admit = admit;
    this.#bucket = new TokenBucket(limits.handshakesPerSecond, limits.handshakeBurst, clock.monotonicMs());
  }

  /** Connections that are open, and how many of them wait. */
  get open(): number {
    return this.#open.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** From now on those who wait are let in. */
  begin(): void {
    this.#isOpen = true;
    this.#drain();
  }

  /** A connection has come; it must be paused. */
  offer(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#open.size >= this.#limits.maxConnections || this.#waiting.length >= this.#limits.maxWaiting) {
      this.#turnAway(socket);
      return;
    }
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    this.#waiting.push({ socket, sinceMs: this.#clock.monotonicMs() });
    this.#drain();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    for (const socket of this.#open) socket.destroy();
  }

  #turnAway(socket: Socket): void {
    this.#counters.turnedAway += 1;
    socket.destroy();
  }

  #drain(): void {
    clearTimeout(this.#timer);
    if (!this.#isOpen) return;
    const nowMs = this.#clock.monotonicMs();
    while (true) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const isLate = nowMs - first.sinceMs > this.#limits.maxWaitMs;
      if (!first.socket.destroyed && !isLate && !this.#bucket.take(nowMs)) break;
      this.#waiting.shift();
      if (first.socket.destroyed) continue;
      if (isLate) this.#turnAway(first.socket);
      else this.#admit(first.socket);
    }
    this.#timer = setTimeout(() => this.#drain(), Math.ceil(this.#bucket.waitMs()));
  }
}
