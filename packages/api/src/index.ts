export { type ClientOptions, createClient, type Fetch, type FetchRequest, type FetchResponse, type KedgeClient } from "./client.js";
export { type ApiCode, apiCodes } from "./errors.js";
export { EventStreamFault, readEvents, type ServerSentEvent } from "./event-reader.js";
export type { BundleRef, Page } from "./fields.js";
export { openApiDocument } from "./open-api.js";
export { type Problem, problem, problemMediaType, problemOf, type RefusalReason } from "./problem.js";
export type { AuditCheck, AuditEntry } from "./resources/audit.js";
export type { DeadLetter, DeadLetterDetail, DeadLetterTotals } from "./resources/dead-letter.js";
export { type Device, type DeviceAlarm, deviceStates, type Quantile, updateStates } from "./resources/device.js";
export {
  type Bin,
  type Cause,
  anomalyRules,
  causeClasses,
  changes,
  type Drift,
  type DriftLook,
  type DriftSetting,
  type DriftSettings,
  evidenceSources,
  type FeatureHistogram,
  type FeatureQuantiles,
  featureRoles,
  type Scope,
  type SeasonLearnt,
  type Series,
  seriesStats,
  type Tuning,
  type Verdict,
} from "./resources/drift.js";
export { type ApiEvent, apiEvent, type NewApiEvent } from "./resources/event.js";
export { type Accuracy, type Incident, type IncidentDetail, incidentStates, resolutions } from "./resources/incident.js";
export type { MetricsBackfill, MetricsHours, MetricsStanding } from "./resources/metrics.js";
export { type Envelope, maxBlobBytes, type Model, type ModelDetail } from "./resources/model.js";
export type { Counters, Overview, Readiness } from "./resources/overview.js";
export { type RetrainJob, retrainStates } from "./resources/retrain-job.js";
export {
  type Gate,
  type Rollout,
  type RolloutPlan,
  type RolloutRequest,
  type RolloutSummary,
  rolloutDeviceStates,
  rolloutStates,
  waveStates,
} from "./resources/rollout.js";
export type { LabelOutcome, Sample } from "./resources/sample.js";
export { alertEvents, type Delivery, type Silence, type Subscription } from "./resources/subscription.js";
export type { AccessToken, EnrolmentToken, TrustedKey } from "./resources/token.js";
export { type InputOf, isAllowed, type OutputOf, type RequestOf, type Role, type Route, roles } from "./route.js";
export { allRoutes, type Routes, routes } from "./routes.js";
