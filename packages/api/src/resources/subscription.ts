import { z } from "zod";
import { atMsField, idField, list, pageOf, pageQuery, selectorField, severityField, wordsField } from "../fields.js";
import { route } from "../route.js";

/** What can be told. */
export const alertEvents = [
  "drift.detected",
  "drift.updated",
  "drift.resolved",
  "rollout.started",
  "rollout.wave_completed",
  "rollout.paused",
  "rollout.aborted",
  "rollout.rolled_back",
  "rollout.completed",
  "retrain.started",
  "retrain.succeeded",
  "retrain.rejected",
  "retrain.failed",
  "device.offline",
  "device.online",
  "test",
] as const;

export const channel = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("webhook"), url: z.string() }),
  z.object({ kind: z.literal("mqtt") }),
  z.object({ kind: z.literal("log") }),
]);

/** Who wants to be told of what, and how. */
export const subscription = z.object({
  subscriptionId: z.string(),
  channel,
  selector: z.string(),
  minSeverity: severityField,
  /** Event types; empty for all. */
  events: list(z.string()),
  isEnabled: z.boolean(),
  /** Why it was disabled, when it was not by hand (the receiver answered 410). */
  disabledReason: z.string().nullable(),
  createdAtMs: atMsField,
  createdBy: z.string(),
  note: z.string(),
});

/** See {@link subscription}. */
export type Subscription = z.infer<typeof subscription>;

export const delivery = z.object({
  deliveryId: z.string(),
  subscriptionId: z.string(),
  event: z.string(),
  incidentId: z.string().nullable(),
  state: z.enum(["pending", "delivered", "failed", "dropped"]),
  attempts: z.number(),
  createdAtMs: atMsField,
  lastAttemptAtMs: atMsField.nullable(),
  nextAttemptAtMs: atMsField.nullable(),
  /** What the receiver said last, as a sentence; empty before the first try. */
  outcome: z.string(),
});

/** One message on its way to one subscriber. */
export type Delivery = z.infer<typeof delivery>;

const changes = {
  selector: selectorField,
  minSeverity: severityField,
  events: z.array(z.enum(alertEvents)).max(64).readonly(),
  note: wordsField,
};

const channelRequest = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("webhook"),
    url: z.url({ protocol: /^https?$/ }).max(2_048),
    /** `whsec_` and base64 of 24 to 64 bytes; made when left out. */
    secret: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "a secret is whsec_ and base64 of 24 to 64 bytes")
      .optional(),
  }),
  z.strictObject({ kind: z.literal("mqtt") }),
  z.strictObject({ kind: z.literal("log") }),
]);

export const subscriptionRequest = z.strictObject({
  channel: channelRequest,
  selector: changes.selector.default(""),
  minSeverity: changes.minSeverity.default("warning"),
  events: changes.events.default([]),
  note: changes.note.default(""),
});

const params = z.strictObject({ subscriptionId: idField });

export const subscriptionRoutes = {
  create: route("POST", "/v1/subscriptions", {
    role: "operator",
    summary: "Subscribes to alerts. A webhook's signing secret (Standard Webhooks) is in this answer and nowhere else.",
    status: 201,
    body: subscriptionRequest,
    response: z.object({ subscription, secret: z.string().nullable() }),
  }),
  list: route("GET", "/v1/subscriptions", {
    role: "operator",
    summary: "Subscriptions, oldest first",
    query: z.strictObject(pageQuery),
    response: pageOf(subscription),
  }),
  get: route("GET", "/v1/subscriptions/:subscriptionId", { role: "operator", summary: "One subscription", params, response: subscription }),
  change: route("PATCH", "/v1/subscriptions/:subscriptionId", {
    role: "operator",
    summary: "Changes what a subscription is told, or switches it off or on",
    params,
    body: z.strictObject({
      selector: changes.selector.optional(),
      minSeverity: changes.minSeverity.optional(),
      events: changes.events.optional(),
      note: changes.note.optional(),
      isEnabled: z.boolean().optional(),
    }),
    response: subscription,
  }),
  remove: route("DELETE", "/v1/subscriptions/:subscriptionId", { role: "operator", summary: "Ends a subscription", params, status: 204 }),
  test: route("POST", "/v1/subscriptions/:subscriptionId/test", {
    role: "operator",
    summary: "Sends a test message at once and says what came of it",
    params,
    response: delivery,
  }),
  deliveries: route("GET", "/v1/subscriptions/:subscriptionId/deliveries", {
    role: "operator",
    summary: "What was sent to a subscriber, newest first",
    params,
    query: z.strictObject(pageQuery),
    response: pageOf(delivery),
  }),
  replay: route("POST", "/v1/subscriptions/:subscriptionId/deliveries/:deliveryId/replay", {
    role: "operator",
    summary: "Sends a message again, with the same id",
    params: z.strictObject({ subscriptionId: idField, deliveryId: idField }),
    response: delivery,
  }),
};

/** Nobody is told of what a silence matches; incidents still open, and say that they are silenced. */
export const silence = z.object({
  silenceId: z.string(),
  state: z.enum(["pending", "active", "expired"]),
  selector: z.string(),
  incidentId: z.string().nullable(),
  fromMs: atMsField,
  untilMs: atMsField,
  createdBy: z.string(),
  comment: z.string(),
});

/** See {@link silence}. */
export type Silence = z.infer<typeof silence>;

export const silenceRoutes = {
  create: route("POST", "/v1/silences", {
    role: "operator",
    summary: "Keeps quiet about devices or one incident for a while",
    status: 201,
    body: z.strictObject({
      selector: selectorField.default(""),
      incidentId: idField.optional(),
      durationMs: z.int().min(1_000).max(31_536_000_000),
      comment: wordsField.min(1, "say why"),
    }),
    response: silence,
  }),
  list: route("GET", "/v1/silences", {
    role: "viewer",
    summary: "Silences, the ones that end last first",
    query: z.strictObject(pageQuery),
    response: pageOf(silence),
  }),
  remove: route("DELETE", "/v1/silences/:silenceId", {
    role: "operator",
    summary: "Ends a silence now",
    params: z.strictObject({ silenceId: idField }),
    response: silence,
  }),
};
