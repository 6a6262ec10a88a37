import { largestMagnitude } from "../moments.js";
import type { ChangeDetector } from "./change-detector.js";

/** What a CUSUM watches for; all in standard deviations of the reference. */
export interface CusumOptions {
  /** Which way the mean must go. Default `both`. */
  readonly sides?: "both" | "up" | "down";
  /** The values' mean and standard deviation without change, from the reference. Absent: learnt from the first `warmUp` values. */
  readonly reference?: { readonly mean: number; readonly sd: number };
  /** Values to learn from where there is no reference. Default 200. */
  readonly warmUp?: number;
  /** Half of the shift, in sd, that is to be found soonest. Default .5. */
  readonly slack?: number;
  /** Wanted mean number of values between false alarms; sets the threshold. Default 100,000. */
  readonly falseAlarmEvery?: number;
}

/**
 * The threshold h, in sd, at which a CUSUM of independent normal values with the given slack gives one false alarm in `every` values:
 * Siegmund's ARL = (e^(2k(h+1.166)) − 1 − 2k(h+1.166)) / 2k² (1985), a side each way.
 */
export function cusumThreshold(every: number, slack = 0.5, sides: 1 | 2 = 2): number {
  const wanted = 2 * slack * slack * Math.max(1, every) * sides;
  let low = 0;
  let high = 800;
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    if (Math.expm1(middle) - middle < wanted) low = middle;
    else high = middle;
  }
  return Math.max(0, low / (2 * slack) - 1.166);
}

class Cusum implements ChangeDetector {
  readonly kind = "cusum";
  readonly isWarning = false;
  readonly #sides: "both" | "up" | "down";
  readonly #reference: { readonly mean: number; readonly sd: number } | undefined;
  readonly #warmUp: number;
  readonly #slack: number;
  readonly #threshold: number;
  #count = 0;
  #mean = 0;
  #m2 = 0;
  #scale = 1;
  #up = 0;
  #down = 0;
  #hasFired = false;
  #ignored = 0;

  constructor(options: CusumOptions) {
    this.#sides = options.sides ?? "both";
    this.#reference = options.reference;
    this.#warmUp = options.warmUp ?? 200;
    this.#slack = options.slack ?? 0.5;
    this.#threshold = cusumThreshold(options.falseAlarmEvery ?? 100_000, this.#slack, this.#sides === "both" ? 2 : 1);
    this.reset();
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
    if (this.#reference === undefined && this.#count < this.#warmUp) {
      this.#learn(value);
      return false;
    }
    const z = (value - this.#mean) * this.#scale;
    if (this.#sides !== "down") this.#up = Math.max(0, this.#up + z - this.#slack);
    if (this.#sides !== "up") this.#down = Math.max(0, this.#down - z - this.#slack);
    this.#hasFired = this.#up > this.#threshold || this.#down > this.#threshold;
    return this.#hasFired;
  }

  #learn(value: number): void {
    this.#count += 1;
    const gap = value - this.#mean;
    this.#mean += gap / this.#count;
    this.#m2 += gap * (value - this.#mean);
    // After a constant stretch any other value is a change.
    if (this.#count === this.#warmUp) this.#scale = this.#m2 > 0 ? Math.sqrt((this.#count - 1) / this.#m2) : largestMagnitude;
  }

  reset(): void {
    this.#count = 0;
    this.#mean = this.#reference?.mean ?? 0;
    this.#m2 = 0;
    this.#scale = this.#reference === undefined ? 1 : this.#reference.sd > 0 ? 1 / this.#reference.sd : largestMagnitude;
    this.#up = 0;
    this.#down = 0;
    this.#hasFired = false;
  }
}

/**
 * Tabular CUSUM: has the mean moved by about 2·slack standard deviations from the reference? S ← max(0, S + z − k), both ways, alarm above
 * h; the soonest possible for a shift of that size at a given false-alarm rate (Moustakides 1986), and the threshold comes from the rate.
 * With a reference it starts each time from the reference, not from what it saw last. Page 1954.
 */
export function cusum(options: CusumOptions = {}): ChangeDetector {
  return new Cusum(options);
}
