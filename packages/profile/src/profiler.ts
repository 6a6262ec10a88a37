import type { Prediction } from "@kedge/inference";
import { addToMoments, binIndex, emptyMoments, largestMagnitude } from "@kedge/stats";
import type { CategoricalFeatureSpec, FeatureSpec, NumericFeatureSpec } from "./feature-spec.js";
import { createRowReader, type ValueReader } from "./feature-values.js";
import type { CategoricalSummary, FeatureSummary, NumericSummary, Profile, ProfileSpec } from "./profile.js";

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

interface Slot {
  add(value: unknown): void;
  take(): FeatureSummary;
}

class NumericSlot implements Slot {
  readonly #spec: NumericFeatureSpec;
  readonly #cuts: Float64Array;
  readonly #counts: Float64Array;
  #moments = emptyMoments();
  #under = 0;
  #over = 0;
  #missing = 0;
  #notANumber = 0;
  #wrongType = 0;

  constructor(spec: NumericFeatureSpec) {
    this.#spec = spec;
    this.#cuts = Float64Array.from(spec.cuts);
    this.#counts = new Float64Array(spec.cuts.length + 1);
  }

  add(value: unknown): void {
    if (value === undefined || value === null) this.#missing += 1;
    else if (typeof value !== "number") this.#wrongType += 1;
    else if (!(Math.abs(value) <= largestMagnitude)) this.#notANumber += 1;
    else {
      const bin = binIndex(this.#cuts, value);
      this.#counts[bin] = (this.#counts[bin] as number) + 1;
      if (value < this.#spec.low) this.#under += 1;
      else if (value > this.#spec.high) this.#over += 1;
      addToMoments(this.#moments, value);
    }
  }

  take(): NumericSummary {
    const { count, mean, m2, min, max } = this.#moments;
    const summary: NumericSummary = {
      kind: "numeric",
      counts: Array.from(this.#counts),
      under: this.#under,
      over: this.#over,
      missing: this.#missing,
      notANumber: this.#notANumber,
      wrongType: this.#wrongType,
      count,
      mean,
      m2,
      min: count === 0 ? 0 : min,
      max: count === 0 ? 0 : max,
    };
    this.#counts.fill(0);
    this.#moments = emptyMoments();
    this.#under = this.#over = this.#missing = this.#notANumber = this.#wrongType = 0;
    return summary;
  }
}

class CategoricalSlot implements Slot {
  readonly #index: ReadonlyMap<string, number>;
  readonly #counts: Float64Array;
  #other = 0;
  #missing = 0;
  #wrongType = 0;

  constructor(spec: CategoricalFeatureSpec) {
    this.#index = new Map(spec.categories.map((c, i) => [c, i]));
    this.#counts = new Float64Array(spec.categories.length);
  }

  add(value: unknown): void {
    if (value === undefined || value === null) this.#missing += 1;
    else if (typeof value !== "string" && typeof value !== "number") this.#wrongType += 1;
    else {
      const i = this.#index.get(typeof value === "string" ? value : String(value));
      if (i === undefined) this.#other += 1;
      else this.#counts[i] = (this.#counts[i] as number) + 1;
    }
  }

  take(): CategoricalSummary {
    const counts = Array.from(this.#counts);
    const summary: CategoricalSummary = {
      kind: "categorical",
      counts,
      other: this.#other,
      missing: this.#missing,
      wrongType: this.#wrongType,
      count: counts.reduce((sum, c) => sum + c, 0) + this.#other,
    };
    this.#counts.fill(0);
    this.#other = this.#missing = this.#wrongType = 0;
    return summary;
  }
}

function slotFor(spec: FeatureSpec): Slot {
  return spec.kind === "numeric" ? new NumericSlot(spec) : new CategoricalSlot(spec);
}

/** A profiler for `spec`; `specHash` is its digest (see `specHash`). A feature that the recipe does not give is counted as missing in every row. */
export function createProfiler(spec: ProfileSpec, specHash: string): Profiler {
  const rowReader = createRowReader(spec.recipe);
  const slots = spec.features.map(slotFor);
  const readers = spec.features.map((feature): ValueReader => {
    const at = rowReader.features.findIndex((f) => f.name === feature.name && f.role === feature.role);
    return rowReader.readers[at] ?? (() => undefined);
  });
  let rows = 0;
  let errors = 0;
  return {
    add(prediction) {
      rows += 1;
      rowReader.show(prediction);
      for (let i = 0; i < slots.length; i += 1) (slots[i] as Slot).add((readers[i] as ValueReader)());
    },
    addError() {
      errors += 1;
    },
    get rows() {
      return rows;
    },
    take() {
      const profile: Profile = { specHash, rows, errors, features: slots.map((slot) => slot.take()) };
      rows = 0;
      errors = 0;
      return profile;
    },
  };
}
