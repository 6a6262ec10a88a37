import { z } from "zod";
import { atMsField, atMsQuery, list } from "../fields.js";
import { route } from "../route.js";

/** What became of what was written to be drawn, since the collector started. */
export const metricsStanding = z.object({
  kind: z.enum(["influxdb", "victoriametrics"]),
  /** Where, in words. */
  place: z.string(),
  windows: z.number(),
  points: z.number(),
  waiting: z.number(),
  /** Windows and looks that found no room. */
  dropped: z.number(),
  /** Windows of which less was written than there is: `store.metrics.maxSeries`. */
  shortened: z.number(),
  /** Windows that could not be decoded: of them nothing is written. */
  unreadable: z.number(),
  series: z.number(),
  maxSeries: z.number(),
  failures: z.number(),
  /** Why the last write failed; null: it did not. */
  fault: z.string().nullable(),
});

/** See {@link metricsStanding}. */
export type MetricsStanding = z.infer<typeof metricsStanding>;

export const metricsHours = z.object({
  /** Predictions of each hour: in the windows that are stored, and in the database of metrics. */
  items: list(z.object({ atMs: atMsField, stored: z.number(), mirrored: z.number() })),
});

/** Where the two agree. */
export type MetricsHours = z.infer<typeof metricsHours>;

export const metricsBackfill = z.object({ windows: z.number(), points: z.number(), scores: z.number() });

/** What was written again. */
export type MetricsBackfill = z.infer<typeof metricsBackfill>;

export const metricsRoutes = {
  standing: route("GET", "/v1/metrics/standing", {
    role: "viewer",
    summary: "What became of what was written to the database of metrics",
    response: metricsStanding,
  }),
  hours: route("GET", "/v1/metrics/hours", {
    role: "viewer",
    summary: "Predictions by the hour, as stored and as in the database of metrics: a difference is a gap",
    query: z.strictObject({ from: atMsQuery, to: atMsQuery }),
    response: metricsHours,
  }),
  backfill: route("POST", "/v1/metrics/backfill", {
    role: "operator",
    summary: "Writes what is stored of a time, of a day at most, to the database of metrics again; the same point twice is one",
    body: z.strictObject({ from: z.int().min(0).max(8.64e15), to: z.int().min(0).max(8.64e15) }),
    response: metricsBackfill,
  }),
};
