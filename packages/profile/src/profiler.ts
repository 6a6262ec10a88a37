import { KedgeError } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { HistogramBank, valueStates } from "@kedge/stats";
import { profileCodes } from "./errors.js";
import type { CategoricalFeatureSpec, FeatureSpec, NumericFeatureSpec } from "./feature-spec.js";
import { createRowReader, type RowReader } from "./feature-values.js";
import type { CategoricalSummary, FeatureSummary, NumericSummary, Profile, ProfileSpec } from "./profile.js";
import { VectorSketch } from "./vector-sketch.js";

/** Bins of one numeric feature that a device counts; a byte names one. */
export const maxBins = 256;

/** Who else takes part. */
export interface ProfilerOptions {
  /** What makes rows of predictions: the recipe's reader, unless a simulation draws the features themselves. */
  readonly reader?: RowReader;
  /** Given each row once it is counted, so that its features need not be computed twice; it holds until the next one. */
  readonly onRow?: (row: RowReader) => void;
}

/** Counts predictions into a profile. Memory is fixed by the spec, whatever comes in. */
export interface Profiler {
  /** Takes one prediction in; never throws for a value. */
  add(prediction: Prediction): void;
  /** A reading that gave no prediction. */
  addError(): void;
  /** Rows since the last {@link take}. */
  readonly rows: number;
  /** The profile so far, and starts anew. */
  take(): Profile;
}

function summaryOf(bank: HistogramBank, feature: number): NumericSummary {
  const { counts, under, over, missing, notANumber, wrongType, count, mean, m2, min, max } = bank.summary(feature);
  const [least, most] = count === 0 ? [0, 0] : [min, max];
  return { kind: "numeric", counts, under, over, missing, notANumber, wrongType, count, mean, m2, min: least, max: most };
}

/** Counts the numeric features of a spec: `places` are theirs in the row, −1 for one that the recipe does not give. */
class Numbers {
  readonly #bank: HistogramBank;
  readonly #places: Int32Array;

  constructor(specs: readonly NumericFeatureSpec[], places: readonly number[]) {
    this.#bank = new HistogramBank(specs);
    this.#places = Int32Array.from(places);
  }

  add(row: RowReader): void {
    this.#bank.addRow(row, this.#places);
  }

  take(): NumericSummary[] {
    const summaries = Array.from(this.#places, (_, i) => summaryOf(this.#bank, i));
    this.#bank.clear();
    return summaries;
  }
}

/** Counts the numeric features of which a row holds any number of values. */
class NumberLists {
  readonly #bank: HistogramBank;
  readonly #places: readonly number[];

  constructor(specs: readonly NumericFeatureSpec[], places: readonly number[]) {
    this.#bank = new HistogramBank(specs);
    this.#places = places;
  }

  add({ lists, states }: RowReader): void {
    for (let f = 0; f < this.#places.length; f += 1) {
      const list = lists[this.#places[f] as number];
      if (list === undefined || states[this.#places[f] as number] === valueStates.missing) this.#bank.addMissing(f);
      else for (let i = 0; i < list.length; i += 1) this.#bank.add(f, list.numbers[i] as number);
    }
  }

  take(): NumericSummary[] {
    const summaries = this.#places.map((_, i) => summaryOf(this.#bank, i));
    this.#bank.clear();
    return summaries;
  }
}

/** Counts one categorical feature. */
class Words {
  readonly #place: number;
  readonly #index: ReadonlyMap<string, number>;
  readonly #counts: Float64Array;
  #other = 0;
  #missing = 0;
  #wrongType = 0;

  constructor(spec: CategoricalFeatureSpec, place: number) {
    this.#place = place;
    this.#index = new Map(spec.categories.map((c, i) => [c, i]));
    this.#counts = new Float64Array(spec.categories.length);
  }

  add({ words, lists, states }: RowReader): void {
    const state = this.#place < 0 ? valueStates.missing : states[this.#place];
    const list = lists[this.#place];
    if (state === valueStates.missing) this.#missing += 1;
    else if (state === valueStates.wrongType) this.#wrongType += 1;
    else if (list === undefined) this.#count(words[this.#place] as string);
    else for (let i = 0; i < list.length; i += 1) this.#count(list.words[i] as string);
  }

  #count(word: string): void {
    const i = this.#index.get(word);
    if (i === undefined) this.#other += 1;
    else this.#counts[i] = (this.#counts[i] as number) + 1;
  }

  take(): CategoricalSummary {
    const counts = Array.from(this.#counts);
    const count = counts.reduce((sum, c) => sum + c, 0) + this.#other;
    const summary: CategoricalSummary = { kind: "categorical", counts, other: this.#other, missing: this.#missing, wrongType: this.#wrongType, count };
    this.#counts.fill(0);
    this.#other = this.#missing = this.#wrongType = 0;
    return summary;
  }
}

function refuseTooManyBins(specs: readonly NumericFeatureSpec[]): void {
  const tooMany = specs.find((s) => s.cuts.length >= maxBins);
  if (tooMany !== undefined) {
    throw new KedgeError(profileCodes.tooManyBins, `counting "${tooMany.name}" in ${tooMany.cuts.length + 1} bins is more than the ${maxBins} there can be`, {
      hint: "build the reference with fewer bins; 32 are the rule",
      context: { feature: tooMany.name, exit: "config" },
    });
  }
}

/**
 * A profiler for `spec`; `specHash` is its digest (see `specHash`). A feature that the recipe does not give is counted as missing in every
 * row. A row allocates nothing. Throws {@link KedgeError} `profile/too-many-bins` for a spec that no device counts.
 */
export function createProfiler(spec: ProfileSpec, specHash: string, options: ProfilerOptions = {}): Profiler {
  const reader = options.reader ?? createRowReader(spec.recipe);
  const placeOf = (name: string, role: string, kind: string): number => reader.features.findIndex((f) => f.name === name && f.role === role && f.kind === kind);
  const numeric = spec.features.filter((f) => f.kind === "numeric");
  refuseTooManyBins(numeric);
  const place = (f: NumericFeatureSpec): number => placeOf(f.name, f.role, f.kind);
  const isMany = (f: NumericFeatureSpec): boolean => reader.features[place(f)]?.isMany === true;
  const [single, many] = [numeric.filter((f) => !isMany(f)), numeric.filter(isMany)];
  const numbers = new Numbers(single, single.map(place));
  const numberLists = new NumberLists(many, many.map(place));
  const words = spec.features.filter((f) => f.kind === "categorical").map((f) => new Words(f, placeOf(f.name, f.role, f.kind)));
  const vectors = spec.features.filter((f) => f.kind === "embedding").map((f) => new VectorSketch(f, placeOf(f.name, f.role, f.kind)));
  let rows = 0;
  let errors = 0;
  return {
    add(prediction) {
      rows += 1;
      reader.read(prediction);
      numbers.add(reader);
      numberLists.add(reader);
      for (let i = 0; i < words.length; i += 1) (words[i] as Words).add(reader);
      for (let i = 0; i < vectors.length; i += 1) (vectors[i] as VectorSketch).add(reader);
      options.onRow?.(reader);
    },
    addError() {
      errors += 1;
    },
    get rows() {
      return rows;
    },
    take() {
      reader.restart();
      const [ones, lists, wordCounts, sketches] = [numbers.take(), numberLists.take(), words.map((w) => w.take()), vectors.map((v) => v.take())];
      // The lists stand in the order of the spec, so that taking from their fronts restores it.
      const next = (f: FeatureSpec): FeatureSummary | undefined => {
        if (f.kind === "numeric") return (isMany(f) ? lists : ones).shift();
        return (f.kind === "categorical" ? wordCounts : sketches).shift();
      };
      const features = spec.features.map(next).filter((f) => f !== undefined);
      const profile: Profile = { specHash, rows, errors, features };
      rows = 0;
      errors = 0;
      return profile;
    },
  };
}
