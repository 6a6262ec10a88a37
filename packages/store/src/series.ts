import type { FeatureSummary, ProfileSpec, Window } from "@kedge/profile";

/** What of a feature to follow over time. `share:WORD` is the share of a category. */
export type SeriesStatistic = "mean" | "rows" | "errors" | "missing_share" | `share:${string}`;

/** One bucket of time; `value` is null when nothing fell into it. */
export interface SeriesPoint {
  readonly atMs: number;
  readonly value: number | null;
}

interface Sum {
  weight: number;
  value: number;
}

function contribution(summary: FeatureSummary, statistic: SeriesStatistic, categories: readonly string[]): Sum {
  if (statistic === "missing_share") {
    const invalid = summary.missing + summary.wrongType + (summary.kind === "numeric" ? summary.notANumber : 0);
    return { weight: summary.count + invalid, value: invalid };
  }
  if (statistic.startsWith("share:")) {
    const at = categories.indexOf(statistic.slice("share:".length));
    return { weight: summary.count, value: summary.counts[at] ?? 0 };
  }
  return summary.kind === "numeric" ? { weight: summary.count, value: summary.mean * summary.count } : { weight: 0, value: 0 };
}

/**
 * A feature's statistic in buckets of `bucketMs` by the windows' ends. Windows of other specs than `spec` are left out (they count other
 * things). `rows` and `errors` are sums of the bucket, the others are means weighted by values.
 */
export function seriesOf(windows: readonly Window[], spec: { readonly spec: ProfileSpec; readonly hash: string }, feature: string, statistic: SeriesStatistic, bucketMs: number): SeriesPoint[] {
  const index = spec.spec.features.findIndex((f) => f.name === feature);
  const featureSpec = spec.spec.features[index];
  const categories = featureSpec?.kind === "categorical" ? featureSpec.categories : [];
  const buckets = new Map<number, Sum>();
  for (const window of windows) {
    const at = Math.floor(window.endMs / bucketMs) * bucketMs;
    const sum = buckets.get(at) ?? { weight: 0, value: 0 };
    buckets.set(at, sum);
    if (statistic === "rows" || statistic === "errors") {
      sum.value += statistic === "rows" ? window.profile.rows : window.profile.errors;
      sum.weight = 1;
      continue;
    }
    const summary = window.profile.features[index];
    if (summary === undefined || window.profile.specHash !== spec.hash) continue;
    const part = contribution(summary, statistic, categories);
    sum.weight += part.weight;
    sum.value += part.value;
  }
  return [...buckets].sort((a, b) => a[0] - b[0]).map(([atMs, { weight, value }]) => ({ atMs, value: weight === 0 ? null : statistic === "rows" || statistic === "errors" ? value : value / weight }));
}
