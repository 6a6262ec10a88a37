import { z } from "zod";
import { atMsField, bundleRef, deviceIdField, list, pageOf, pageQuery, selectorField, wordsField } from "../fields.js";
import { route } from "../route.js";

/** Where a device's update is; the same words as on the wire. */
export const updateStates = [
  "IDLE",
  "PENDING",
  "DOWNLOADING",
  "VERIFYING",
  "SELF_TESTING",
  "ACTIVATING",
  "PROBATION",
  "COMMITTED",
  "REJECTED",
  "FAILED",
  "ROLLED_BACK",
] as const;

/** Whether a device is connected, not, or no longer a member. */
export const deviceStates = ["online", "offline", "retired"] as const;

/** One device: who it is, what it runs, how its update goes. What it has not told yet is null. */
export const device = z.object({
  deviceId: z.string(),
  labels: z.record(z.string(), z.string()),
  state: z.enum(deviceStates),
  agentVersion: z.string().nullable(),
  platform: z.string().nullable(),
  enrolledAtMs: atMsField,
  lastSeenAtMs: atMsField.nullable(),
  certificateNotAfterMs: atMsField.nullable(),
  bootEpoch: z.number().nullable(),
  /** As the device reports it. */
  running: bundleRef.nullable(),
  previousDigest: z.string().nullable(),
  desired: z.object({ version: z.number(), digest: z.string(), rolloutId: z.string().nullable() }).nullable(),
  update: z.object({ state: z.enum(updateStates), targetDigest: z.string().nullable(), reason: z.string(), atMs: atMsField }).nullable(),
  outbox: z.object({ records: z.number(), bytes: z.number(), dropped: z.number() }).nullable(),
  counters: z.object({ windows: z.number(), predictions: z.number(), errors: z.number(), samples: z.number() }).nullable(),
  /** The longest that it is quiet while all is well; null: about a minute. */
  quietMs: z.number().nullable(),
  /** Bytes that it may put on its link in 24 hours and has, and what keeping to them cost since it started; null: it has no limit. */
  budget: z
    .object({ bytesPerDay: z.number(), spentBytes: z.number(), mergedWindows: z.number(), droppedDetails: z.number(), droppedSamples: z.number() })
    .nullable(),
  /** Open incidents that name it. */
  incidentIds: list(z.string()),
});

/** See {@link device}. */
export type Device = z.infer<typeof device>;

/** The share of values at or below `value`. */
export const quantile = z.object({ share: z.number(), value: z.number() });

/** See {@link quantile}. */
export type Quantile = z.infer<typeof quantile>;

export const deviceAlarm = z.object({
  /** The end of the window that was sent early. */
  atMs: atMsField,
  bundle: bundleRef,
  /** Predictions in it. */
  rows: z.number(),
  /** What changed: a feature, or `error` for the share of readings without a prediction. */
  alarms: list(
    z.object({
      stream: z.string(),
      change: z.enum(["level", "spread"]),
      beforeMean: z.number(),
      afterMean: z.number(),
      beforeRows: z.number(),
      afterRows: z.number(),
    }),
  ),
  /** The values since, by feature. */
  since: list(z.object({ feature: z.string(), values: z.number(), quantiles: list(quantile) })),
});

/** A change that a device found by itself. */
export type DeviceAlarm = z.infer<typeof deviceAlarm>;

const params = z.strictObject({ deviceId: deviceIdField });

export const deviceRoutes = {
  list: route("GET", "/v1/devices", {
    role: "viewer",
    summary: "Devices in the order of their ids",
    query: z.strictObject({ ...pageQuery, selector: selectorField.default(""), state: z.enum(deviceStates).optional() }),
    response: pageOf(device),
  }),
  get: route("GET", "/v1/devices/:deviceId", { role: "viewer", summary: "One device", params, response: device }),
  alarms: route("GET", "/v1/devices/:deviceId/alarms", {
    role: "viewer",
    summary: "What a device's own detectors found, newest first, with quantiles of the values since; the last 20 are kept",
    params,
    response: z.object({ items: list(deviceAlarm) }),
  }),
  label: route("PATCH", "/v1/devices/:deviceId/labels", {
    role: "operator",
    summary: "Sets labels of a device; null takes one away, what is not named stays",
    params,
    body: z.strictObject({ labels: z.record(z.string().max(63), z.string().max(63).nullable()) }),
    response: device,
  }),
  retire: route("POST", "/v1/devices/:deviceId/retire", {
    role: "admin",
    summary: "Ends a device's membership: its certificate is refused from now on. Its history stays.",
    params,
    body: z.strictObject({ reason: wordsField.default("") }),
    response: device,
  }),
};
