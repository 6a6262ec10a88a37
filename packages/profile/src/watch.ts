import { addToKll, emptyKll, encodeKll, errorCusum, type ErrorCusum, type RankBaseline, RankCusums } from "@kedge/stats";
import { createRowReader, type RowReader, valueStates } from "./feature-values.js";
import type { Profile, ProfileSpec } from "./profile.js";
import { errorStream, type WatchPlan } from "./watch-plan.js";
import type { FeatureSketch, StreamAlarm, WindowDetail } from "./window.js";

/** Values of a stream that are remembered to be sketched: 290 bytes on the wire, exact. */
const recentRows = 64;
/** Streams that are remembered: the watched ones first, then inputs in the order of the spec. */
const mostSketches = 12;

/** What a {@link Watch} is made for. */
export interface WatchOptions {
  readonly spec: ProfileSpec;
  /** What is normal for this device; its runtime features are another machine's and are not looked at. */
  readonly reference: Profile | undefined;
  /** Of the lots that break ties. */
  readonly seed: number;
}

/** A column of the row, by its place; `values` are the last ones, round and round. */
interface Recent {
  readonly name: string;
  readonly place: number;
  readonly values: Float32Array;
}

function baselineOf({ spec, reference }: WatchOptions, name: string): RankBaseline | undefined {
  const at = spec.features.findIndex((f) => f.name === name);
  const feature = spec.features[at];
  const summary = reference?.features[at];
  if (feature?.kind !== "numeric" || feature.role !== "output" || summary?.kind !== "numeric") return undefined;
  return { cuts: feature.cuts, counts: summary.counts, mean: summary.mean };
}

/**
 * Watches a model at work, prediction by prediction: by ranks its score, entropy, value or latency, by likelihood its errors. A row takes
 * nothing from the heap; detectors of four streams together hold less than 2 kB. Where the reference knows what is normal they start from it,
 * otherwise from the first 48 rows; after an alarm a stream is learnt anew.
 */
export class Watch {
  readonly #ranked: RankCusums;
  readonly #names: readonly string[];
  readonly #places: Int32Array;
  readonly #errors: ErrorCusum | undefined;
  readonly #recent: readonly Recent[];
  #rows = 0;
  #found: StreamAlarm[] = [];

  constructor(plan: WatchPlan, options: WatchOptions) {
    const { features } = createRowReader(options.spec.recipe);
    const placeOf = (name: string): number => features.findIndex((f) => f.name === name && f.kind === "numeric");
    const ranked = plan.streams.filter((s) => s.name !== errorStream && placeOf(s.name) >= 0);
    const errors = plan.streams.find((s) => s.name === errorStream);
    this.#names = ranked.map((s) => s.name);
    this.#places = Int32Array.from(ranked, (s) => placeOf(s.name));
    this.#ranked = new RankCusums(
      ranked.map(({ name, falseAlarmEvery }) => {
        const baseline = baselineOf(options, name);
        return baseline === undefined ? { falseAlarmEvery } : { falseAlarmEvery, baseline };
      }),
      options.seed,
    );
    this.#errors = errors === undefined ? undefined : errorCusum({ falseAlarmEvery: errors.falseAlarmEvery });
    const inputs = features.filter((f) => f.kind === "numeric" && f.role === "input").map((f) => f.name);
    this.#recent = [...this.#names, ...inputs]
      .slice(0, mostSketches)
      .map((name) => ({ name, place: placeOf(name), values: new Float32Array(recentRows).fill(Number.NaN) }));
  }

  /** Bytes that the detectors hold, as typed arrays and numbers. */
  get stateBytes(): number {
    return this.#ranked.stateBytes + (this.#errors === undefined ? 0 : errorStateBytes);
  }

  /** Takes a prediction in; true when a stream has changed with it: {@link detail} then says what. */
  add(row: RowReader): boolean {
    let hasChanged = false;
    for (let i = 0; i < this.#places.length; i += 1) {
      const place = this.#places[i] as number;
      if (row.states[place] !== valueStates.present || !this.#ranked.step(i, row.numbers, place)) continue;
      if (!hasChanged) this.#found = [];
      hasChanged = true;
      this.#noteRanked(i);
    }
    const at = this.#rows % recentRows;
    for (let i = 0; i < this.#recent.length; i += 1) {
      const { place, values } = this.#recent[i] as Recent;
      values[at] = row.states[place] === valueStates.present ? (row.numbers[place] as number) : Number.NaN;
    }
    this.#rows += 1;
    this.#errors?.update(0);
    return hasChanged;
  }

  /** A reading that gave no prediction; true when their share has risen with it. */
  addError(): boolean {
    if (this.#errors?.update(1) !== true) return false;
    const { before, beforeRows, after, afterRows } = this.#errors.shares;
    this.#found = [{ stream: errorStream, change: "level", beforeMean: before, afterMean: after, beforeRows, afterRows }];
    return true;
  }

  #noteRanked(i: number): void {
    const change = this.#ranked.lastChange(i);
    if (change !== undefined) this.#found.push({ stream: this.#names[i] as string, ...change });
  }

  /** What the last alarm was, with sketches of the rows since the change, at most the last 64. */
  detail(): WindowDetail {
    const since = Math.min(recentRows, this.#rows, Math.max(1, ...this.#found.map((f) => f.afterRows)));
    return { alarms: this.#found, sketches: this.#recent.flatMap((column) => this.#sketchOf(column, since)) };
  }

  #sketchOf({ name, values }: Recent, rows: number): FeatureSketch[] {
    const sketch = emptyKll(recentRows);
    // So few values are never compacted: no lot is drawn.
    for (let i = this.#rows - rows; i < this.#rows; i += 1) addToKll(sketch, values[i % recentRows] as number, () => 0);
    return sketch.n === 0 ? [] : [{ feature: name, kll: encodeKll(sketch, "float32") }];
  }
}

/** An error detector's numbers. */
const errorStateBytes = 8 * 8;
