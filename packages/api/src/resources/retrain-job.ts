import { z } from "zod";
import { atMsField, idField, list, modelReference, pageOf, pageQuery, selectorField, wordsField } from "../fields.js";
import { route } from "../route.js";

/** Where a retrain job is; the last four are for good. */
export const retrainStates = ["COLLECTING", "TRAINING", "GATING", "PASSED", "REGISTERED", "REJECTED", "FAILED", "CANCELLED"] as const;

/** Two models on the same frames; shares of all frames. */
const paired = z.object({
  frames: z.number(),
  running: z.number(),
  candidate: z.number(),
  difference: z.number(),
  interval: z.tuple([z.number(), z.number()]).readonly(),
  pValue: z.number(),
});

/** From an incident to a candidate. */
export const retrainJob = z.object({
  jobId: z.string(),
  state: z.enum(retrainStates),
  incidentId: z.string().nullable(),
  modelName: z.string(),
  runningDigest: z.string(),
  selector: z.string(),
  wantedFrames: z.number(),
  labelledFrames: z.number(),
  attempt: z.number(),
  createdAtMs: atMsField,
  stateSinceMs: atMsField,
  /** Why it ended, or why the last attempt failed. */
  reason: z.string().nullable(),
  metrics: z.record(z.string(), z.number()).nullable(),
  gate: z.object({ passed: z.boolean(), faults: list(z.string()), drifted: paired, clean: paired, sentence: z.string() }).nullable(),
  candidateDigest: z.string().nullable(),
  rolloutId: z.string().nullable(),
});

/** See {@link retrainJob}. */
export type RetrainJob = z.infer<typeof retrainJob>;

const params = z.strictObject({ jobId: idField });

/** For an incident, or for a model and the devices whose readings to learn. */
export const retrainRequest = z.union([
  z.strictObject({ incidentId: idField, reason: wordsField.default("") }),
  z.strictObject({ model: modelReference, selector: selectorField.default(""), reason: wordsField.default("") }),
]);

export const retrainRoutes = {
  list: route("GET", "/v1/retrain-jobs", {
    role: "viewer",
    summary: "Retrain jobs, newest first",
    query: z.strictObject({ ...pageQuery, state: z.enum(retrainStates).optional() }),
    response: pageOf(retrainJob),
  }),
  get: route("GET", "/v1/retrain-jobs/:jobId", { role: "viewer", summary: "One retrain job", params, response: retrainJob }),
  start: route("POST", "/v1/retrain-jobs", {
    role: "operator",
    summary: "Starts a retrain job for an incident, or for a model and a selector",
    status: 201,
    body: retrainRequest,
    response: retrainJob,
  }),
  cancel: route("POST", "/v1/retrain-jobs/:jobId/cancel", {
    role: "operator",
    summary: "Ends a job; what it learned is thrown away",
    params,
    body: z.strictObject({ reason: wordsField.default("") }),
    response: retrainJob,
  }),
};
