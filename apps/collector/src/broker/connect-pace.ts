import type { Clock } from "@kedge/core";
import type { BrokerLimits } from "./broker-limits.js";

interface Allowance {
  tokens: number;
  atMs: number;
}

/** How many allowances are kept before those that are whole again are looked for. */
const sweepAt = 1_000;

/**
 * Holds up a device that connects over and over, or two that have one identity and cut each other off: each connection costs a handshake, and in a
 * tight loop they would take the handshakes of all others. It is made to wait for its CONNACK, which slows it down at the source; refused at once, it
 * would only come back sooner.
 */
export class ConnectPace {
  readonly #limits: Pick<BrokerLimits, "connectBurst" | "connectEveryMs" | "connectHoldMs">;
  readonly #clock: Clock;
  readonly #allowances = new Map<string, Allowance>();
  #nextSweepMs = 0;

  constructor(limits: Pick<BrokerLimits, "connectBurst" | "connectEveryMs" | "connectHoldMs">, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How long a device that connects now waits for its answer, and whether it is a yes. Ask once for each CONNECT of a device that is known. */
  next(deviceId: string): { readonly waitMs: number; readonly isLetIn: boolean } {
    const { connectBurst, connectEveryMs, connectHoldMs } = this.#limits;
    const nowMs = this.#clock.monotonicMs();
    this.#sweep(nowMs);
    const known = this.#allowances.get(deviceId) ?? { tokens: connectBurst, atMs: nowMs };
    known.tokens = Math.min(connectBurst, known.tokens + (nowMs - known.atMs) / connectEveryMs);
    known.atMs = nowMs;
    this.#allowances.set(deviceId, known);
    const waitMs = Math.max(0, 1 - known.tokens) * connectEveryMs;
    if (waitMs > connectHoldMs) return { waitMs: connectHoldMs, isLetIn: false };
    known.tokens -= 1;
    return { waitMs, isLetIn: true };
  }

  /** Forgets devices that have been away for long enough to have their whole allowance again. */
  #sweep(nowMs: number): void {
    if (this.#allowances.size < sweepAt || nowMs < this.#nextSweepMs) return;
    const { connectBurst, connectEveryMs } = this.#limits;
    for (const [deviceId, { tokens, atMs }] of this.#allowances) {
      if (tokens + (nowMs - atMs) / connectEveryMs >= connectBurst) this.#allowances.delete(deviceId);
    }
    this.#nextSweepMs = nowMs + connectBurst * connectEveryMs;
  }
}
