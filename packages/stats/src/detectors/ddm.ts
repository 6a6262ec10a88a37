import type { ChangeDetector } from "./change-detector.js";

/** Limits of DDM. */
export interface DdmOptions {
  /** Values before any alarm. Default 30. */
  readonly warmUp?: number;
  /** Standard deviations above the best error rate that make a warning. Default 2. */
  readonly warningSds?: number;
  /** Standard deviations above the best error rate that make a change. Default 3. */
  readonly driftSds?: number;
}

class Ddm implements ChangeDetector {
  readonly kind = "ddm";
  readonly #options: Required<DdmOptions>;
  #count = 0;
  #rate = 0;
  #bestRate = Number.POSITIVE_INFINITY;
  #bestSd = Number.POSITIVE_INFINITY;
  #hasFired = false;
  #isWarning = false;
  #ignored = 0;

  constructor(options: Required<DdmOptions>) {
    this.#options = options;
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
    this.#count += 1;
    this.#rate += (value - this.#rate) / this.#count;
    if (this.#count <= this.#options.warmUp) return false;
    const rate = this.#rate;
    const sd = Math.sqrt((rate * (1 - rate)) / this.#count);
    if (rate + sd <= this.#bestRate + this.#bestSd) {
      this.#bestRate = rate;
      this.#bestSd = sd;
    }
    this.#hasFired = rate + sd > this.#bestRate + this.#options.driftSds * this.#bestSd;
    this.#isWarning = !this.#hasFired && rate + sd > this.#bestRate + this.#options.warningSds * this.#bestSd;
    return this.#hasFired;
  }

  reset(): void {
    this.#count = 0;
    this.#rate = 0;
    this.#bestRate = Number.POSITIVE_INFINITY;
    this.#bestSd = Number.POSITIVE_INFINITY;
    this.#hasFired = false;
    this.#isWarning = false;
  }
}

/**
 * DDM: has the error rate risen above its best? Takes 0 (right) and 1 (wrong); change where p + s > p_min + 3 s_min, s = √(p(1−p)/n).
 * Sees only a rise, and the later in a long stretch, the more slowly. Values outside 0…1 are ignored. Gama et al. 2004; indices as River's.
 */
export function ddm(options: DdmOptions = {}): ChangeDetector {
  return new Ddm({ warmUp: 30, warningSds: 2, driftSds: 3, ...options });
}
