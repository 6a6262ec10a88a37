import { exactKolmogorovSf } from "../hypothesis/kolmogorov-smirnov.js";
import { largestMagnitude } from "../moments.js";
import type { ChangeDetector } from "./change-detector.js";

/** Windows and level of KSWIN. */
export interface KswinOptions {
  /** Chance for the drawing of older values, numbers in [0, 1). */
  readonly random: () => number;
  /** Level of each look. The looks are many: .0001 or less. Default .0001. */
  readonly alpha?: number;
  /** Values kept. Default 100. */
  readonly windowSize?: number;
  /** Newest values, compared with as many drawn from the older ones. Default 30. */
  readonly recentSize?: number;
}

/** Insertion sort: quickest for a few dozen values, and unlike the built-in one it allocates nothing. */
function sortInPlace(values: Float64Array): void {
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i] as number;
    let j = i - 1;
    for (; j >= 0 && (values[j] as number) > value; j -= 1) values[j + 1] = values[j] as number;
    values[j + 1] = value;
  }
}

class Kswin implements ChangeDetector {
  readonly kind = "kswin";
  readonly isWarning = false;
  readonly #random: () => number;
  readonly #window: Float64Array;
  readonly #recent: Float64Array;
  readonly #drawn: Float64Array;
  /** Smallest excess of counts that is significant. */
  readonly #limit: number;
  #filled = 0;
  #ignored = 0;

  constructor(options: KswinOptions) {
    const size = options.recentSize ?? 30;
    this.#random = options.random;
    this.#window = new Float64Array(Math.max(options.windowSize ?? 100, 2 * size));
    this.#recent = new Float64Array(size);
    this.#drawn = new Float64Array(size);
    let limit = 1;
    // River's further condition that the distance exceed .1 never binds at these sizes, but keeps huge windows from trifles.
    while (limit <= size && (limit / size <= 0.1 || exactKolmogorovSf(size, size, limit / size) > (options.alpha ?? 0.0001))) limit += 1;
    this.#limit = limit;
  }

  get ignored(): number {
    return this.#ignored;
  }

  update(value: number): boolean {
    if (!(Math.abs(value) <= largestMagnitude)) {
      this.#ignored += 1;
      return false;
    }
    const window = this.#window;
    if (this.#filled === window.length) window.copyWithin(0, 1);
    else this.#filled += 1;
    window[this.#filled - 1] = value;
    if (this.#filled < window.length) return false;
    const size = this.#recent.length;
    const older = window.length - size;
    for (let i = 0; i < size; i += 1) this.#recent[i] = window[older + i] as number;
    this.#draw(older);
    if (!this.#differs()) return false;
    window.copyWithin(0, older);
    this.#filled = size;
    return true;
  }

  /** As many of the older values as there are recent ones, without replacement (Knuth's selection sampling). */
  #draw(older: number): void {
    let wanted = this.#drawn.length;
    for (let i = 0; wanted > 0; i += 1) {
      if (this.#random() * (older - i) < wanted) {
        this.#drawn[this.#drawn.length - wanted] = this.#window[i] as number;
        wanted -= 1;
      }
    }
  }

  #differs(): boolean {
    const a = this.#recent;
    const b = this.#drawn;
    sortInPlace(a);
    sortInPlace(b);
    let i = 0;
    let j = 0;
    while (i < a.length && j < b.length) {
      const value = Math.min(a[i] as number, b[j] as number);
      while (i < a.length && (a[i] as number) <= value) i += 1;
      while (j < b.length && (b[j] as number) <= value) j += 1;
      if (Math.abs(i - j) >= this.#limit) return true;
    }
    return false;
  }

  reset(): void {
    this.#filled = 0;
  }
}

/**
 * KSWIN: do the newest values follow the law of the older ones in a sliding window? Kolmogorov-Smirnov (exact law) of the newest against as
 * many drawn from the rest. Sees any change of the distribution, but every value is a new look at a level that is not corrected: expect
 * some false alarms, and some microseconds a value. Raab, Heusinger & Schleif 2020.
 */
export function kswin(options: KswinOptions): ChangeDetector {
  return new Kswin(options);
}
