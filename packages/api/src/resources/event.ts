import { z } from "zod";
import { atMsField, list } from "../fields.js";
import { route } from "../route.js";
import { device } from "./device.js";
import { incident } from "./incident.js";
import { model } from "./model.js";
import { counters } from "./overview.js";
import { retrainJob } from "./retrain-job.js";
import { rolloutSummary } from "./rollout.js";

const head = { id: z.string().max(80), atMs: atMsField };

/** What happens, as it happens. `resync` says that events were left out: fetch anew what you show. */
export const apiEvent = z.discriminatedUnion("type", [
  z.object({ ...head, type: z.literal("device.changed"), device }),
  z.object({ ...head, type: z.literal("incident.changed"), incident }),
  z.object({ ...head, type: z.literal("rollout.changed"), rollout: rolloutSummary }),
  z.object({ ...head, type: z.literal("retrain.changed"), job: retrainJob }),
  z.object({ ...head, type: z.literal("model.registered"), model }),
  z.object({
    ...head,
    type: z.literal("drift.evaluated"),
    bundleDigest: z.string(),
    rows: z.number(),
    causes: list(z.object({ scope: z.string(), causeClass: z.string() })),
  }),
  z.object({ ...head, type: z.literal("counters.changed"), counters }),
  z.object({ ...head, type: z.literal("resync") }),
]);

/** See {@link apiEvent}. */
export type ApiEvent = z.infer<typeof apiEvent>;

type WithoutHead<E> = E extends ApiEvent ? Omit<E, "id" | "atMs"> : never;

/** An event before it has its id and time. */
export type NewApiEvent = WithoutHead<ApiEvent>;

export const eventRoutes = {
  stream: route("GET", "/v1/events", {
    role: "viewer",
    summary: "What happens, as it happens: server-sent events. `Last-Event-ID` (or `after`) goes on where a stream broke off.",
    query: z.strictObject({ after: z.string().max(80).optional() }),
    gives: "events",
    response: apiEvent,
  }),
};
