import type { ChangeDetector } from "./change-detector.js";

/** How seldom an {@link errorCusum} may be wrong. */
export interface ErrorCusumOptions {
  /** Wanted mean number of values between false alarms, at least. Default 100,000. */
  readonly falseAlarmEvery?: number;
}

/** Values before any alarm: until then the usual share of errors is a guess. */
const warmUp = 200;
/** The rise that is found soonest: to twice the usual share, and at least by this. */
const leastRise = 0.05;
const mostShare = 0.95;
const mostRows = 2 ** 20;

class ErrorCusum implements ChangeDetector {
  readonly kind = "error-cusum";
  readonly isWarning = false;
  readonly #threshold: number;
  #rows = 0;
  #errors = 0;
  #sum = 0;
  #rowsSince = 0;
  #errorsSince = 0;
  #hasFired = false;
  #ignored = 0;

  constructor(options: ErrorCusumOptions) {
    this.#threshold = Math.log(Math.max(16, options.falseAlarmEvery ?? 100_000));
  }

  get ignored(): number {
    return this.#ignored;
  }

  /** Values, and errors among them, since the change; and before it. */
  get shares(): { readonly before: number; readonly beforeRows: number; readonly after: number; readonly afterRows: number } {
    const beforeRows = this.#rows - this.#rowsSince;
    const before = (this.#errors - this.#errorsSince) / Math.max(1, beforeRows);
    return { before, beforeRows, after: this.#errorsSince / Math.max(1, this.#rowsSince), afterRows: this.#rowsSince };
  }

  update(value: number): boolean {
    if (value !== 0 && value !== 1) {
      this.#ignored += 1;
      return false;
    }
    if (this.#hasFired) this.reset();
    const usual = (this.#errors + 0.5) / (this.#rows + 1);
    this.#rows += 1;
    this.#errors += value;
    if (this.#rows >= mostRows) {
      this.#rows /= 2;
      this.#errors /= 2;
    }
    if (this.#rows <= warmUp || usual >= mostShare) return false;
    const raised = Math.min(mostShare, usual + Math.max(leastRise, usual));
    const gain = value === 1 ? Math.log(raised / usual) : Math.log((1 - raised) / (1 - usual));
    this.#sum = Math.max(0, this.#sum + gain);
    this.#rowsSince = this.#sum > 0 ? this.#rowsSince + 1 : 0;
    this.#errorsSince = this.#sum > 0 ? this.#errorsSince + value : 0;
    this.#hasFired = this.#sum > this.#threshold;
    return this.#hasFired;
  }

  reset(): void {
    this.#rows = 0;
    this.#errors = 0;
    this.#sum = 0;
    this.#rowsSince = 0;
    this.#errorsSince = 0;
    this.#hasFired = false;
  }
}

export type { ErrorCusum };

/**
 * CUSUM of the likelihood ratio for an error bit (0 or 1): has the share of errors risen from what it was to twice that, and at least by 5
 * points? S ← max(0, S + ln p₁(x)/p₀(x)), p₀ the share so far; alarm above ln(falseAlarmEvery), which bounds the mean time between false
 * alarms from below (Lorden 1971). Where Hoeffding's bound needs thousands of rows to see .1 % become 5 %, this needs about a hundred.
 * A fall is no alarm. Values other than 0 and 1 are ignored.
 */
export function errorCusum(options: ErrorCusumOptions = {}): ErrorCusum {
  return new ErrorCusum(options);
}
