import type { Socket } from "node:net";
import type { Clock } from "@kedge/core";
import type { BrokerLimits } from "./broker-limits.js";
import type { BrokerCounters } from "./broker-stats.js";
import { busyAlert, greetingOf, maxHelloBytes } from "./client-hello.js";
import { TokenBucket } from "./token-bucket.js";

/** A connection whose ClientHello is here. */
interface Waiting {
  readonly socket: Socket;
  readonly sinceMs: number;
  /** What it has sent so far. */
  readonly sent: Uint8Array[];
  /** Called when it ends while it waits. */
  readonly ended: () => void;
}

/** A handshake that takes longer holds nobody up any more: a client with a slow network, or one that will never answer. */
const handshakeCountsMs = 2_000;
/** How long a client that was turned away has to hang up. */
const lingerMs = 2_000;
/** Connections beyond those there may be that are told so: that takes their ClientHello, and a moment. More are cut without a word. */
const maxSurplus = 1_000;
/** Over how many of those let in the pace is reckoned. */
const paceOver = 64;

/**
 * Lets connections to their handshake at a bounded rate. When a whole fleet comes back at once, handshakes would take
 * the processor for minutes and all of them would time out; so the others wait in the order in which their ClientHello
 * came. Who says nothing takes no turn. Who cannot have one before it would give up is told so at once, and comes back
 * by its own schedule: cutting it off would look to it like a broken network, and letting it wait would be in vain.
 */
export class Admission {
  readonly #limits: BrokerLimits;
  readonly #clock: Clock;
  readonly #counters: BrokerCounters;
  readonly #admit: (socket: Socket) => void;
  readonly #bucket: TokenBucket;
  readonly #open = new Set<Socket>();
  readonly #waiting = new Set<Waiting>();
  readonly #surplus = new Set<Socket>();
  /** Handshakes under way and since when, in that order. */
  readonly #handshakes = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;
  /** Milliseconds from one admission to the next while others waited. */
  #paceMs: number;
  #lastMs: number | undefined;

  constructor(limits: BrokerLimits, clock: Clock, counters: BrokerCounters, admit: (socket: Socket) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#counters = counters;
    this.#admit = admit;
    this.#bucket = new TokenBucket(limits.handshakesPerSecond, limits.handshakeBurst, clock.monotonicMs());
    this.#paceMs = 1_000 / limits.handshakesPerSecond;
  }

  /** Connections that are open, and how many of them wait for their turn. */
  get open(): number {
    return this.#open.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** From now on those who wait are let in. */
  begin(): void {
    this.#isOpen = true;
    this.#drain();
  }

  /** A connection has come; it must be paused. */
  offer(socket: Socket): void {
    socket.on("error", () => {});
    const isSurplus = this.#open.size >= this.#limits.maxConnections;
    const among = isSurplus ? this.#surplus : this.#open;
    if (isSurplus && among.size >= maxSurplus) {
      this.#counters.turnedAway += 1;
      socket.destroy();
      return;
    }
    among.add(socket);
    socket.once("close", () => among.delete(socket));
    this.#listen(socket);
  }

  /** A handshake has come to its end, well or not. */
  settled(socket: Socket): void {
    if (this.#handshakes.delete(endOf(socket))) this.#drain();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isOpen = false;
    this.#waiting.clear();
    for (const socket of [...this.#open, ...this.#surplus]) socket.destroy();
  }

  /** Waits for the ClientHello, and from then on for the client's turn or its end. */
  #listen(socket: Socket): void {
    const sent: Uint8Array[] = [];
    let bytes = 0;
    let place: Waiting | undefined;
    const silence = setTimeout(() => socket.destroy(), this.#limits.handshakeMs);
    const ended = (): void => {
      clearTimeout(silence);
      if (place !== undefined) this.#waiting.delete(place);
    };
    socket.once("close", ended);
    socket.on("readable", () => {
      for (let chunk: unknown = socket.read(); chunk instanceof Uint8Array; chunk = socket.read()) {
        sent.push(chunk);
        bytes += chunk.length;
      }
      const [first] = sent;
      if (first === undefined) return;
      const greeting = place === undefined ? greetingOf(sent.length === 1 ? first : Buffer.concat(sent)) : "complete";
      if (greeting === "foreign" || bytes > maxHelloBytes) {
        this.#counters.handshakesFailed += 1;
        socket.destroy();
        return;
      }
      if (greeting === "partial" || place !== undefined) return;
      clearTimeout(silence);
      place = { socket, sinceMs: this.#clock.monotonicMs(), sent, ended };
      this.#queue(place);
    });
  }

  #queue(place: Waiting): void {
    const { maxWaiting, maxWaitMs } = this.#limits;
    if (this.#surplus.has(place.socket) || this.#waiting.size >= maxWaiting || this.#waiting.size * this.#paceMs > maxWaitMs) {
      this.#turnAway(place.socket);
      return;
    }
    this.#waiting.add(place);
    this.#drain();
  }

  /** Says no to a client whose ClientHello was read: with something of it unread, the kernel would make a reset of the goodbye. */
  #turnAway(socket: Socket): void {
    this.#counters.turnedAway += 1;
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once("close", () => clearTimeout(timer));
    socket.removeAllListeners("readable");
    socket.resume().end(busyAlert);
  }

  #drain(): void {
    clearTimeout(this.#timer);
    if (!this.#isOpen) return;
    const nowMs = this.#clock.monotonicMs();
    for (const place of this.#waiting) {
      // Only while the broker was not open yet can anybody have waited this long unforeseen, or when handshakes have become slower since.
      const isLate = nowMs - place.sinceMs > this.#limits.maxWaitMs;
      const blockedMs = isLate ? 0 : this.#blockedMs(nowMs);
      if (blockedMs > 0) {
        this.#timer = setTimeout(() => this.#drain(), Math.ceil(blockedMs));
        return;
      }
      this.#waiting.delete(place);
      if (isLate) this.#turnAway(place.socket);
      else this.#letIn(place, nowMs);
    }
    this.#lastMs = undefined;
  }

  /**
   * How long nobody can be let in; 0: now, and that takes a token. Not only the rate is bounded but how many are under way: where the machine has
   * less time than was thought, or the clients do, more of them at once would take longer for each, until none is done in time.
   */
  #blockedMs(nowMs: number): number {
    for (const [end, sinceMs] of this.#handshakes) {
      if (nowMs - sinceMs < handshakeCountsMs) break;
      this.#handshakes.delete(end);
    }
    const [oldestMs] = this.#handshakes.values();
    if (oldestMs !== undefined && this.#handshakes.size >= this.#limits.maxHandshakes) return Math.max(1, oldestMs + handshakeCountsMs - nowMs);
    return this.#bucket.take(nowMs) ? 0 : Math.max(1, this.#bucket.waitMs());
  }

  #letIn({ socket, sent, ended }: Waiting, nowMs: number): void {
    if (this.#lastMs !== undefined) this.#paceMs += (nowMs - this.#lastMs - this.#paceMs) / paceOver;
    this.#lastMs = nowMs;
    const end = endOf(socket);
    this.#handshakes.set(end, nowMs);
    // Nothing of its waiting is kept for as long as the connection lasts.
    socket.off("close", ended).once("close", () => this.settled(socket));
    socket.removeAllListeners("readable");
    // What was read of it is there again for whoever reads on.
    const [first] = sent;
    socket.unshift(first !== undefined && sent.length === 1 ? first : Buffer.concat(sent));
    this.#admit(socket);
  }
}

/** The client's end: by it the plain and the secured half of a connection are known to be one. */
function endOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
