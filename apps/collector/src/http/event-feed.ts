import type { ApiEvent, NewApiEvent } from "@kedge/api";
import type { Clock } from "@kedge/core";

/** Events that are kept for readers that come back or lag behind. */
const defaultCapacity = 1_000;

/**
 * What happens, for any number of readers. Readers share one ring of the last events, so a slow one costs no memory:
 * it falls out of the ring, is told to fetch anew (`resync`), and that is counted.
 */
export class EventFeed {
  readonly #clock: Clock;
  readonly #capacity: number;
  /** Tells ids of this run from those of an earlier one. */
  readonly #run: string;
  readonly #ring: ApiEvent[] = [];
  #first = 1;
  #wake: () => void = () => {};
  #changed: Promise<void>;
  #missed = 0;

  constructor(clock: Clock, capacity = defaultCapacity) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#run = clock.nowMs().toString(36);
    this.#changed = this.#nextChange();
  }

  /** How many events readers did not get, because they were too slow or too long away. */
  get missed(): number {
    return this.#missed;
  }

  publish(event: NewApiEvent): void {
    const number = this.#first + this.#ring.length;
    this.#ring.push({ ...event, id: this.#idOf(number), atMs: this.#clock.nowMs() });
    if (this.#ring.length > this.#capacity) {
      this.#ring.shift();
      this.#first += 1;
    }
    const wake = this.#wake;
    this.#changed = this.#nextChange();
    wake();
  }

  /** Events behind the one named (from now on, when none is), until the signal. */
  async *after(id: string | undefined, signal: AbortSignal): AsyncGenerator<ApiEvent, void, undefined> {
    const end = (): number => this.#first + this.#ring.length;
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    let next = id === undefined ? end() : this.#numberAfter(id);
    while (!signal.aborted) {
      if (next < this.#first) {
        this.#missed += next < 0 ? 0 : this.#first - next;
        next = end();
        yield { type: "resync", id: this.#idOf(next - 1), atMs: this.#clock.nowMs() };
        continue;
      }
      const event = this.#ring[next - this.#first];
      if (event === undefined) await Promise.race([this.#changed, stopped]);
      else {
        next += 1;
        yield event;
      }
    }
  }

  #idOf(number: number): string {
    return `${this.#run}.${number}`;
  }

  /** −1 for an id that this run never gave. */
  #numberAfter(id: string): number {
    const [run, digits = ""] = id.split(".");
    const number = Number(digits);
    return run === this.#run && Number.isSafeInteger(number) && number >= 0 && number < this.#first + this.#ring.length ? number + 1 : -1;
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
