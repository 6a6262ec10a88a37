import { meanOfBoth, squaresBetween } from "@kedge/stats";
import { type AnomalyCounts, mergeAnomalies } from "./anomaly-counts.js";
import type { CategoricalSummary, EmbeddingSummary, FeatureSummary, NumericSummary, Profile, ProfileSpec } from "./profile.js";
import { layoutKinds, ProfileLayout, sizeOfSummary } from "./profile-layout.js";

/** Two profiles that count different things. */
export interface Incompatible {
  readonly kind: "incompatible";
  readonly reason: string;
}

/** Columns of figures before the cells, and behind them, one number a feature each. */
const [columnsThatAdd, otherColumns] = [6, 7];

/**
 * A profile in flat arrays, to which others are added in place: the one way in which profiles are merged. A column has one number a feature, in the
 * order of the spec; what a kind of feature does not have stays 0. Adding allocates nothing (but for anomalies), some 2 µs for 32 features of 32 bins.
 */
export class ProfileSum {
  readonly layout: ProfileLayout;
  specHash: string;
  rows = 0;
  errors = 0;
  anomalies: AnomalyCounts | undefined;
  /** Values in bins and words, and sums of sketches, feature after feature. */
  readonly cells: Float64Array;
  readonly missing: Float64Array;
  readonly wrongType: Float64Array;
  readonly notANumber: Float64Array;
  readonly under: Float64Array;
  readonly over: Float64Array;
  readonly other: Float64Array;
  readonly count: Float64Array;
  readonly mean: Float64Array;
  readonly m2: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** Both 0 where a spread is not known. */
  readonly spreadTwo: Float64Array;
  readonly spreadThree: Float64Array;
  /** All of the above: first what adds up, place by place. */
  readonly #numbers: Float64Array;
  readonly #adding: number;
  #scratch: ProfileSum | undefined;

  /** The profile of nothing. */
  constructor(layout: ProfileLayout, specHash: string) {
    this.layout = layout;
    this.specHash = specHash;
    const { features, cells } = layout;
    this.#adding = columnsThatAdd * features + cells;
    const numbers = new Float64Array(this.#adding + otherColumns * features);
    this.#numbers = numbers;
    const column = (k: number): Float64Array => {
      const at = k * features + (k < columnsThatAdd ? 0 : cells);
      return numbers.subarray(at, at + features);
    };
    this.missing = column(0);
    this.wrongType = column(1);
    this.notANumber = column(2);
    this.under = column(3);
    this.over = column(4);
    this.other = column(5);
    this.cells = numbers.subarray(columnsThatAdd * features, this.#adding);
    this.count = column(6);
    this.mean = column(7);
    this.m2 = column(8);
    this.min = column(9);
    this.max = column(10);
    this.spreadTwo = column(11);
    this.spreadThree = column(12);
  }

  static of(profile: Profile): ProfileSum {
    const sum = new ProfileSum(ProfileLayout.ofProfile(profile), profile.specHash);
    sum.load(profile);
    return sum;
  }

  static ofSpec(spec: ProfileSpec, specHash: string): ProfileSum {
    return new ProfileSum(ProfileLayout.ofSpec(spec.features), specHash);
  }

  /** Becomes the profile of nothing, of the same spec. */
  clear(): void {
    this.#numbers.fill(0);
    this.rows = 0;
    this.errors = 0;
    this.anomalies = undefined;
  }

  /** Becomes the same as another of this layout. */
  set(other: ProfileSum): void {
    this.#numbers.set(other.#numbers);
    this.specHash = other.specHash;
    this.rows = other.rows;
    this.errors = other.errors;
    this.anomalies = other.anomalies;
  }

  copy(): ProfileSum {
    const copy = new ProfileSum(this.layout, this.specHash);
    copy.set(this);
    return copy;
  }

  /**
   * Adds what another counted: counts exactly, moments to rounding (Chan, Golub & LeVeque 1979; the same bits in either order). Nothing is added, and
   * the refusal says why, when they count by different specs.
   */
  add(other: ProfileSum): Incompatible | undefined {
    if (other.specHash !== this.specHash) return incompatible(this.specHash, other.specHash);
    if (!other.layout.isSame(this.layout)) return misfit;
    this.#addMoments(other);
    this.#addSpreads(other);
    const [own, added, adding] = [this.#numbers, other.#numbers, this.#adding];
    for (let i = 0; i < adding; i += 1) own[i] = (own[i] as number) + (added[i] as number);
    const { count } = this;
    for (let i = 0; i < count.length; i += 1) count[i] = (count[i] as number) + (other.count[i] as number);
    this.rows += other.rows;
    this.errors += other.errors;
    if (other.anomalies !== undefined) this.anomalies = mergeAnomalies(this.anomalies, other.anomalies);
    return undefined;
  }

  /** Adds a profile as objects. */
  addProfile(profile: Profile): Incompatible | undefined {
    if (profile.specHash !== this.specHash) return incompatible(this.specHash, profile.specHash);
    this.#scratch ??= new ProfileSum(this.layout, this.specHash);
    return this.#scratch.load(profile) ?? this.add(this.#scratch);
  }

  /** Becomes a profile, which must be of this layout. */
  load({ specHash, rows, errors, features, anomalies }: Profile): Incompatible | undefined {
    const { layout } = this;
    const fits =
      features.length === layout.features && features.every((f, i) => layoutKinds[f.kind] === layout.kinds[i] && sizeOfSummary(f) === layout.sizes[i]);
    if (!fits) return misfit;
    this.specHash = specHash;
    this.rows = rows;
    this.errors = errors;
    this.anomalies = anomalies;
    for (let i = 0; i < features.length; i += 1) this.#load(features[i] as FeatureSummary, i);
    return undefined;
  }

  toProfile(): Profile {
    const features: FeatureSummary[] = [];
    for (let i = 0; i < this.layout.features; i += 1) features.push(this.feature(i));
    const { specHash, rows, errors, anomalies } = this;
    return anomalies === undefined ? { specHash, rows, errors, features } : { specHash, rows, errors, features, anomalies };
  }

  /** One feature as an object. */
  feature(i: number): FeatureSummary {
    const kind = this.layout.kinds[i];
    return kind === layoutKinds.numeric ? this.#numeric(i) : kind === layoutKinds.categorical ? this.#categorical(i) : this.#embedding(i);
  }

  #addMoments(other: ProfileSum): void {
    const { mean, m2, min, max, count, layout } = this;
    for (const i of layout.numeric) {
      const [here, there] = [count[i] as number, other.count[i] as number];
      if (there === 0) continue;
      const [ownMean, otherMean] = [mean[i] as number, other.mean[i] as number];
      mean[i] = here === 0 ? otherMean : meanOfBoth(here, ownMean, there, otherMean);
      m2[i] = here === 0 ? (other.m2[i] as number) : (m2[i] as number) + (other.m2[i] as number) + squaresBetween(here, ownMean, there, otherMean);
      min[i] = here === 0 ? (other.min[i] as number) : Math.min(min[i] as number, other.min[i] as number);
      max[i] = here === 0 ? (other.max[i] as number) : Math.max(max[i] as number, other.max[i] as number);
    }
  }

  /** The covariance of two sets of vectors is not that of both: it holds only where the other has none. */
  #addSpreads(other: ProfileSum): void {
    const { spreadTwo, spreadThree, count, layout } = this;
    for (const i of layout.embedding) {
      if (other.count[i] === 0) continue;
      const isFirst = count[i] === 0;
      spreadTwo[i] = isFirst ? (other.spreadTwo[i] as number) : 0;
      spreadThree[i] = isFirst ? (other.spreadThree[i] as number) : 0;
    }
  }

  #load(summary: FeatureSummary, i: number): void {
    this.missing[i] = summary.missing;
    this.wrongType[i] = summary.wrongType;
    this.count[i] = summary.count;
    const cells = summary.kind === "embedding" ? summary.sums : summary.counts;
    const start = this.layout.starts[i] as number;
    for (let k = 0; k < cells.length; k += 1) this.cells[start + k] = cells[k] as number;
    if (summary.kind === "categorical") {
      this.other[i] = summary.other;
      return;
    }
    this.notANumber[i] = summary.notANumber;
    if (summary.kind === "embedding") {
      this.spreadTwo[i] = summary.spread?.[0] ?? 0;
      this.spreadThree[i] = summary.spread?.[1] ?? 0;
      return;
    }
    this.under[i] = summary.under;
    this.over[i] = summary.over;
    this.mean[i] = summary.mean;
    this.m2[i] = summary.m2;
    this.min[i] = summary.min;
    this.max[i] = summary.max;
  }

  #cellsOf(i: number): number[] {
    const own: number[] = [];
    const start = this.layout.starts[i] as number;
    const end = start + (this.layout.sizes[i] as number);
    for (let k = start; k < end; k += 1) own.push(this.cells[k] as number);
    return own;
  }

  #numeric(i: number): NumericSummary {
    return {
      kind: "numeric",
      counts: this.#cellsOf(i),
      under: this.under[i] as number,
      over: this.over[i] as number,
      missing: this.missing[i] as number,
      notANumber: this.notANumber[i] as number,
      wrongType: this.wrongType[i] as number,
      count: this.count[i] as number,
      mean: this.mean[i] as number,
      m2: this.m2[i] as number,
      min: this.min[i] as number,
      max: this.max[i] as number,
    };
  }

  #categorical(i: number): CategoricalSummary {
    const [other, missing, wrongType, count] = [this.other[i] as number, this.missing[i] as number, this.wrongType[i] as number, this.count[i] as number];
    return { kind: "categorical", counts: this.#cellsOf(i), other, missing, wrongType, count };
  }

  #embedding(i: number): EmbeddingSummary {
    const invalid = { missing: this.missing[i] as number, notANumber: this.notANumber[i] as number, wrongType: this.wrongType[i] as number };
    const [two, three] = [this.spreadTwo[i] as number, this.spreadThree[i] as number];
    const spread = two === 0 && three === 0 ? null : ([two, three] as const);
    return { kind: "embedding", sums: this.#cellsOf(i), ...invalid, count: this.count[i] as number, spread };
  }
}

const misfit: Incompatible = { kind: "incompatible", reason: "the profiles have other features than their spec" };

function incompatible(a: string, b: string): Incompatible {
  return { kind: "incompatible", reason: `the profiles count by different specs (${a.slice(0, 8)}, ${b.slice(0, 8)})` };
}
