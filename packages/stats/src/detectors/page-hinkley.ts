import { largestMagnitude } from "../moments.js";
import type { ChangeDetector } from "./change-detector.js";

/** Limits of Page-Hinkley, in the unit of the values. */
export interface PageHinkleyOptions {
  /** Which way the mean must go to matter. Default `both`; `up` alone is what most libraries do, and is blind to a fall. */
  readonly sides?: "both" | "up" | "down";
  /** Changes of the mean smaller than this are let pass, in the unit of the values. Default .005. */
  readonly delta?: number;
  /** The sum that means change, in the unit of the values. Default 50. */
  readonly threshold?: number;
  /** How much of the sum is kept at each value. Default .9999. */
  readonly forgetting?: number;
  /** Values before any alarm. Default 30. */
  readonly warmUp?: number;
}

class PageHinkley implements ChangeDetector {
  readonly kind = "page-hinkley";
  readonly isWarning = false;
  readonly #options: Required<PageHinkleyOptions>;
  #count = 0;
  #mean = 0;
  #up = 0;
  #down = 0;
  #hasFired = false;
  #ignored = 0;

  constructor(options: Required<PageHinkleyOptions>) {
    this.#options = options;
  }

  get ignored(): number {
    return this.#ignored;
  }

  update(value: number): boolean {
    if (!(Math.abs(value) <= largestMagnitude)) {
      this.#ignored += 1;
      return false;
    }
    if (this.#hasFired) this.reset();
    const { delta, forgetting, sides, threshold, warmUp } = this.#options;
    this.#count += 1;
    this.#mean += (value - this.#mean) / this.#count;
    const gap = value - this.#mean;
    if (sides !== "down") this.#up = Math.max(0, forgetting * this.#up + gap - delta);
    if (sides !== "up") this.#down = Math.max(0, forgetting * this.#down - gap - delta);
    this.#hasFired = this.#count + 1 >= warmUp && (this.#up >= threshold || this.#down >= threshold);
    return this.#hasFired;
  }

  reset(): void {
    this.#count = 0;
    this.#mean = 0;
    this.#up = 0;
    this.#down = 0;
    this.#hasFired = false;
  }
}

/**
 * Page-Hinkley: has the mean moved away from the running mean? U ← max(0, αU + (x − x̄) − δ), and its mirror; change where either reaches
 * the threshold. Quick (some 20 ns) and sharp, but threshold and δ are in the unit of the values: set them, or false alarms follow the
 * spread. Page 1954, Hinkley 1971; indices as River's with `sides: "up"`.
 */
export function pageHinkley(options: PageHinkleyOptions = {}): ChangeDetector {
  return new PageHinkley({ sides: "both", delta: 0.005, threshold: 50, forgetting: 0.9999, warmUp: 30, ...options });
}
