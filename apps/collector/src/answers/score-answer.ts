import type { Series } from "@kedge/api";
import type { Answer } from "../commands.js";
import type { Sha256 } from "@kedge/core";
import { isOfGroup, type ScorePoint, scoresKeptMs } from "../drift/score-history.js";
import type { Services } from "../services.js";
import { digestsFor, faultOf, type SeriesRequest } from "./series-answer.js";

const usage = (message: string): Answer<Series> => ({ kind: "refused", reason: "usage", code: "collector/series", message });

/** How a line is called: as the lines of other statistics are. */
function labelOf(scope: string, groupBy: string | undefined): string {
  if (groupBy === undefined) return "all";
  return groupBy === "device" ? scope.slice("device:".length) : scope.slice(`cohort:${groupBy}=`.length);
}

/** Scores from before those that are kept here, a mean for each bucket, from the database of metrics. */
async function olderScores(
  { metrics, shelf }: Services,
  digests: readonly Sha256[],
  feature: string,
  { fromMs, toMs, bucketMs }: { readonly fromMs: number; readonly toMs: number; readonly bucketMs: number },
): Promise<Pick<ScorePoint, "atMs" | "scope" | "score">[]> {
  const found: Pick<ScorePoint, "atMs" | "scope" | "score">[] = [];
  const range = { fromMs: Math.floor(fromMs / bucketMs) * bucketMs, toMs: Math.floor(toMs / bucketMs) * bucketMs, stepMs: bucketMs };
  if (range.fromMs >= range.toMs) return found;
  for (const digest of digests) {
    const { name, version } = await shelf.nameOf(digest);
    const labels = { model: name, version, feature };
    const lines = await metrics?.store.range({ name: "kedge_verdict", value: "score", labels, by: ["scope"], aggregate: "mean", ...range });
    for (const { labels: own, points } of lines ?? []) for (const { atMs, value } of points) found.push({ atMs, scope: own["scope"] ?? "", score: value });
  }
  return found;
}

/** The drift score that past looks gave a feature at the fleet, the cohorts of a label, or devices that drifted. */
export async function scoreAnswer(services: Services, asked: SeriesRequest): Promise<Answer<Series>> {
  const { clock, driftWatch } = services;
  const toMs = asked.to ?? clock.nowMs();
  const fromMs = asked.from ?? toMs - 60 * asked.bucketMs;
  const fault = faultOf(asked, (toMs - fromMs) / asked.bucketMs);
  if (fault !== undefined) return usage(fault);
  if (asked.selector !== "")
    return usage("scores are kept for the fleet, cohorts and devices: give --group-by (groupBy) a label or `device` instead of a selector");
  const { feature = "", groupBy, bucketMs } = asked;
  const digests = await digestsFor(services, asked.model);
  const keptFromMs = clock.nowMs() - scoresKeptMs;
  // Of the bucket that holds the last moment asked for, all; but none in which scores are kept here, too.
  const olderToMs = Math.min(Math.ceil(toMs / bucketMs) * bucketMs, keptFromMs);
  const kept = await driftWatch.scores.read(digests, feature, { fromMs, toMs });
  const older =
    services.metrics !== undefined && fromMs < keptFromMs ? await olderScores(services, digests, feature, { fromMs, toMs: olderToMs, bucketMs }) : [];
  const points = [...older, ...kept].filter((p) => isOfGroup(p.scope, groupBy));
  const buckets = new Map<number, Map<string, { sum: number; looks: number }>>();
  const labels = new Set<string>();
  for (const { atMs, scope, score } of points) {
    const at = Math.floor(atMs / bucketMs) * bucketMs;
    const label = labelOf(scope, groupBy);
    labels.add(label);
    const bucket = buckets.get(at) ?? new Map<string, { sum: number; looks: number }>();
    buckets.set(at, bucket);
    const mean = bucket.get(label) ?? { sum: 0, looks: 0 };
    bucket.set(label, { sum: mean.sum + score, looks: mean.looks + 1 });
  }
  const times = [...buckets.keys()].sort((a, b) => a - b);
  const lines = [...labels].sort().map((label) => {
    const found = times.map((t) => buckets.get(t)?.get(label));
    return { label, values: found.map((m) => (m === undefined ? null : m.sum / m.looks)), rows: found.map((m) => m?.looks ?? 0) };
  });
  return { kind: "done", value: { feature, stat: asked.stat, bucketMs, times, lines } };
}
