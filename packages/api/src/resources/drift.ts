import { z } from "zod";
import { atMsField, atMsQuery, bundleRef, list, modelReference, nameField, selectorField, severityField, wholeQuery, wordsField } from "../fields.js";
import { route } from "../route.js";
import { quantile } from "./device.js";

/** What kind of thing probably happened; the words of @kedge/drift. */
export const causeClasses = [
  "population_shift",
  "missing",
  "wrong_type",
  "out_of_range",
  "new_category",
  "clock_fault",
  "unit_change",
  "stuck",
  "saturation",
  "camera_moved",
  "lens",
  "light",
  "inverted",
  "model_change",
  "seasonal",
  "unknown",
] as const;
/** What readings can break of a bundle's schema; the words of @kedge/sensor. */
export const anomalyRules = [
  "missing",
  "type",
  "shape",
  "not_a_number",
  "unit",
  "below",
  "above",
  "fraction",
  "domain",
  "length",
  "stuck",
  "order",
  "future",
] as const;
/** Unlike the training reference from the first windows on, or unlike what was seen before; the words of @kedge/drift. */
export const changes = ["skew", "drift"] as const;
/** What spoke for a drift: the look itself, or the sequence of all windows of a device. */
export const evidenceSources = ["look", "sequence"] as const;
/** Where a feature comes from: what goes into the model, what comes out, how it runs. */
export const featureRoles = ["input", "output", "runtime"] as const;

/** A device, the devices that a selector matches, or all. */
export const scope = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("device"), deviceId: z.string() }),
  z.object({ kind: z.literal("cohort"), selector: z.string() }),
  z.object({ kind: z.literal("fleet") }),
]);

/** Who moved. */
export type Scope = z.infer<typeof scope>;

/** The share of readings in a bin or category, 0 to 1, in the reference and now. */
export const bin = z.object({ label: z.string(), reference: z.number(), current: z.number() });

/** See {@link bin}. */
export type Bin = z.infer<typeof bin>;

export const verdict = z.object({
  feature: z.string(),
  role: z.enum(featureRoles),
  scope,
  /** Effect size, 0 to 1: the share of readings that would have to move. */
  score: z.number(),
  limit: z.number(),
  /** Null where a single device's effect stays below the limit: then nothing is tested. */
  pValue: z.number().nullable(),
  alpha: z.number(),
  rows: z.number(),
  /** How many rows tell as much as one independent one. */
  designEffect: z.number(),
  referenceRows: z.number(),
  /** The e-value of a device's sequence of windows; null where none is kept. */
  eValue: z.number().nullable(),
  evidence: z.enum(evidenceSources).nullable(),
  change: z.enum(changes),
  /** The same effect against the devices' own first windows; null where these are not known. */
  earlierScore: z.number().nullable(),
  /** 95 % band of the score. */
  interval: z.tuple([z.number(), z.number()]).readonly(),
  drifted: z.boolean(),
  causeClass: z.enum(causeClasses),
  /** The rule of the bundle's schema that readings break here; absent: the verdict is on a distribution. */
  rule: z.enum(anomalyRules).exactOptional(),
  topBins: list(bin),
});

/** One feature of one node (device, cohort, fleet) held against its reference. */
export type Verdict = z.infer<typeof verdict>;

export const cause = z.object({
  scope,
  deviceIds: list(z.string()),
  features: list(verdict),
  causeClass: z.enum(causeClasses),
  change: z.enum(changes),
  severity: severityField,
  retrainAdvised: z.boolean(),
  reason: z.string(),
  onsetMs: atMsField.nullable(),
  /** The whole story in one paragraph. */
  explanation: z.string(),
});

/** One thing that happened, at the node that explains it best. */
export type Cause = z.infer<typeof cause>;

export const driftLook = z.object({
  bundle: bundleRef,
  atMs: atMsField,
  lookBackMs: z.number(),
  devices: z.number(),
  rows: z.number(),
  /** Devices that could not be held against the reference. */
  leftOut: list(z.string()),
  causes: list(cause),
  verdicts: list(verdict),
});

/** The latest look at the devices that run one bundle. */
export type DriftLook = z.infer<typeof driftLook>;

export const drift = z.object({
  /** When the fleet was last looked at; null before the first look. */
  atMs: atMsField.nullable(),
  /** Whether no look found a cause. */
  clean: z.boolean(),
  looks: list(driftLook),
});

/** The latest look at every bundle that runs. */
export type Drift = z.infer<typeof drift>;

/** `fleet`, `device:ID` or `cohort:site=oslo`. */
export const scopeField = z.string().regex(/^(fleet|device:[A-Za-z0-9_-]{1,64}|cohort:.{1,200})$/, "a scope is fleet, device:ID or cohort:SELECTOR");

export const featureHistogram = z.object({
  bundle: bundleRef,
  feature: z.string(),
  role: z.enum(featureRoles),
  /** An embedding is a vector, of which only a sketch is kept: it has no bins. */
  kind: z.enum(["numeric", "categorical", "embedding"]),
  scope,
  /** Start and end of the windows that are counted. */
  fromMs: atMsField,
  toMs: atMsField,
  rows: z.number(),
  referenceRows: z.number(),
  bins: list(bin),
  /** The share of values that were missing, not a number or of the wrong type. */
  invalid: z.object({ reference: z.number(), current: z.number() }),
  /** The verdict on this feature at this scope, when it was judged. */
  verdict: verdict.nullable(),
});

/** What a feature looked like in the reference and what it looks like now. */
export type FeatureHistogram = z.infer<typeof featureHistogram>;

export const featureQuantiles = z.object({
  feature: z.string(),
  scope,
  fromMs: atMsField,
  /** Devices whose detectors found something since, and the values that they sent. */
  devices: z.number(),
  values: z.number(),
  /** How far a share may be off, with 99 % confidence. */
  shareError: z.number(),
  quantiles: list(quantile),
});

/** What devices that found a change have seen since, merged from their sketches. */
export type FeatureQuantiles = z.infer<typeof featureQuantiles>;

/** What can be drawn over time. `p95` is the value that 95 % lie below; `share` is of `category`; `score` is the drift score of past looks at the fleet, a cohort or device (`groupBy`); `rows` and `errors` need no feature. */
export const seriesStats = ["mean", "p50", "p95", "p99", "share", "missing_share", "score", "rows", "errors"] as const;

export const series = z.object({
  feature: z.string().nullable(),
  stat: z.enum(seriesStats),
  bucketMs: z.number(),
  /** Start of each bucket, ascending. */
  times: list(atMsField),
  /** `values[i]` belongs to `times[i]`; null where no row was. */
  lines: list(z.object({ label: z.string(), values: list(z.number().nullable()), rows: list(z.number()) })),
});

/** Statistics over time, ready for a chart. */
export type Series = z.infer<typeof series>;

/** Limits of drift that people set; what is left out is as by default. */
export const driftSetting = z.strictObject({
  effectLimit: z.number().min(0.005).max(0.9).optional(),
  missingLimit: z.number().min(0.001).max(0.9).optional(),
  alphaPerLook: z.number().min(1e-12).max(0.1).optional(),
  falseDiscoveryRate: z.number().min(1e-6).max(0.5).optional(),
});

/** See {@link driftSetting}. */
export type DriftSetting = z.infer<typeof driftSetting>;

/** How far back the hours of the week are known for devices that are held against one reference. */
export const seasonKnown = z.object({
  /** The reference's selector; empty for everyone. */
  selector: z.string(),
  /** Of 168 hours of the week, those that were learnt. */
  hours: z.number(),
  rows: z.number(),
  /** Whether devices are held against it instead of the training reference. */
  inForce: z.boolean(),
});

export const driftSettings = z.object({
  model: z.string(),
  /** What was set. */
  setting: driftSetting,
  /** What holds: the setting over the defaults. */
  inForce: z.object({ effectLimit: z.number(), missingLimit: z.number(), alphaPerLook: z.number(), falseDiscoveryRate: z.number() }),
  /** One more at each change; 0 before the first. */
  version: z.number(),
  changedAtMs: atMsField.nullable(),
  changedBy: z.string().nullable(),
  seasons: list(seasonKnown),
});

/** By what drift of a model is judged. */
export type DriftSettings = z.infer<typeof driftSettings>;

export const tuning = z.object({
  model: z.string(),
  fromMs: atMsField,
  toMs: atMsField,
  /** Looks that were replayed, and devices that they were at. */
  looks: z.number(),
  devices: z.number(),
  weeks: z.number(),
  alarmsPerWeek: z.number(),
  /** One row per setting that was tried, most sensitive first. */
  rows: list(
    z.object({
      setting: driftSetting,
      alarms: z.number(),
      alarmsPerWeek: z.number(),
      /** 95 % interval of the rate, were the alarms independent. */
      interval: z.tuple([z.number(), z.number()]).readonly(),
    }),
  ),
  /** The most sensitive setting that gives no more alarms than wanted; null where none does. */
  proposed: driftSetting.nullable(),
});

/** How many alarms stored history would have given under several settings. */
export type Tuning = z.infer<typeof tuning>;

export const seasonLearnt = z.object({ model: z.string(), windows: z.number(), rows: z.number(), seasons: list(seasonKnown) });

/** What came of taking a stretch of history for normal. */
export type SeasonLearnt = z.infer<typeof seasonLearnt>;

const featureName = z.string().min(1).max(256);

export const driftRoutes = {
  get: route("GET", "/v1/drift", {
    role: "viewer",
    summary: "The latest look at the fleet: what moved, where, and every verdict per node and feature",
    query: z.strictObject({ model: modelReference.optional() }),
    response: drift,
  }),
  feature: route("GET", "/v1/drift/features/:feature", {
    role: "viewer",
    summary: "A feature's reference against what devices see now, as shares per bin",
    params: z.strictObject({ feature: featureName }),
    query: z.strictObject({ scope: scopeField.default("fleet"), model: modelReference.optional(), from: atMsQuery.optional(), to: atMsQuery.optional() }),
    response: featureHistogram,
  }),
  quantiles: route("GET", "/v1/drift/quantiles/:feature", {
    role: "viewer",
    summary: "Quantiles of a feature since the changes that devices found themselves, over all devices of a scope",
    params: z.strictObject({ feature: featureName }),
    query: z.strictObject({ scope: scopeField.default("fleet"), from: atMsQuery.optional() }),
    response: featureQuantiles,
  }),
  settings: route("GET", "/v1/drift/settings/:model", {
    role: "viewer",
    summary: "By what limits drift of a model is judged, and which hours of the week are known",
    params: z.strictObject({ model: nameField }),
    response: driftSettings,
  }),
  set: route("PUT", "/v1/drift/settings/:model", {
    role: "operator",
    summary: "Set the limits of drift of a model; what is left out is as by default",
    params: z.strictObject({ model: nameField }),
    body: z.strictObject({ setting: driftSetting, reason: wordsField.default("") }),
    response: driftSettings,
  }),
  tune: route("POST", "/v1/drift/tune", {
    role: "operator",
    summary: "Replay stored history under several limits and propose those that give a wanted number of alarms a week",
    body: z.strictObject({
      model: nameField,
      alarmsPerWeek: z.number().min(0).max(10_000),
      from: atMsField.min(0).optional(),
      to: atMsField.min(0).optional(),
    }),
    response: tuning,
  }),
  learn: route("POST", "/v1/drift/seasons", {
    role: "operator",
    summary: "Take a stretch of stored history for normal: each hour of the week is held against what it showed",
    body: z.strictObject({ model: nameField, from: atMsField.min(0), to: atMsField.min(0), reason: wordsField.default("") }),
    response: seasonLearnt,
  }),
};

export const seriesRoutes = {
  get: route("GET", "/v1/series", {
    role: "viewer",
    summary: "A statistic of a feature over time; one line, or one per value of a label, model or device",
    query: z.strictObject({
      feature: featureName.optional(),
      stat: z.enum(seriesStats),
      /** For `share`. */
      category: z.string().max(256).optional(),
      selector: selectorField.default(""),
      model: modelReference.optional(),
      /** A label's key, `model` or `device`. */
      groupBy: z.string().max(63).optional(),
      from: atMsQuery.optional(),
      to: atMsQuery.optional(),
      bucketMs: wholeQuery(100, 31_536_000_000).default(60_000),
    }),
    response: series,
  }),
};
