import type { ChangeDetector } from "./change-detector.js";

/** Sides and confidences of HDDM-A. */
export interface HddmAOptions {
  /** Which way the mean must go. Default `both`. */
  readonly sides?: "both" | "up" | "down";
  /** Chance of a false alarm that the bound allows. Default .001. */
  readonly driftConfidence?: number;
  /** The same for a warning. Default .005. */
  readonly warningConfidence?: number;
}

/** A running mean that can be copied without allocating. */
interface Average {
  count: number;
  mean: number;
}

const average = (): Average => ({ count: 0, mean: 0 });

function copy(from: Average, to: Average): void {
  to.count = from.count;
  to.mean = from.mean;
}

class HddmA implements ChangeDetector {
  readonly kind = "hddm-a";
  readonly #options: Required<HddmAOptions>;
  readonly #all = average();
  /** The prefix whose upper (lower) bound was lowest (highest): the state before the change, if there was one. */
  readonly #lowest = average();
  readonly #highest = average();
  readonly #logDrift: number;
  readonly #logDriftTwice: number;
  readonly #logWarningTwice: number;
  #hasFired = false;
  #isWarning = false;
  #ignored = 0;

  constructor(options: Required<HddmAOptions>) {
    this.#options = options;
    this.#logDrift = Math.log(1 / options.driftConfidence);
    this.#logDriftTwice = Math.log(2 / options.driftConfidence);
    this.#logWarningTwice = Math.log(2 / options.warningConfidence);
  }

  get ignored(): number {
    return this.#ignored;
  }
  get isWarning(): boolean {
    return this.#isWarning;
  }

  update(value: number): boolean {
    if (!(value >= 0 && value <= 1)) {
      this.#ignored += 1;
      return false;
    }
    if (this.#hasFired) this.reset();
    const all = this.#all;
    all.count += 1;
    all.mean += (value - all.mean) / all.count;
    const bound = this.#bound(all.count);
    if (this.#lowest.count === 0 || this.#lowest.mean + this.#bound(this.#lowest.count) >= all.mean + bound) copy(all, this.#lowest);
    if (this.#highest.count === 0 || this.#highest.mean - this.#bound(this.#highest.count) <= all.mean - bound) copy(all, this.#highest);
    const rise = this.#options.sides === "down" ? Number.NEGATIVE_INFINITY : this.#excess(this.#lowest, all.mean - this.#lowest.mean);
    const fall = this.#options.sides === "up" ? Number.NEGATIVE_INFINITY : this.#excess(this.#highest, this.#highest.mean - all.mean);
    const most = Math.max(rise, fall);
    this.#hasFired = most >= this.#logDriftTwice;
    this.#isWarning = !this.#hasFired && most >= this.#logWarningTwice;
    return this.#hasFired;
  }

  #bound(count: number): number {
    return Math.sqrt(this.#logDrift / (2 * count));
  }

  /** The ln(2/confidence) at which `gap` would just be significant: gap² · 2/m, m = 1/n₀ − 1/n. */
  #excess(before: Average, gap: number): number {
    const later = this.#all.count - before.count;
    if (later === 0 || gap < 0) return Number.NEGATIVE_INFINITY;
    return (2 * gap * gap * before.count * this.#all.count) / later;
  }

  reset(): void {
    for (const one of [this.#all, this.#lowest, this.#highest]) {
      one.count = 0;
      one.mean = 0;
    }
    this.#hasFired = false;
    this.#isWarning = false;
  }
}

/**
 * HDDM with the A-test: has the mean moved from the prefix that bounded it best? Hoeffding's bound for values in 0…1, so no assumption on
 * their law. A good default for an error bit, a score or a normalised entropy. Values outside 0…1 are ignored.
 * Frías-Blanco et al. 2015; indices as River's (`sides: "up"` is its one-sided test).
 */
export function hddmA(options: HddmAOptions = {}): ChangeDetector {
  return new HddmA({ sides: "both", driftConfidence: 0.001, warningConfidence: 0.005, ...options });
}
