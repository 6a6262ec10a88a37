import { z } from "zod";
import { atMsField, bundleRef, deviceIdField, list, selectorField } from "../fields.js";
import { route } from "../route.js";

/** What became of what devices sent, since the data directory was made. */
export const counters = z.object({
  windows: z.object({
    /** Messages that arrived, repeats among them. */
    received: z.number(),
    /** Rows in the store. */
    stored: z.number(),
    /** Distinct (device, epoch, seq) among them; `stored − distinct` were counted twice and must be 0. */
    distinct: z.number(),
    /** Repeats that were recognised and not stored. */
    repeated: z.number(),
    /** Gaps that no device can fill any more. */
    lost: z.number(),
    /** Gaps that may still be filled. */
    awaited: z.number(),
    /** Messages that could not be read, kept for people to look at. */
    deadLetters: z.number(),
    /** Not admitted, by reason code. */
    refused: z.record(z.string(), z.number()),
    /** Predictions that the stored windows count. */
    rows: z.number(),
  }),
  samples: z.object({ stored: z.number(), labelled: z.number() }),
});

/** See {@link counters}. */
export type Counters = z.infer<typeof counters>;

/** The state of everything in one answer. */
export const overview = z.object({
  collector: z.object({ id: z.string(), version: z.string(), startedAtMs: atMsField, nowMs: atMsField }),
  devices: z.object({ total: z.number(), online: z.number(), offline: z.number(), retired: z.number(), drifted: z.number() }),
  /** Which bundles run on how many devices, most first. */
  models: list(bundleRef.extend({ devices: z.number() })),
  incidents: z.object({ pending: z.number(), open: z.number(), acknowledged: z.number(), resolved: z.number() }),
  rollouts: z.object({ running: z.number(), paused: z.number(), finished: z.number() }),
  retrainJobs: z.object({ running: z.number(), finished: z.number() }),
  counters,
  /** Where several collectors share the fleet: who is there, of how many shards each takes what devices send, and who evaluates the fleet. */
  cluster: z
    .object({
      evaluator: z.string().nullable(),
      shards: z.number(),
      /** Shards that nobody takes from at the moment: their devices wait. */
      unowned: z.number(),
      members: list(z.object({ collectorId: z.string(), shards: z.number() })),
    })
    .optional(),
});

/** See {@link overview}. */
export type Overview = z.infer<typeof overview>;

export const readiness = z.object({ ready: z.boolean(), faults: list(z.string()) });

/** Whether the collector can do its work, and what is in the way. */
export type Readiness = z.infer<typeof readiness>;

export const overviewRoutes = {
  get: route("GET", "/v1/overview", {
    role: "viewer",
    summary: "The state of everything: counts, which models run where, what was ingested",
    response: overview,
  }),
  counters: route("GET", "/v1/counters", {
    role: "viewer",
    summary:
      "What became of what devices sent: received, stored, distinct, repeated, lost, refused by reason. Of one device, or of those that a selector matches: what is stored, lost and awaited of theirs",
    query: z.strictObject({ deviceId: deviceIdField.optional(), selector: selectorField.optional() }),
    response: counters,
  }),
};

export const healthRoutes = {
  live: route("GET", "/healthz", { role: "public", summary: "Whether the process answers", response: z.object({ status: z.literal("ok") }) }),
  ready: route("GET", "/readyz", { role: "public", summary: "Whether broker, store and loops work; 503 while one does not", response: readiness }),
  metrics: route("GET", "/metrics", { role: "viewer", summary: "Prometheus metrics; no label holds a device id", gives: "text", response: z.string() }),
  openApi: route("GET", "/v1/openapi.json", { role: "public", summary: "This API as an OpenAPI 3.1 document", response: z.record(z.string(), z.unknown()) }),
};
