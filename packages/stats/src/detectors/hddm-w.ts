import type { ChangeDetector } from "./change-detector.js";

/** Sides, confidences and memory of HDDM-W. */
export interface HddmWOptions {
  /** Which way the mean must go. Default `both`. */
  readonly sides?: "both" | "up" | "down";
  /** Chance of a false alarm that the bound allows at one value. Default .001. */
  readonly driftConfidence?: number;
  /** The same for a warning. Default .005. */
  readonly warningConfidence?: number;
  /** Weight of the newest value. Default .05. */
  readonly weight?: number;
}

/** Exponentially weighted means and the sums of their squared weights, one after another in one array: whether begun, mean, squares. */
const all = 0;
const beforeRise = 3;
const afterRise = 6;
const beforeFall = 9;
const afterFall = 12;
/** The value just come: a double passed to a call that is not inlined would be an allocation. */
const input = 15;
const mean = 1;
const squares = 2;

/** The ln(1/confidence) at which McDiarmid's bound would just call the rise (fall) from one to the other significant. */
function excess(state: Float64Array, before: number, after: number, sign: 1 | -1): number {
  const gap = sign * ((state[after + mean] as number) - (state[before + mean] as number));
  if (state[before] === 0 || state[after] === 0 || gap <= 0) return Number.NEGATIVE_INFINITY;
  return (2 * gap * gap) / ((state[before + squares] as number) + (state[after + squares] as number));
}

class HddmW implements ChangeDetector {
  readonly kind = "hddm-w";
  readonly #options: Required<HddmWOptions>;
  readonly #state = new Float64Array(16);
  readonly #logDrift: number;
  readonly #logWarning: number;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #hasFired = false;
  #isWarning = false;
  #ignored = 0;

  constructor(options: Required<HddmWOptions>) {
    this.#options = options;
    this.#logDrift = Math.log(1 / options.driftConfidence);
    this.#logWarning = Math.log(1 / options.warningConfidence);
    this.reset();
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
    const state = this.#state;
    const { sides } = this.#options;
    state[input] = value;
    this.#add(all);
    const now = state[all + mean] as number;
    const bound = Math.sqrt(((state[all + squares] as number) * this.#logDrift) / 2);
    let most = Number.NEGATIVE_INFINITY;
    if (sides !== "down") {
      if (now + bound < this.#lowest) {
        this.#lowest = now + bound;
        this.#startAgain(beforeRise, afterRise);
      } else this.#add(afterRise);
      most = excess(state, beforeRise, afterRise, 1);
    }
    if (sides !== "up") {
      if (now - bound > this.#highest) {
        this.#highest = now - bound;
        this.#startAgain(beforeFall, afterFall);
      } else this.#add(afterFall);
      most = Math.max(most, excess(state, beforeFall, afterFall, -1));
    }
    this.#hasFired = most > this.#logDrift;
    this.#isWarning = !this.#hasFired && most > this.#logWarning;
    return this.#hasFired;
  }

  #add(to: number): void {
    const state = this.#state;
    const value = state[input] as number;
    const { weight } = this.#options;
    state[to + mean] = state[to] === 0 ? value : weight * value + (1 - weight) * (state[to + mean] as number);
    state[to + squares] = weight * weight + (1 - weight) * (1 - weight) * (state[to + squares] as number);
    state[to] = 1;
  }

  #startAgain(before: number, after: number): void {
    const state = this.#state;
    for (let i = 0; i < 3; i += 1) state[before + i] = state[all + i] as number;
    this.#clear(after);
  }

  #clear(one: number): void {
    this.#state[one] = 0;
    this.#state[one + mean] = 0;
    this.#state[one + squares] = 1;
  }

  reset(): void {
    for (let one = all; one <= afterFall; one += 3) this.#clear(one);
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#hasFired = false;
    this.#isWarning = false;
  }
}

/**
 * HDDM with the W-test: as {@link hddmA}, with exponentially weighted means and McDiarmid's bound, so that it answers an abrupt change
 * sooner and a slow one later. Values outside 0…1 are ignored. Frías-Blanco et al. 2015; indices as River's.
 */
export function hddmW(options: HddmWOptions = {}): ChangeDetector {
  return new HddmW({ sides: "both", driftConfidence: 0.001, warningConfidence: 0.005, weight: 0.05, ...options });
}
