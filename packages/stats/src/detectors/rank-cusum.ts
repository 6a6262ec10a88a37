import { nextBelow } from "../cut-points.js";
import { largestMagnitude } from "../moments.js";

/** Values by bins: bin i holds `cuts[i-1] < v <= cuts[i]`; `counts` has one entry more than `cuts`. */
export interface RankBaseline {
  readonly cuts: readonly number[];
  readonly counts: readonly number[];
  readonly mean: number;
}

/** One stream of a {@link RankCusums}. */
export interface RankStream {
  /** Wanted mean number of values between false alarms, at least 16. */
  readonly falseAlarmEvery: number;
  /** What values were like without change; absent: learnt from the stream's first 48. */
  readonly baseline?: RankBaseline;
}

/** What changed in a stream, in the unit of its values. */
export interface RankChange {
  readonly change: "level" | "spread";
  readonly beforeMean: number;
  readonly afterMean: number;
  /** Values before the change, of the stream's own (0: the mean is the baseline's), and since. */
  readonly beforeRows: number;
  readonly afterRows: number;
}

/**
 * Half of the shift that a CUSUM finds soonest, in sd of a uniform, with the root θ of E e^{θ(X − slack)} = 1 for X uniform of variance 1, and what
 * the overshoots at 0 and at the threshold add to it, by Brook & Evans' chain (the same for all thresholds from 5 on). Two sizes: shifts of
 * a third of a sd, which one CUSUM for the larger ones would hardly climb on, and of three quarters.
 */
const sizes = [
  { slack: 0.15, exponent: 0.302727, overshoot: 1.025 },
  { slack: 0.4, exponent: 0.85502, overshoot: 0.985 },
] as const;
/** CUSUMs of both sizes sometimes alarm together, so that two of them come to so many: measured at one false alarm in 10,000 and in 100,000. */
const sizesTogether = 1.85;

/**
 * The threshold at which one CUSUM of uniform scores gives one false alarm in `every` values on the mean, within 1 %; `size` 0 is the one for
 * small shifts. ARL = (e^{θb} − 1 − θb) / (θ·slack), b = h + overshoot. Siegmund 1985, with the constants of the uniform law.
 */
export function rankCusumThreshold(every: number, size: 0 | 1): number {
  const { slack, exponent, overshoot } = sizes[size];
  let low = 0;
  let high = 4_000;
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    const turns = exponent * middle;
    if (Math.expm1(turns) - turns < Math.max(1, every) * exponent * slack) low = middle;
    else high = middle;
  }
  return Math.max(0.5, low - overshoot);
}

const bins = 16;
const learnt = 48;
const sides = 4;
/** Counts are halved here: the far past weighs less, and a device that runs for years keeps its precision. */
const mostRows = 2 ** 20;
/** A baseline counts as at most so many values, so that a device's own ones outweigh it after a while: no device is quite the fleet. */
const baselineRows = 2_000;
const scale = Math.sqrt(12);
/** Apart, for the loop that every value takes. */
const slacks = Float64Array.from(sizes, (s) => s.slack);

// Places in a stream's part of the state. Values are learnt where cuts and counts will be.
const cutsAt = 0;
const countsAt = bins - 1;
const heldAt = learnt;
const binsAt = heldAt + 1;
const totalAt = binsAt + 1;
const rowsAt = totalAt + 1;
const sumAt = rowsAt + 1;
const ignoredAt = sumAt + 1;
/** Of each side, in both sizes: its sum, and how many values and their sum since it was last 0. */
const sidesAt = ignoredAt + 1;
const width = sidesAt + 3 * sides * sizes.length;

/**
 * Watches some streams of numbers, whatever their law, for a change of level or of spread, with a false-alarm rate that is set and held.
 *
 * Each value becomes its rank among the values so far (and the baseline's), with ties and places within a bin drawn by lot: under no change
 * such sequential ranks are independent and exactly uniform, for any law of the values. CUSUMs run on them: rank up, rank down, and distance
 * from the middle up and down, each for small and for large shifts; so one threshold table serves every stream. After an alarm the stream is learnt anew from the next 48
 * values. Assumes values independent of one another; a stream that leans on its own past alarms more often.
 *
 * All state is one array, 624 bytes a stream, and `step` reads its value from an array: nothing is allocated for a value. NaN, infinities
 * and magnitudes that no moment holds are counted in `ignored`.
 * Sequential ranks: Barndorff-Nielsen 1963, Conover, Tercero-Gómez & Cordero-Franco 2017; CUSUM: Page 1954.
 */
export class RankCusums {
  readonly #streams: readonly RankStream[];
  /** Of each stream, for small and for large shifts. */
  readonly #thresholds: Float64Array;
  readonly #state: Float64Array;
  /** A generator of its own: the number that a function gives would have to be put on the heap. */
  readonly #lot = new Uint32Array(1);
  readonly #changes: (RankChange | undefined)[];

  /** `seed`: of the lots that break ties. */
  constructor(streams: readonly RankStream[], seed: number) {
    this.#streams = streams;
    const every = (s: RankStream): number => sizesTogether * sides * Math.max(16, s.falseAlarmEvery);
    this.#thresholds = Float64Array.from(streams.flatMap((s) => [rankCusumThreshold(every(s), 0), rankCusumThreshold(every(s), 1)]));
    this.#state = new Float64Array(streams.length * width);
    this.#changes = streams.map(() => undefined);
    // Zero would stay zero.
    this.#lot[0] = seed >>> 0 || 1;
    for (let i = 0; i < streams.length; i += 1) this.reset(i);
  }

  /** Bytes of state that change with the values. */
  get stateBytes(): number {
    return this.#state.byteLength + this.#thresholds.byteLength + this.#lot.byteLength;
  }

  /** Values of stream i left out, because they were no usable number. */
  ignored(i: number): number {
    return this.#state[i * width + ignoredAt] as number;
  }

  /** What the last alarm of stream i found. */
  lastChange(i: number): RankChange | undefined {
    return this.#changes[i];
  }

  /** Takes `values[place]` into stream i; true when the stream has changed. */
  step(i: number, values: Float64Array, place: number): boolean {
    const state = this.#state;
    const at = i * width;
    const value = values[place] as number;
    if (!(Math.abs(value) <= largestMagnitude)) {
      state[at + ignoredAt] = (state[at + ignoredAt] as number) + 1;
      return false;
    }
    state[at + rowsAt] = (state[at + rowsAt] as number) + 1;
    state[at + sumAt] = (state[at + sumAt] as number) + value;
    const held = state[at + heldAt] as number;
    if (held < learnt) {
      state[at + held] = value;
      state[at + heldAt] = held + 1;
      if (held + 1 === learnt) this.#settle(at);
      return false;
    }
    return this.#rank(i, at, values, place);
  }

  #rank(i: number, at: number, values: Float64Array, place: number): boolean {
    const state = this.#state;
    const value = values[place] as number;
    const last = (state[at + binsAt] as number) - 1;
    let bin = 0;
    let below = 0;
    while (bin < last && value > (state[at + cutsAt + bin] as number)) {
      below += state[at + countsAt + bin] as number;
      bin += 1;
    }
    let lot = this.#lot[0] as number;
    lot ^= lot << 13;
    lot ^= lot >>> 17;
    lot ^= lot << 5;
    this.#lot[0] = lot;
    const own = state[at + countsAt + bin] as number;
    const total = state[at + totalAt] as number;
    const rank = (below + (own + 1) * ((lot >>> 0) / 2 ** 32)) / (total + 1);
    state[at + countsAt + bin] = own + 1;
    state[at + totalAt] = total + 1;
    if (total >= mostRows) this.#halve(at);
    const level = (rank - 0.5) * scale;
    const spread = (Math.abs(2 * rank - 1) - 0.5) * scale;
    let fired = -1;
    for (let s = 0; s < sides; s += 1) {
      const score = s === 0 ? level : s === 1 ? -level : s === 2 ? spread : -spread;
      for (let size = 0; size < sizes.length; size += 1) {
        const own3 = at + sidesAt + 3 * (sizes.length * s + size);
        const sum = (state[own3] as number) + score - (slacks[size] as number);
        const isAbove = sum > 0;
        state[own3] = isAbove ? sum : 0;
        state[own3 + 1] = isAbove ? (state[own3 + 1] as number) + 1 : 0;
        state[own3 + 2] = isAbove ? (state[own3 + 2] as number) + value : 0;
        // Values beyond all that was seen drive level and spread alike: then it is called a change of level.
        if (fired < 0 && sum > (this.#thresholds[sizes.length * i + size] as number)) fired = sizes.length * s + size;
      }
    }
    if (fired < 0) return false;
    this.#note(i, at, fired);
    return true;
  }

  /** Remembers what was found, and learns the stream anew. */
  #note(i: number, at: number, fired: number): void {
    const state = this.#state;
    const afterRows = state[at + sidesAt + 3 * fired + 1] as number;
    const afterSum = state[at + sidesAt + 3 * fired + 2] as number;
    const beforeRows = (state[at + rowsAt] as number) - afterRows;
    const known = this.#streams[i]?.baseline?.mean ?? 0;
    this.#changes[i] = {
      change: fired < 2 * sizes.length ? "level" : "spread",
      beforeMean: beforeRows > 0 ? ((state[at + sumAt] as number) - afterSum) / beforeRows : known,
      afterMean: afterSum / afterRows,
      beforeRows,
      afterRows,
    };
    this.#clear(at);
  }

  #clear(at: number): void {
    const ignored = this.#state[at + ignoredAt] as number;
    this.#state.fill(0, at, at + width);
    this.#state[at + ignoredAt] = ignored;
  }

  /** Forgets what stream i has seen, and goes back to its baseline. */
  reset(i: number): void {
    const at = i * width;
    this.#clear(at);
    const baseline = this.#streams[i]?.baseline;
    const rows = baseline?.counts.reduce((sum, c) => sum + c, 0) ?? 0;
    if (baseline === undefined || rows < learnt) return;
    const weight = Math.min(1, baselineRows / rows);
    const step = Math.ceil(baseline.counts.length / bins);
    let bin = 0;
    for (let from = 0; from < baseline.counts.length; from += step, bin += 1) {
      const count = baseline.counts.slice(from, from + step).reduce((sum, c) => sum + c, 0);
      this.#state[at + countsAt + bin] = count * weight;
      if (from + step < baseline.counts.length) this.#state[at + cutsAt + bin] = baseline.cuts[from + step - 1] as number;
    }
    this.#state[at + binsAt] = bin;
    this.#state[at + totalAt] = rows * weight;
    this.#state[at + heldAt] = learnt;
  }

  /** Makes bins of the values that were learnt; the outermost two are empty: what lies beyond all that was seen is told apart. */
  #settle(at: number): void {
    const state = this.#state;
    const sorted = state.slice(at, at + learnt).sort();
    const inner = bins - 2;
    for (let bin = 0; bin < bins; bin += 1) state[at + countsAt + bin] = 0;
    state[at + cutsAt] = nextBelow(sorted[0] as number);
    for (let bin = 1; bin <= inner; bin += 1) state[at + cutsAt + bin] = sorted[Math.ceil((learnt * bin) / inner) - 1] as number;
    for (const value of sorted) {
      let bin = 0;
      while (bin < bins - 1 && value > (state[at + cutsAt + bin] as number)) bin += 1;
      state[at + countsAt + bin] = (state[at + countsAt + bin] as number) + 1;
    }
    state[at + binsAt] = bins;
    state[at + totalAt] = learnt;
  }

  #halve(at: number): void {
    const state = this.#state;
    let total = 0;
    for (let bin = 0; bin < bins; bin += 1) {
      const half = (state[at + countsAt + bin] as number) / 2;
      state[at + countsAt + bin] = half;
      total += half;
    }
    state[at + totalAt] = total;
  }
}
