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
  /** Open incidents that name it. */
  incidentIds: list(z.string()),
});

/** See {@link device}. */
export type Device = z.infer<typeof device>;

const params = z.strictObject({ deviceId: deviceIdField });

export const deviceRoutes = {
  list: route("GET", "/v1/devices", {
    role: "viewer",
    summary: "Devices in the order of their ids",
    query: z.strictObject({ ...pageQuery, selector: selectorField.default(""), state: z.enum(deviceStates).optional() }),
    response: pageOf(device),
  }),
  get: route("GET", "/v1/devices/:deviceId", { role: "viewer", summary: "One device", params, response: device }),
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
