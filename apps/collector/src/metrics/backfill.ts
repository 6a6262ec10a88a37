import type { MetricPoint, SeriesQuestion } from "@kedge/store";
import type { Services } from "../services.js";
import type { Metrics } from "./open-metrics.js";

const hourMs = 3_600_000;
/** Devices whose windows of an hour are read at once. */
const devicesAtOnce = 20;

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

type Parts = Pick<Services, "series" | "fleet" | "driftWatch" | "shelf" | "documents">;

/** `rows` needs no spec: it counts windows of all. */
const rowsByHour: SeriesQuestion = {
  spec: { formatVersion: 1, recipe: { input: { kind: "none" }, task: "classification" }, features: [] },
  hash: "",
  feature: "",
  statistic: "rows",
  bucketMs: hourMs,
};

/** Predictions of each hour: as stored, and as in the database of metrics. */
export async function hoursOf({ series }: Pick<Services, "series">, { store }: Metrics, { fromMs, toMs }: Range) {
  const [stored, mirrored] = await Promise.all([
    series.series({ fromMs, toMs }, rowsByHour),
    store.range({ name: "kedge_window", value: "rows", aggregate: "sum", fromMs, toMs, stepMs: hourMs }),
  ]);
  const there = new Map((mirrored[0]?.points ?? []).map(({ atMs, value }) => [atMs, value]));
  const counted = new Map(stored.map(({ atMs, rows }) => [atMs, rows]));
  const starts = [...new Set([...counted.keys(), ...there.keys()])].sort((a, b) => a - b);
  return starts.map((atMs) => ({ atMs, stored: counted.get(atMs) ?? 0, mirrored: there.get(atMs) ?? 0 }));
}

/** Writes what is stored of a time again; the same point twice is one. */
export async function backfill(parts: Parts, { store, mirror }: Metrics, { fromMs, toMs }: Range) {
  const ids = parts.fleet.all().map((d) => d.deviceId);
  const written = { windows: 0, points: 0, scores: 0 };
  for (let hour = fromMs; hour < toMs; hour += hourMs) {
    // What a device's labels were then is not stored: those of now are taken where nothing was written, and never beside others.
    const labels = await store.range({
      name: "kedge_device",
      value: "info",
      aggregate: "count",
      by: ["device"],
      fromMs: hour,
      toMs: hour + hourMs,
      stepMs: hourMs,
    });
    const labelled = new Set(labels.map((line) => line.labels["device"]));
    for (let at = 0; at < ids.length; at += devicesAtOnce) {
      const windows = await parts.series.windows({ deviceIds: ids.slice(at, at + devicesAtOnce), fromMs: hour, toMs: Math.min(toMs, hour + hourMs) });
      const points = await mirror.pointsOf(windows, (deviceId) => !labelled.has(deviceId));
      await store.write(points);
      written.windows += windows.length;
      written.points += points.length;
    }
  }
  const scores = await scorePoints(parts, { fromMs, toMs });
  await store.write(scores);
  return { ...written, scores: scores.length };
}

/** Drift scores that are kept of past looks; limits are not, and are not written again. */
async function scorePoints({ driftWatch, shelf, documents }: Parts, range: Range): Promise<MetricPoint[]> {
  const points: MetricPoint[] = [];
  for (const { body } of await documents.bundles.list({ limit: 10_000 })) {
    const { name, version } = await shelf.nameOf(body.digest);
    for (const { atMs, feature, scope, score } of await driftWatch.scores.all(body.digest, range))
      points.push({ name: "kedge_verdict", labels: { model: name, version, feature, scope }, atMs, values: { score } });
  }
  return points;
}
