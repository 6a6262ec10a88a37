import type { Series } from "@kedge/api";
import { parseSelector, type Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { type SeriesStatistic, seriesOf, storeLimits } from "@kedge/store";
import type { Answer, Asked } from "../commands.js";
import type { Services } from "../services.js";
import { findModel } from "./lookup.js";

/** What is asked of a series. */
export type SeriesRequest = Asked<"series", "get">;

/** The bundles that a question is about: the one it names, or all that run, most used first. */
export async function digestsFor(services: Services, model: string | undefined): Promise<Sha256[]> {
  if (model !== undefined) {
    const found = await findModel(services, model);
    return found === undefined ? [] : [found.digest];
  }
  const counts = new Map<Sha256, number>();
  for (const d of services.fleet.members()) {
    const digest = d.reported?.runningDigest;
    if (digest !== null && digest !== undefined) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([digest]) => digest);
}

/** Why a series cannot be given. */
export function faultOf(asked: SeriesRequest, buckets: number): string | undefined {
  const needsFeature = asked.stat !== "rows" && asked.stat !== "errors";
  if (needsFeature && asked.feature === undefined) return `the statistic ${asked.stat} needs a feature`;
  if (asked.stat === "share" && asked.category === undefined) return "the statistic share needs a category";
  return buckets > storeLimits.seriesPoints ? `more than ${storeLimits.seriesPoints} buckets; choose longer ones` : undefined;
}

function groupOf({ fleet }: Services, window: Window, groupBy: string | undefined): string {
  const { deviceId } = window.key;
  if (groupBy === undefined) return "all";
  if (groupBy === "device") return deviceId;
  return groupBy === "model" ? window.bundleDigest.slice(0, 8) : (fleet.get(deviceId)?.labels[groupBy] ?? "(none)");
}

async function lineOf(
  { shelf }: Services,
  windows: readonly Window[],
  asked: SeriesRequest,
  times: readonly number[],
): Promise<Pick<Series["lines"][number], "values" | "rows">> {
  const statistic: SeriesStatistic = asked.stat === "share" ? `share:${asked.category ?? ""}` : (asked.stat as SeriesStatistic);
  const points = new Map<number, number | null>();
  const rows = new Map<number, number>();
  for (const digest of new Set(windows.map((w) => w.bundleDigest))) {
    const known = await shelf.find(digest);
    const hash = known?.reference.cohorts[0]?.profile.specHash;
    if (known === undefined || hash === undefined) continue;
    const { spec } = known.reference;
    const own = windows.filter((w) => w.bundleDigest === digest);
    for (const point of seriesOf(own, { spec, hash }, asked.feature ?? "", statistic, asked.bucketMs)) points.set(point.atMs, point.value);
    for (const point of seriesOf(own, { spec, hash }, "", "rows", asked.bucketMs)) rows.set(point.atMs, (rows.get(point.atMs) ?? 0) + (point.value ?? 0));
  }
  return { values: times.map((t) => points.get(t) ?? null), rows: times.map((t) => rows.get(t) ?? 0) };
}

/** A statistic over time, one line per group. */
export async function seriesAnswer(services: Services, asked: SeriesRequest): Promise<Answer<Series>> {
  const { fleet, series, clock } = services;
  const toMs = asked.to ?? clock.nowMs();
  const fromMs = asked.from ?? toMs - 60 * asked.bucketMs;
  const fault = faultOf(asked, (toMs - fromMs) / asked.bucketMs);
  if (fault !== undefined) return { kind: "refused", reason: "usage", code: "collector/series", message: fault };
  const selector = parseSelector(asked.selector);
  const members = fleet.members(typeof selector === "string" ? [] : selector);
  const digests = asked.model === undefined ? undefined : await digestsFor(services, asked.model);
  const found = await series.windows({ deviceIds: members.map((d) => d.deviceId), fromMs, toMs });
  const windows = found.filter((w) => digests === undefined || digests.includes(w.bundleDigest));
  const groups = new Map<string, Window[]>();
  for (const window of windows) {
    const label = groupOf(services, window, asked.groupBy);
    const own = groups.get(label);
    if (own === undefined) groups.set(label, [window]);
    else own.push(window);
  }
  const times = [...new Set(windows.map((w) => Math.floor(w.endMs / asked.bucketMs) * asked.bucketMs))].sort((a, b) => a - b);
  const lines: Series["lines"][number][] = [];
  for (const [label, own] of [...groups].sort((a, b) => (a[0] < b[0] ? -1 : 1))) lines.push({ label, ...(await lineOf(services, own, asked, times)) });
  return { kind: "done", value: { feature: asked.feature ?? null, stat: asked.stat, bucketMs: asked.bucketMs, times, lines } };
}
