import { KedgeError } from "@kedge/core";
import { type FeatureSummary, invalidIn, type ProfileSpec, type Window } from "@kedge/profile";
import { storeCodes } from "./errors.js";
import { storeLimits } from "./store-limits.js";

/** What of a feature to follow over time. `share:WORD` is the share of a category. */
export type SeriesStatistic = "mean" | "rows" | "errors" | "missing_share" | `share:${string}`;

/** One bucket of time; `value` is null when nothing fell into it. */
export interface SeriesPoint {
  readonly atMs: number;
  readonly value: number | null;
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
}

function contribution(summary: FeatureSummary, statistic: SeriesStatistic, categories: readonly string[]): Sum {
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

/**
 * Takes windows in any order and gives the series. Windows of other specs are left out (they count other things), except
 * for `rows` and `errors`, which are sums of the bucket; the other statistics are means weighted by values.
 * KedgeError `store/too-large` past {@link storeLimits.seriesPoints} buckets.
 */
export class SeriesSums {
  readonly #question: SeriesQuestion;
  readonly #index: number;
  readonly #categories: readonly string[];
  readonly #buckets = new Map<number, Sum>();

  constructor(question: SeriesQuestion) {
    this.#question = question;
    this.#index = question.spec.features.findIndex((f) => f.name === question.feature);
    const feature = question.spec.features[this.#index];
    this.#categories = feature?.kind === "categorical" ? feature.categories : [];
  }

  add(window: Pick<Window, "endMs" | "profile">): void {
    const { statistic, bucketMs, hash } = this.#question;
    const sum = this.#bucket(Math.floor(window.endMs / bucketMs) * bucketMs);
    if (statistic === "rows" || statistic === "errors") {
      sum.value += statistic === "rows" ? window.profile.rows : window.profile.errors;
      sum.weight = 1;
      return;
    }
    const summary = window.profile.features[this.#index];
    if (summary === undefined || window.profile.specHash !== hash) return;
    const part = contribution(summary, statistic, this.#categories);
    sum.weight += part.weight;
    sum.value += part.value;
  }

  points(): SeriesPoint[] {
    return [...this.#buckets].sort((a, b) => a[0] - b[0]).map(([atMs, { weight, value }]) => ({ atMs, value: weight === 0 ? null : value / weight }));
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
    const sum: Sum = { weight: 0, value: 0 };
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
  for (const window of windows) sums.add(window);
  return sums.points();
}
