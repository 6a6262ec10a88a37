import { largestMagnitude } from "../moments.js";
import type { ChangeDetector } from "./change-detector.js";

/** How sure and how often ADWIN looks. */
export interface AdwinOptions {
  /** Bound on the chance of a false alarm at each look. Default .002. */
  readonly delta?: number;
  /** Rows between looks; a look costs about one microsecond. Default 32. */
  readonly lookEvery?: number;
  /**
   * Bucket sizes 1, 2, 4 … kept, 2…24: the window holds some 5·2^sizes values in 96 bytes a size. A longer stationary stretch loses its
   * oldest values. Default 18: a million values in 1.7 kB.
   */
  readonly sizes?: number;
}

/**
 * An ADWIN with a view of the window that it believes to be all of one kind; at a change, of what came after it, until the next value
 * starts a new window. (The paper keeps that rest; one change is then often called several times.)
 */
export interface Adwin extends ChangeDetector {
  /** Rows in the window since the last change. */
  readonly width: number;
  /** Mean of the window; 0 when empty. */
  readonly mean: number;
  /** Population variance of the window; 0 when empty. */
  readonly variance: number;
}

/** Buckets of one size before two are joined; the paper's M. */
const perRow = 5;
const slots = perRow + 1;
const minSide = 5;
const minWidth = 10;

/** The window itself. Outside of this folder only its interface is known. */
export class AdaptiveWindow implements Adwin {
  readonly kind = "adwin";
  readonly isWarning = false;
  /** Where `step` finds its value: a double passed to a call that is not inlined would be an allocation. */
  readonly input = new Float64Array(1);
  readonly #delta: number;
  readonly #lookEvery: number;
  /** Row r holds buckets of 2^r values, oldest first: totals and sums of squared deviations. */
  readonly #totals: Float64Array;
  readonly #deviations: Float64Array;
  readonly #used: Uint8Array;
  #rows = 1;
  #width = 0;
  #total = 0;
  #deviation = 0;
  #ticks = 0;
  #hasFired = false;
  #ignored = 0;

  constructor(options: AdwinOptions) {
    this.#delta = options.delta ?? 0.002;
    this.#lookEvery = options.lookEvery ?? 32;
    const rows = Math.min(24, Math.max(2, options.sizes ?? 18));
    this.#totals = new Float64Array(rows * slots);
    this.#deviations = new Float64Array(rows * slots);
    this.#used = new Uint8Array(rows);
  }

  get width(): number {
    return this.#width;
  }
  get mean(): number {
    return this.#width > 0 ? this.#total / this.#width : 0;
  }
  get variance(): number {
    return this.#width > 0 ? Math.max(0, this.#deviation) / this.#width : 0;
  }
  get ignored(): number {
    return this.#ignored;
  }

  update(value: number): boolean {
    this.input[0] = value;
    return this.step();
  }

  /** Writes how far the value in `input` lies from the window's mean. */
  writeGap(out: Float64Array): void {
    out[0] = Math.abs((this.input[0] as number) - (this.#width > 0 ? this.#total / this.#width : 0));
  }

  /** As `update`, with the value in `input`. */
  step(): boolean {
    const value = this.input[0] as number;
    if (!(Math.abs(value) <= largestMagnitude)) {
      this.#ignored += 1;
      return false;
    }
    if (this.#hasFired) this.reset();
    if (this.#width > 0) {
      const gap = value - this.#total / this.#width;
      this.#deviation += (gap * gap * this.#width) / (this.#width + 1);
    }
    this.#width += 1;
    this.#total += value;
    const used = this.#used[0] as number;
    this.#totals[used] = value;
    this.#deviations[used] = 0;
    this.#used[0] = used + 1;
    for (let row = 0; row < this.#rows && (this.#used[row] as number) > perRow; row += 1) this.#join(row);
    this.#ticks += 1;
    if (this.#ticks < this.#lookEvery) return false;
    this.#ticks = 0;
    this.#hasFired = this.#shrink();
    return this.#hasFired;
  }

  reset(): void {
    this.#used.fill(0);
    this.#rows = 1;
    this.#width = 0;
    this.#total = 0;
    this.#deviation = 0;
    this.#ticks = 0;
    this.#hasFired = false;
  }

  #removeOldest(row: number, count: number): void {
    const from = row * slots;
    const used = (this.#used[row] as number) - count;
    for (let i = from; i < from + used; i += 1) {
      this.#totals[i] = this.#totals[i + count] as number;
      this.#deviations[i] = this.#deviations[i + count] as number;
    }
    this.#used[row] = used;
  }

  /** Two oldest buckets of a row become one of the next. */
  #join(row: number): void {
    if (row === this.#used.length - 1) {
      this.#dropOldest();
      return;
    }
    const from = row * slots;
    const size = 2 ** row;
    const first = this.#totals[from] as number;
    const second = this.#totals[from + 1] as number;
    const gap = (first - second) / size;
    const deviation = (this.#deviations[from] as number) + (this.#deviations[from + 1] as number) + (gap * gap * size) / 2;
    if (row + 1 === this.#rows) this.#rows += 1;
    const used = this.#used[row + 1] as number;
    const place = (row + 1) * slots + used;
    this.#totals[place] = first + second;
    this.#deviations[place] = deviation;
    this.#used[row + 1] = used + 1;
    this.#removeOldest(row, 2);
  }

  #dropOldest(): void {
    const row = this.#rows - 1;
    const size = 2 ** row;
    const total = this.#totals[row * slots] as number;
    this.#width -= size;
    this.#total -= total;
    const gap = this.#width > 0 ? total / size - this.#total / this.#width : 0;
    this.#deviation -= (this.#deviations[row * slots] as number) + (gap * gap * size * this.#width) / (size + this.#width);
    this.#removeOldest(row, 1);
    while (this.#rows > 1 && this.#used[this.#rows - 1] === 0) this.#rows -= 1;
  }

  /** Drops the oldest buckets as long as some cut of the window parts two different means. */
  #shrink(): boolean {
    let changed = false;
    while (this.#width > minWidth && this.#hasCut()) {
      this.#dropOldest();
      changed = true;
    }
    return changed;
  }

  #hasCut(): boolean {
    const width = this.#width;
    const logTerm = Math.log((2 * Math.log(width)) / this.#delta);
    const squareTerm = (2 * Math.max(0, this.#deviation) * logTerm) / width;
    const totals = this.#totals;
    const total = this.#total;
    let older = 0;
    let olderTotal = 0;
    for (let row = this.#rows - 1; row >= 0; row -= 1) {
      const size = 1 << row;
      const end = row * slots + (this.#used[row] as number);
      for (let i = row * slots; i < end; i += 1) {
        older += size;
        olderTotal += totals[i] as number;
        const newer = width - older;
        if (newer < minSide) return false;
        if (older < minSide) continue;
        // Most cuts are settled without a division: the full bound is never below its first term.
        const cross = olderTotal * newer - (total - olderTotal) * older;
        const sides = older * newer;
        const trimmed = (older - minSide + 1) * (newer - minSide + 1);
        if (cross * cross * trimmed < 0.999999 * squareTerm * (width - 2 * minSide + 2) * sides * sides) continue;
        const reciprocal = 1 / (older - minSide + 1) + 1 / (newer - minSide + 1);
        const gap = olderTotal / older - (total - olderTotal) / newer;
        if (Math.abs(gap) > Math.sqrt(reciprocal * squareTerm) + (2 / 3) * logTerm * reciprocal) return true;
      }
    }
    return false;
  }
}

/**
 * ADWIN: is the mean of what came lately that of what came before? An exponential histogram of the window is cut at every bucket border and
 * the two means compared with ε = √(2/m · σ² · ln(2 ln(n)/δ)) + 2/(3m) · ln(2 ln(n)/δ), 1/m = 1/n₀ + 1/n₁. Needs no reference, no range
 * and no tuning; practically no false alarms. Blind to a change of spread alone: see {@link levelAndSpread}.
 * Bifet & Gavaldà 2007; indices as River's.
 */
export function adwin(options: AdwinOptions = {}): Adwin {
  return new AdaptiveWindow(options);
}
