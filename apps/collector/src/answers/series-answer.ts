import type { Series } from "@kedge/api";
import { type DeviceId, parseSelector, type Sha256 } from "@kedge/core";
import { type SeriesPoint, type SeriesStatistic, storeLimits } from "@kedge/store";
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

const statisticOf = ({ stat, category }: SeriesRequest): SeriesStatistic => {
  if (stat === "share") return `share:${category ?? ""}`;
  if (stat === "p50" || stat === "p95" || stat === "p99") return `quantile:${Number(stat.slice(1)) / 100}`;
  return stat as SeriesStatistic;
};

/** Some devices, under some bundles, as one line. */
interface Group {
  readonly label: string;
  /** All that were ever heard of, when undefined: those have their hours merged already. */
  readonly deviceIds?: readonly DeviceId[];
  readonly digests: readonly Sha256[];
}

function groupsOf({ fleet }: Services, asked: SeriesRequest, digests: readonly Sha256[]): Group[] {
  const selector = parseSelector(asked.selector);
  const members = fleet.members(typeof selector === "string" ? [] : selector);
  const deviceIds = selector.length === 0 ? {} : { deviceIds: members.map((d) => d.deviceId) };
  if (asked.groupBy === undefined) return [{ label: "all", ...deviceIds, digests }];
  if (asked.groupBy === "model") return digests.map((digest) => ({ label: digest.slice(0, 8), ...deviceIds, digests: [digest] }));
  const groups = new Map<string, DeviceId[]>();
  for (const { deviceId, labels } of members) {
    const label = asked.groupBy === "device" ? deviceId : (labels[asked.groupBy] ?? "(none)");
    const own = groups.get(label) ?? [];
    groups.set(label, own);
    own.push(deviceId);
  }
  return [...groups].map(([label, own]) => ({ label, deviceIds: own, digests }));
}

/** A group's points by bucket: of bundles that share one, the value of that with most predictions, since bundles bin by cuts of their own. */
async function pointsOf(
  { series, shelf }: Services,
  group: Group,
  asked: SeriesRequest,
  range: { fromMs: number; toMs: number },
): Promise<Map<number, SeriesPoint>> {
  const points = new Map<number, SeriesPoint & { most: number }>();
  for (const digest of group.digests) {
    const known = await shelf.find(digest);
    const hash = known?.reference.cohorts[0]?.profile.specHash;
    if (known === undefined || hash === undefined) continue;
    const query = { ...range, bundleDigest: digest, ...(group.deviceIds === undefined ? {} : { deviceIds: group.deviceIds }) };
    const question = { spec: known.reference.spec, hash, feature: asked.feature ?? "", statistic: statisticOf(asked), bucketMs: asked.bucketMs };
    for (const { atMs, value, rows } of await series.series(query, question)) {
      const before = points.get(atMs) ?? { atMs, value: null, rows: 0, most: 0 };
      const isSum = asked.stat === "rows" || asked.stat === "errors";
      const next = isSum ? (before.value ?? 0) + (value ?? 0) : rows >= before.most ? value : before.value;
      points.set(atMs, { atMs, value: next, rows: before.rows + rows, most: Math.max(before.most, rows) });
    }
  }
  return points;
}

/** A statistic over time, one line per group. */
export async function seriesAnswer(services: Services, asked: SeriesRequest): Promise<Answer<Series>> {
  const toMs = asked.to ?? services.clock.nowMs();
  const fromMs = asked.from ?? toMs - 60 * asked.bucketMs;
  const fault = faultOf(asked, (toMs - fromMs) / asked.bucketMs);
  if (fault !== undefined) return { kind: "refused", reason: "usage", code: "collector/series", message: fault };
  const digests =
    asked.model === undefined ? (await services.documents.bundles.list({ limit: 10_000 })).map((b) => b.id as Sha256) : await digestsFor(services, asked.model);
  const lines: { label: string; points: Map<number, SeriesPoint> }[] = [];
  for (const group of groupsOf(services, asked, digests)) lines.push({ label: group.label, points: await pointsOf(services, group, asked, { fromMs, toMs }) });
  const drawn = lines.filter(({ points }) => points.size > 0).sort((a, b) => (a.label < b.label ? -1 : 1));
  const times = [...new Set(drawn.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  return {
    kind: "done",
    value: {
      feature: asked.feature ?? null,
      stat: asked.stat,
      bucketMs: asked.bucketMs,
      times,
      lines: drawn.map(({ label, points }) => ({
        label,
        values: times.map((t) => points.get(t)?.value ?? null),
        rows: times.map((t) => points.get(t)?.rows ?? 0),
      })),
    },
  };
}
