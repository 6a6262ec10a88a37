import { type FeatureSpec, type FeatureSummary, invalidIn, type ProfileSpec, type Window } from "@kedge/profile";
import { histogramQuantile } from "@kedge/stats";
import type { MetricPoint } from "@kedge/store";

/** Which bundle a window is of, and what it counts by. */
export interface WindowBundle {
  readonly name: string;
  readonly version: string;
  readonly spec: ProfileSpec;
}

/** Words of one feature that have a series of their own; of a longer list, none has. */
const mostCategories = 32;

/** How often a device's labels are written: readers look back this far for them. */
export const labelsEveryMs = 300_000;

/** A device's own line: how much it predicted and failed. Two series. */
export function windowPoint({ key, endMs, profile }: Window, { name, version }: WindowBundle): MetricPoint {
  return {
    name: "kedge_window",
    labels: { device: key.deviceId, model: name, version },
    atMs: Math.floor(endMs),
    values: { rows: profile.rows, errors: profile.errors },
  };
}

/**
 * Each feature of a window, as numbers that add up: over devices and time sums of them are exact (a mean is `sum / count`, a share `count / count`).
 * Quantiles, which do not add up, only of what the model says and how it runs: its latency, its score.
 */
export function featurePoints(window: Window, { name, version, spec }: WindowBundle): MetricPoint[] {
  const { key, endMs, profile } = window;
  return spec.features.flatMap((feature, i) => {
    const summary = profile.features[i];
    if (summary === undefined) return [];
    const labels = { device: key.deviceId, model: name, version, feature: feature.name };
    return [
      { name: "kedge_feature", labels, atMs: Math.floor(endMs), values: featureValues(feature, summary) },
      ...categoryPoints(feature, summary, labels, Math.floor(endMs)),
    ];
  });
}

function featureValues(feature: FeatureSpec, summary: FeatureSummary): MetricPoint["values"] {
  const counted = { count: summary.count, invalid: invalidIn(summary) };
  if (feature.kind !== "numeric" || summary.kind !== "numeric" || summary.count === 0) return counted;
  const sum = summary.mean * summary.count;
  if (feature.role === "input") return { ...counted, sum };
  const bins = { counts: summary.counts, cuts: feature.cuts, min: summary.min, max: summary.max };
  const [p50, p95] = [0.5, 0.95].map((q) => histogramQuantile(bins, q) ?? Number.NaN);
  return { ...counted, sum, p50: p50 ?? Number.NaN, p95: p95 ?? Number.NaN };
}

function categoryPoints(feature: FeatureSpec, summary: FeatureSummary, labels: MetricPoint["labels"], atMs: number): MetricPoint[] {
  if (feature.kind !== "categorical" || summary.kind !== "categorical" || feature.categories.length > mostCategories) return [];
  // Words that did not come add nothing to a sum, so they need no point.
  const counts = feature.categories.map((category, i) => ({ category, count: summary.counts[i] ?? 0 })).filter(({ count }) => count > 0);
  return counts.map(({ category, count }) => ({ name: "kedge_category", labels: { ...labels, category }, atMs, values: { count } }));
}

/** Series that the features of one device take. */
export function featureSeries({ features }: ProfileSpec): number {
  return features.reduce(
    (sum, feature) => sum + (feature.kind === "categorical" ? 2 + (feature.categories.length > mostCategories ? 0 : feature.categories.length) : 5),
    0,
  );
}

/** A device's labels, to be joined to its other series: they change, and those must not. */
export function devicePoint(deviceId: string, deviceLabels: Readonly<Record<string, string>>, atMs: number): MetricPoint {
  const labels = Object.entries(deviceLabels)
    .slice(0, 32)
    .map(([key, value]) => [`label_${key.replace(/[^a-z0-9_]/g, "_")}`, value] as const);
  return {
    name: "kedge_device",
    labels: { device: deviceId, ...Object.fromEntries(labels) },
    atMs: Math.floor(atMs / labelsEveryMs) * labelsEveryMs,
    values: { info: 1 },
  };
}
