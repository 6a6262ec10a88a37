import type { DeviceId } from "@kedge/core";
import type { Window } from "@kedge/profile";

/** How much of a device is written: all, its own line without its features, or nothing. */
export type SeriesShare = "all" | "line" | "none";

/** A device's own line and its labels. */
const lineSeries = 3;

interface Held {
  /** The bundle of its newest window, and when that ended. */
  readonly bundleDigest: string;
  readonly endMs: number;
  readonly share: Exclude<SeriesShare, "none">;
  readonly series: number;
}

/**
 * Keeps the number of series within a bound: databases of metrics pay for each, however rarely it comes. Features of the devices that came first may
 * take half of it; the rest is for the lines of all. A device is given as much as long as it runs the same bundle, or its series would come and go; with
 * another bundle it gives back what it had, and is given anew. Late windows of a bundle that it ran before get as much as those of now and are not
 * counted: their series are there already, and age away.
 */
export class SeriesBudget {
  readonly #max: number;
  readonly #held = new Map<DeviceId, Held>();
  #used = 0;
  /** What devices take of which all is written. */
  #usedByAll = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** `features`: series that the features of the window's bundle take. */
  admit({ key: { deviceId }, bundleDigest, endMs }: Pick<Window, "key" | "bundleDigest" | "endMs">, features: number): SeriesShare {
    const held = this.#held.get(deviceId);
    if (held?.bundleDigest === bundleDigest) {
      if (endMs > held.endMs) this.#held.set(deviceId, { ...held, endMs });
      return held.share;
    }
    if (held !== undefined && endMs < held.endMs) return held.share;
    if (held !== undefined) this.#count(held, -1);
    // Beyond the bound nothing is remembered either.
    if (this.#used + lineSeries > this.#max) return "none";
    const all = lineSeries + features;
    const isAll = this.#usedByAll + all <= this.#max / 2 && this.#used + all <= this.#max;
    const next: Held = { bundleDigest, endMs, share: isAll ? "all" : "line", series: isAll ? all : lineSeries };
    this.#count(next, 1);
    this.#held.set(deviceId, next);
    return next.share;
  }

  #count({ share, series }: Held, sign: 1 | -1): void {
    this.#used += sign * series;
    if (share === "all") this.#usedByAll += sign * series;
  }
}
