import { lotOf, lots } from "../rows/seeds.js";
import type { Scenario } from "../scenario/scenario.js";

/** A device's window that is due: the device's number, the window's from 1, and its end since windows began. */
export interface DueRound {
  readonly device: number;
  readonly index: number;
  readonly elapsedMs: number;
}

/**
 * When the windows of some devices end: each device has a place of its own within the interval, so that they do not all come at once, and then comes
 * round after round. The first ends a whole interval after its place.
 */
export class WindowRounds {
  readonly #intervalMs: number;
  readonly #order: readonly { readonly device: number; readonly phaseMs: number }[];
  #next = 0;
  #round = 1;

  constructor(devices: readonly number[], { seed, interval }: Pick<Scenario, "seed" | "interval">) {
    this.#intervalMs = interval;
    this.#order = devices
      .map((device) => ({ device, phaseMs: Math.floor(lotOf(seed, lots.phase, device)() * interval) }))
      .sort((a, b) => a.phaseMs - b.phaseMs || a.device - b.device);
  }

  /** The next window to end; `undefined` of no devices. */
  get first(): DueRound | undefined {
    const entry = this.#order[this.#next];
    if (entry === undefined) return undefined;
    return { device: entry.device, index: this.#round, elapsedMs: entry.phaseMs + this.#round * this.#intervalMs };
  }

  /** That one is dealt with. */
  advance(): void {
    this.#next += 1;
    if (this.#next < this.#order.length) return;
    this.#next = 0;
    this.#round += 1;
  }
}
