import { rejected, type SketchDecoded } from "./decoded.js";
import { largestMagnitude, mergeMoments, type Moments } from "./moments.js";

/** The bins of one feature, fixed by its reference. */
export interface HistogramSpec {
  /** Interior cut points, strictly ascending: bin i holds cuts[i−1] < value ≤ cuts[i]. At most 255. */
  readonly cuts: readonly number[];
  /** Smallest and largest value of the reference. */
  readonly low: number;
  readonly high: number;
}

/** What a window held of one numeric feature. Every value offered is in exactly one of counts, missing, notANumber and wrongType. */
export interface HistogramSummary extends Moments {
  /** One a bin, out-of-range values included; Σ counts = count. */
  readonly counts: number[];
  /** Of `count`, those below the reference's smallest and above its largest value. */
  under: number;
  over: number;
  missing: number;
  wrongType: number;
}

/** Cells of the index that finds a bin at once; a byte each. */
const cells = 256;
/** Numbers of a feature in the state array. */
const stride = 13;
const gridLow = 0;
const gridScale = 1;
const shift = 2;
const sum = 3;
const squares = 4;
const smallest = 5;
const largest = 6;
const low = 7;
const high = 8;
const under = 9;
const over = 10;
const missing = 11;
const notANumber = 12;

/**
 * Histograms with moments of many features at once, on few flat arrays: some 20 ns a value, no allocation, about 900 bytes a feature of
 * 32 bins. A value finds its bin by a grid over the middle cuts and, where a cell holds a cut, a step or two.
 */
export class HistogramBank {
  readonly #specs: readonly HistogramSpec[];
  readonly #state: Float64Array;
  readonly #counts: Float64Array;
  /** Each feature's cuts, then ∞ up to `#width`. */
  readonly #cuts: Float64Array;
  readonly #starts: Uint8Array;
  readonly #wrongType: Float64Array;
  readonly #width: number;
  readonly #one = new Float64Array(1);

  constructor(specs: readonly HistogramSpec[]) {
    this.#specs = specs;
    this.#width = specs.reduce((most, spec) => Math.max(most, Math.min(255, spec.cuts.length) + 1), 1);
    this.#state = new Float64Array(specs.length * stride);
    this.#counts = new Float64Array(specs.length * this.#width);
    this.#cuts = new Float64Array(specs.length * this.#width).fill(Number.POSITIVE_INFINITY);
    this.#starts = new Uint8Array(specs.length * cells);
    this.#wrongType = new Float64Array(specs.length);
    specs.forEach((spec, feature) => {
      this.#prepare(spec, feature);
    });
    this.clear();
  }

  #prepare(spec: HistogramSpec, feature: number): void {
    const at = feature * stride;
    const state = this.#state;
    const cuts = spec.cuts.slice(0, this.#width - 1);
    this.#cuts.set(cuts, feature * this.#width);
    const skipped = Math.floor(cuts.length / 16);
    const from = cuts[skipped] ?? 0;
    const to = cuts[cuts.length - 1 - skipped] ?? 0;
    const scale = cells / (to - from);
    // A grid of no width, or one beyond a double's range, sends every value the slow way. So does one that reaches outside of the reference's
    // range, because only the slow way asks for that.
    const hasGrid = to > from && Number.isFinite(scale) && to - from <= largestMagnitude && spec.low <= from && to <= spec.high;
    // Without a grid the lower end is +∞: every cell number is then −∞.
    state[at + gridLow] = hasGrid ? from : Number.POSITIVE_INFINITY;
    state[at + gridScale] = hasGrid ? scale : 1;
    state[at + shift] = hasGrid ? (from + to) / 2 : from;
    state[at + low] = spec.low;
    state[at + high] = spec.high;
    // A cut in an earlier cell is below every value of this one, because the same rounding is monotone.
    const cellOf = (cut: number): number => (cut - (state[at + gridLow] as number)) * (state[at + gridScale] as number);
    for (let cell = 0; cell < cells; cell += 1) this.#starts[feature * cells + cell] = cuts.filter((cut) => Math.floor(cellOf(cut)) < cell).length;
  }

  /** Takes one value of a feature in. NaN, ±∞ and magnitudes above 1e150 are counted apart. */
  add(feature: number, value: number): void {
    this.#one[0] = value;
    this.addFrom(feature, this.#one, 0);
  }

  /** Takes `values[place]` in, as {@link add} does. For rows that lie in an array: a number handed over by itself may be boxed, 16 bytes a value. */
  addFrom(feature: number, values: Float64Array, place: number): void {
    const value = values[place] as number;
    const state = this.#state;
    const at = feature * stride;
    const first = feature * this.#width;
    const cell = (value - (state[at + gridLow] as number)) * (state[at + gridScale] as number);
    let bin: number;
    if (cell >= 0 && cell < cells) {
      bin = this.#starts[feature * cells + (cell | 0)] as number;
    } else {
      if (!(Math.abs(value) <= largestMagnitude)) {
        state[at + notANumber] = (state[at + notANumber] as number) + 1;
        return;
      }
      if (value < (state[at + low] as number)) state[at + under] = (state[at + under] as number) + 1;
      if (value > (state[at + high] as number)) state[at + over] = (state[at + over] as number) + 1;
      bin = cell > 0 ? (this.#starts[feature * cells + cells - 1] as number) : 0;
    }
    while ((this.#cuts[first + bin] as number) < value) bin += 1;
    this.#counts[first + bin] = (this.#counts[first + bin] as number) + 1;
    const gap = value - (state[at + shift] as number);
    state[at + sum] = (state[at + sum] as number) + gap;
    state[at + squares] = (state[at + squares] as number) + gap * gap;
    if (value < (state[at + smallest] as number)) state[at + smallest] = value;
    if (value > (state[at + largest] as number)) state[at + largest] = value;
  }

  /** Counts an absent value. */
  addMissing(feature: number): void {
    this.#state[feature * stride + missing] = (this.#state[feature * stride + missing] as number) + 1;
  }

  /** Counts a value that is no number at all. */
  addWrongType(feature: number): void {
    this.#wrongType[feature] = (this.#wrongType[feature] as number) + 1;
  }

  /** What a feature has seen since the last `clear`. Reading changes nothing. */
  summary(feature: number): HistogramSummary {
    const at = feature * stride;
    const read = (what: number): number => this.#state[at + what] as number;
    const first = feature * this.#width;
    const counts = Array.from(this.#counts.subarray(first, first + Math.min(this.#width, (this.#specs[feature]?.cuts.length ?? 0) + 1)));
    const count = counts.reduce((whole, c) => whole + c, 0);
    const drift = count > 0 ? read(sum) / count : 0;
    // Rounding may leave the mean a last bit outside of the values, or the square sum below nothing.
    const mean = count > 0 ? Math.min(read(largest), Math.max(read(smallest), read(shift) + drift)) : 0;
    const m2 = read(smallest) < read(largest) ? Math.max(0, read(squares) - read(sum) * drift) : 0;
    return {
      counts,
      count,
      mean,
      m2,
      min: read(smallest),
      max: read(largest),
      under: read(under),
      over: read(over),
      missing: read(missing),
      notANumber: read(notANumber),
      wrongType: this.#wrongType[feature] as number,
    };
  }

  /** Forgets the window; the bins stay. */
  clear(): void {
    this.#counts.fill(0);
    this.#wrongType.fill(0);
    for (let at = 0; at < this.#state.length; at += stride) {
      for (const what of [sum, squares, under, over, missing, notANumber]) this.#state[at + what] = 0;
      this.#state[at + smallest] = Number.POSITIVE_INFINITY;
      this.#state[at + largest] = Number.NEGATIVE_INFINITY;
    }
  }
}

/** The summary of both windows: counts exact in any order, moments to rounding. Summaries of different bins are refused by name. */
export function mergeHistograms(a: HistogramSummary, b: HistogramSummary): SketchDecoded<HistogramSummary> {
  if (a.counts.length !== b.counts.length) return rejected("stats/incompatible", `histograms of ${a.counts.length} and ${b.counts.length} bins`);
  return {
    kind: "decoded",
    value: {
      ...mergeMoments(a, b),
      counts: a.counts.map((count, i) => count + (b.counts[i] as number)),
      under: a.under + b.under,
      over: a.over + b.over,
      missing: a.missing + b.missing,
      wrongType: a.wrongType + b.wrongType,
    },
  };
}
