import { z } from "zod";
import { atMsField, bundleRef, idField, list, modelReference, pageOf, pageQuery, selectorField, wordsField } from "../fields.js";
import { route } from "../route.js";

/** Where a rollout is; the last three are for good. */
export const rolloutStates = ["READY", "RUNNING", "PAUSED", "ROLLING_BACK", "ROLLED_BACK", "ABORTED", "FINISHED"] as const;
/** Where a wave is. */
export const waveStates = ["SCHEDULED", "RUNNING", "SOAKING", "SUCCEEDED", "FAILED"] as const;

/** Where a rollout is with one device. COMMITTED and REVERTED are the device's own word. */
export const rolloutDeviceStates = ["PENDING", "OFFERED", "UPDATING", "COMMITTED", "FAILED", "UNREACHABLE", "REVERTING", "REVERTED"] as const;

/** What a person asks for. What is left out is as the collector's configuration says. */
export const rolloutRequest = z.strictObject({
  model: modelReference,
  selector: selectorField.default(""),
  /** Devices in the first wave. */
  canary: z.int().min(0).max(10_000).optional(),
  /** Sizes of the waves after it in percent of the fleet, cumulative. */
  wavesPercent: z.array(z.number().gt(0).max(100)).min(1).max(50).readonly().optional(),
  /** The canary is taken from these devices first: where the update is meant to help. */
  canaryFrom: selectorField.default(""),
  /** Failed devices that a wave bears. */
  maxFailures: z.int().min(0).max(10_000).optional(),
  /** Predictions of a wave's devices to see before it can succeed. */
  gateRows: z.int().min(0).max(1_000_000_000).optional(),
  waveTimeoutMs: z.int().min(1_000).max(31_536_000_000).optional(),
  reason: wordsField.default(""),
});

/** A parsed {@link rolloutRequest}. */
export type RolloutRequest = z.output<typeof rolloutRequest>;

const excluded = list(z.object({ deviceId: z.string(), reason: z.string() }));

export const rolloutPlan = z.object({
  bundle: bundleRef,
  selector: z.string(),
  waves: list(z.object({ name: z.string(), devices: list(z.string()) })),
  excluded,
  /** To be downloaded by all devices together. */
  bytes: z.number(),
  /** What every wave must pass, in words. */
  gates: list(z.object({ name: z.string(), limit: z.string() })),
});

/** Who would get a bundle in which wave, and who not and why. Nothing was changed. */
export type RolloutPlan = z.infer<typeof rolloutPlan>;

/** What a wave must show, with the numbers it rests on. */
export const gate = z.object({
  name: z.string(),
  verdict: z.enum(["passed", "waiting", "failed"]),
  value: z.number(),
  limit: z.number(),
  /** How many predictions or devices the value rests on. */
  rows: z.number(),
  detail: z.string(),
});

/** See {@link gate}. */
export type Gate = z.infer<typeof gate>;

const waveHead = { name: z.string(), state: z.enum(waveStates), startedAtMs: atMsField.nullable(), endedAtMs: atMsField.nullable(), gates: list(gate) };

export const rolloutSummary = z.object({
  rolloutId: z.string(),
  state: z.enum(rolloutStates),
  bundle: bundleRef,
  selector: z.string(),
  /** Why it is in this state, as a sentence. */
  reason: z.string(),
  createdAtMs: atMsField,
  createdBy: z.string(),
  updatedAtMs: atMsField,
  endedAtMs: atMsField.nullable(),
  incidentId: z.string().nullable(),
  jobId: z.string().nullable(),
  devices: z.number(),
  /** Devices that said that they run the bundle. */
  observed: z.number(),
  waves: list(z.object({ ...waveHead, devices: z.number(), observed: z.number() })),
});

/** A rollout without its devices' names. */
export type RolloutSummary = z.infer<typeof rolloutSummary>;

export const rolloutDevice = z.object({
  deviceId: z.string(),
  state: z.enum(rolloutDeviceStates),
  runningDigest: z.string().nullable(),
  reason: z.string(),
});

export const rollout = rolloutSummary.extend({
  waves: list(z.object({ ...waveHead, devices: list(rolloutDevice), observed: z.number() })),
  excluded,
});

/** A rollout with every device of every wave. */
export type Rollout = z.infer<typeof rollout>;

const params = z.strictObject({ rolloutId: idField });
const body = z.strictObject({ reason: wordsField.default("") });

function verb(name: string, summary: string) {
  return route("POST", `/v1/rollouts/:rolloutId/${name}`, { role: "operator", summary, params, body, response: rollout });
}

export const rolloutRoutes = {
  plan: route("POST", "/v1/rollouts/plan", {
    role: "viewer",
    summary: "What a rollout would do, without doing it",
    body: rolloutRequest,
    response: rolloutPlan,
  }),
  start: route("POST", "/v1/rollouts", { role: "operator", summary: "Starts a rollout", status: 201, body: rolloutRequest, response: rollout }),
  list: route("GET", "/v1/rollouts", {
    role: "viewer",
    summary: "Rollouts, newest first",
    query: z.strictObject({ ...pageQuery, state: z.enum(rolloutStates).optional() }),
    response: pageOf(rolloutSummary),
  }),
  get: route("GET", "/v1/rollouts/:rolloutId", { role: "viewer", summary: "One rollout, with every device and gate", params, response: rollout }),
  pause: verb("pause", "Offers the bundle to no further device"),
  resume: verb("resume", "Goes on with a paused rollout"),
  promote: verb("promote", "Ends the soak of the wave at hand and goes on, though gates still wait; a failed gate is not overridden"),
  abort: route("POST", "/v1/rollouts/:rolloutId/abort", {
    role: "operator",
    summary: "Stops for good; devices that have the bundle go back to what they ran before, unless `keep`",
    params,
    body: body.extend({ keep: z.boolean().default(false) }),
    response: rollout,
  }),
  undo: verb("undo", "Brings the devices of a finished rollout back to what they ran before"),
};
