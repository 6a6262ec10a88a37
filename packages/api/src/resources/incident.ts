import { z } from "zod";
import { atMsField, bundleRef, idField, list, pageOf, pageQuery, selectorField, severityField, wordsField } from "../fields.js";
import { route } from "../route.js";
import { causeClasses, changes, scope, verdict } from "./drift.js";

/** Where an incident is; PENDING ones may be chance and nobody is told of them. */
export const incidentStates = ["PENDING", "OPEN", "ACKNOWLEDGED", "RESOLVED"] as const;

/** How an incident ended. */
export const resolutions = ["cleared", "by-hand", "superseded", "vanished"] as const;

/** Accuracy on labelled readings with its 95 % interval (Wilson). */
export const accuracy = z.object({ correct: z.number(), total: z.number(), share: z.number(), low: z.number(), high: z.number() });

/** See {@link accuracy}. */
export type Accuracy = z.infer<typeof accuracy>;

/** One cause, from its first sight to its end. */
export const incident = z.object({
  incidentId: z.string(),
  state: z.enum(incidentStates),
  severity: severityField,
  title: z.string(),
  scope,
  bundle: bundleRef,
  causeClass: z.enum(causeClasses),
  /** `skew`: its devices were never as the training reference says. `drift`: they were, or at least otherwise than now. */
  change: z.enum(changes),
  /** Names of what moved, strongest first. */
  features: list(z.string()),
  deviceIds: list(z.string()),
  explanation: z.string(),
  retrainAdvised: z.boolean(),
  /** Start of the first window in which it shows. */
  onsetMs: atMsField.nullable(),
  createdAtMs: atMsField,
  openedAtMs: atMsField.nullable(),
  acknowledgedAtMs: atMsField.nullable(),
  acknowledgedBy: z.string().nullable(),
  resolvedAtMs: atMsField.nullable(),
  /** How it ended. `vanished`: it never opened. `superseded`: the incident `supersededBy` tells the same, better. */
  resolution: z.enum(resolutions).nullable(),
  supersededBy: z.string().nullable(),
  updatedAtMs: atMsField,
  /** In how many looks it was seen. */
  looks: z.number(),
  isSilenced: z.boolean(),
  jobId: z.string().nullable(),
  rolloutId: z.string().nullable(),
});

/** See {@link incident}. */
export type Incident = z.infer<typeof incident>;

export const incidentDetail = incident.extend({
  events: list(z.object({ atMs: atMsField, kind: z.string(), message: z.string(), actor: z.string().nullable() })),
  /** The verdicts of the look that showed it most clearly. */
  evidence: list(verdict),
  /** Of the devices in its scope: before its onset, until a new model came, and since; null where nothing is labelled. */
  accuracy: z.object({ before: accuracy.nullable(), during: accuracy.nullable(), after: accuracy.nullable() }),
});

/** An incident with its history, its evidence and what it did to accuracy. */
export type IncidentDetail = z.infer<typeof incidentDetail>;

const params = z.strictObject({ incidentId: idField });

export const incidentRoutes = {
  list: route("GET", "/v1/incidents", {
    role: "viewer",
    summary: "Incidents, newest first; `active` are the ones that are not resolved",
    query: z.strictObject({
      ...pageQuery,
      state: z.enum([...incidentStates, "active"]).optional(),
      minSeverity: severityField.optional(),
      selector: selectorField.optional(),
    }),
    response: pageOf(incident),
  }),
  get: route("GET", "/v1/incidents/:incidentId", {
    role: "viewer",
    summary: "One incident with events, evidence and accuracy",
    params,
    response: incidentDetail,
  }),
  ack: route("POST", "/v1/incidents/:incidentId/ack", {
    role: "operator",
    summary: "Takes an incident on: nobody is told again until it changes",
    params,
    body: z.strictObject({ note: wordsField.default("") }),
    response: incidentDetail,
  }),
  resolve: route("POST", "/v1/incidents/:incidentId/resolve", {
    role: "operator",
    summary: "Ends an incident by hand; if its cause is still there, a new one opens",
    params,
    body: z.strictObject({ reason: wordsField.default("") }),
    response: incidentDetail,
  }),
};
