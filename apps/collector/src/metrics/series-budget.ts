/** How much of a device is written: all, its own line without its features, or nothing. */
export type SeriesShare = "all" | "line" | "none";

/** A device's own line and its labels. */
const lineSeries = 3;

/**
 * Keeps the number of series within a bound: databases of metrics pay for each, however rarely it comes. Features of the devices that came first may
 * take half of it; the rest is for the lines of all. A device is given as much for ever, or its series would come and go.
 */
export class SeriesBudget {
  readonly #max: number;
  readonly #shares = new Map<string, SeriesShare>();
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  admit(deviceId: string, bundleDigest: string, features: number): SeriesShare {
    const key = `${deviceId} ${bundleDigest}`;
    const known = this.#shares.get(key);
    if (known !== undefined) return known;
    const isFull = this.#used + lineSeries > this.#max;
    const share = isFull ? "none" : this.#used + lineSeries + features <= this.#max / 2 ? "all" : "line";
    // Beyond the bound nothing is remembered either: there the answer never changes.
    if (!isFull) this.#shares.set(key, share);
    this.#used += share === "none" ? 0 : lineSeries + (share === "all" ? features : 0);
    return share;
  }
}
