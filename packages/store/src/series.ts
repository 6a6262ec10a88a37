import { KedgeError } from "@kedge/core";
import { type FeatureSummary, invalidIn, type ProfileSpec, ProfileSum, type Window } from "@kedge/profile";
import { histogramQuantile } from "@kedge/stats";
import { storeCodes } from "./errors.js";
import { storeLimits } from "./store-limits.js";

/** What of a feature to follow over time. `share:WORD` is the share of a category, `quantile:0.95` the value that 95 % lie below. */
export type SeriesStatistic = "mean" | "rows" | "errors" | "missing_share" | `share:${string}` | `quantile:${number}`;

/** One bucket of time; `value` is null when no value fell into it. `rows`: predictions in it, of all specs. */
export interface SeriesPoint {
  readonly atMs: number;
  readonly value: number | null;
  readonly rows: number;
}

/** A statistic of one feature, in buckets of `bucketMs` by the windows' ends. `hash` is the spec's. */
export interface SeriesQuestion {
  readonly spec: ProfileSpec;
  readonly hash: string;
  readonly feature: string;
  readonly statistic: SeriesStatistic;
  readonly bucketMs: number;
}

interface Sum {
  weight: number;
  value: number;
  rows: number;
  /** Of quantiles: the bins, and the range of what is in them. */
  readonly counts: number[];
  min: number;
  max: number;
}

function contribution(summary: FeatureSummary, statistic: SeriesStatistic, categories: readonly string[]): Pick<Sum, "weight" | "value"> {
  if (statistic === "missing_share") {
    const invalid = invalidIn(summary);
    return { weight: summary.count + invalid, value: invalid };
  }
  if (statistic.startsWith("share:")) {
    const at = categories.indexOf(statistic.slice("share:".length));
    return summary.kind === "categorical" ? { weight: summary.count, value: summary.counts[at] ?? 0 } : { weight: 0, value: 0 };
  }
  return summary.kind === "numeric" ? { weight: summary.count, value: summary.mean * summary.count } : { weight: 0, value: 0 };
}

function addBins(sum: Sum, summary: FeatureSummary): void {
  if (summary.kind !== "numeric" || summary.count === 0) return;
  const { counts } = summary;
  for (let i = 0; i < counts.length; i += 1) sum.counts[i] = (sum.counts[i] ?? 0) + (counts[i] ?? 0);
  sum.min = sum.weight === 0 ? summary.min : Math.min(sum.min, summary.min);
  sum.max = sum.weight === 0 ? summary.max : Math.max(sum.max, summary.max);
  sum.weight += summary.count;
}

/**
 * Takes windows, or profiles of whole hours and days, in any order and gives the series. Windows of other specs are left out (they count other things), except
 * for `rows` and `errors`, which are sums of the bucket; the other statistics are means weighted by values.
 * KedgeError `store/too-large` past {@link storeLimits.seriesPoints} buckets.
 */
export class SeriesSums {
  readonly #question: SeriesQuestion;
  readonly #index: number;
  readonly #categories: readonly string[];
  readonly #cuts: readonly number[];
  /** The share below a wanted quantile. */
  readonly #below: number | undefined;
  readonly #buckets = new Map<number, Sum>();

  constructor(question: SeriesQuestion) {
    this.#question = question;
    this.#index = question.spec.features.findIndex((f) => f.name === question.feature);
    const feature = question.spec.features[this.#index];
    this.#categories = feature?.kind === "categorical" ? feature.categories : [];
    this.#cuts = feature?.kind === "numeric" ? feature.cuts : [];
    this.#below = question.statistic.startsWith("quantile:") ? Number(question.statistic.slice("quantile:".length)) : undefined;
  }

  /** What happened at `atMs`: a window's end, or where an hour or day begins. */
  add(atMs: number, profile: ProfileSum): void {
    const { statistic, bucketMs, hash } = this.#question;
    const sum = this.#bucket(Math.floor(atMs / bucketMs) * bucketMs);
    sum.rows += profile.rows;
    if (statistic === "rows" || statistic === "errors") {
      sum.value += statistic === "rows" ? profile.rows : profile.errors;
      sum.weight = 1;
      return;
    }
    if (profile.specHash !== hash || this.#index < 0 || this.#index >= profile.layout.features) return;
    const summary = profile.feature(this.#index);
    if (this.#below !== undefined) {
      addBins(sum, summary);
      return;
    }
    const part = contribution(summary, statistic, this.#categories);
    sum.weight += part.weight;
    sum.value += part.value;
  }

  points(): SeriesPoint[] {
    return [...this.#buckets].sort((a, b) => a[0] - b[0]).map(([atMs, sum]) => ({ atMs, value: this.#valueOf(sum), rows: sum.rows }));
  }

  #valueOf({ weight, value, counts, min, max }: Sum): number | null {
    if (weight === 0) return null;
    return this.#below === undefined ? value / weight : histogramQuantile({ counts, cuts: this.#cuts, min, max }, this.#below);
  }

  #bucket(atMs: number): Sum {
    const found = this.#buckets.get(atMs);
    if (found !== undefined) return found;
    if (this.#buckets.size >= storeLimits.seriesPoints) {
      throw new KedgeError(
        storeCodes.tooLarge,
        `following ${this.#question.feature} in steps of ${this.#question.bucketMs} ms failed: more than ${storeLimits.seriesPoints} points`,
        {
          hint: "Ask for a shorter time or longer steps.",
          context: { exit: "usage" },
        },
      );
    }
    const sum: Sum = { weight: 0, value: 0, rows: 0, counts: [], min: 0, max: 0 };
    this.#buckets.set(atMs, sum);
    return sum;
  }
}

/** The series of windows in memory; see {@link SeriesSums}. */
export function seriesOf(
  windows: Iterable<Pick<Window, "endMs" | "profile">>,
  spec: { readonly spec: ProfileSpec; readonly hash: string },
  feature: string,
  statistic: SeriesStatistic,
  bucketMs: number,
): SeriesPoint[] {
  const sums = new SeriesSums({ ...spec, feature, statistic, bucketMs });
  for (const { endMs, profile } of windows) sums.add(endMs, ProfileSum.of(profile));
  return sums.points();
}
