import type { Clock } from "@kedge/core";

/** An answer that was given. */
export interface Given {
  readonly status: number;
  readonly body: string;
}

interface Entry {
  readonly fingerprint: string;
  readonly atMs: number;
  readonly given: Promise<Given>;
}

const capacity = 1_000;
const lifeMs = 600_000;

/**
 * Answers by the caller's `Idempotency-Key`, so that a request sent twice is done once. Kept in memory for ten minutes:
 * long enough for a client that retries, and lost with the process, as the client's uncertainty then is anyhow.
 */
export class IdempotencyMemory {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #evicted = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Answers that were forgotten early for want of room. */
  get evicted(): number {
    return this.#evicted;
  }

  /** The answer given before under this key, or the one that `act` gives now; `undefined` when the key came with another request. */
  async once(key: string, fingerprint: string, act: () => Promise<Given>): Promise<Given | undefined> {
    this.#forgetOld();
    const before = this.#entries.get(key);
    if (before !== undefined) return before.fingerprint === fingerprint ? before.given : undefined;
    const given = act();
    this.#entries.set(key, { fingerprint, atMs: this.#clock.monotonicMs(), given });
    const forget = (): boolean => this.#entries.get(key)?.given === given && this.#entries.delete(key);
    // A fault is no answer: the next try shall be a try.
    given.then((g) => g.status >= 500 && forget(), forget);
    return given;
  }

  #forgetOld(): void {
    const now = this.#clock.monotonicMs();
    for (const [key, { atMs }] of this.#entries) {
      const isOld = now - atMs > lifeMs;
      if (!isOld && this.#entries.size < capacity) return;
      if (!isOld) this.#evicted += 1;
      this.#entries.delete(key);
    }
  }
}
