import type { z } from "zod";
import { bundleRef } from "./fields.js";
import { auditCheck, auditEntry } from "./resources/audit.js";
import { device, deviceAlarm } from "./resources/device.js";
import {
  bin,
  cause,
  drift,
  driftLook,
  driftSetting,
  driftSettings,
  featureHistogram,
  featureQuantiles,
  scope,
  seasonKnown,
  seasonLearnt,
  series,
  tuning,
  verdict,
} from "./resources/drift.js";
import { deadLetter, deadLetterDetail, deadLetterTotals } from "./resources/dead-letter.js";
import { apiEvent } from "./resources/event.js";
import { accuracy, incident, incidentDetail } from "./resources/incident.js";
import { envelope, model, modelDetail } from "./resources/model.js";
import { counters, overview, readiness } from "./resources/overview.js";
import { metricsBackfill, metricsHours, metricsStanding } from "./resources/metrics.js";
import { retrainJob, retrainRequest } from "./resources/retrain-job.js";
import { gate, rollout, rolloutDevice, rolloutPlan, rolloutRequest, rolloutSummary } from "./resources/rollout.js";
import { labelOutcome, sample } from "./resources/sample.js";
import { channel, delivery, silence, subscription, subscriptionRequest } from "./resources/subscription.js";
import { accessToken, enrolmentToken, trustedKey } from "./resources/token.js";

/** Schemas that have a name of their own in the OpenAPI document. */
export const namedSchemas: Readonly<Record<string, z.ZodType>> = {
  AccessToken: accessToken,
  Accuracy: accuracy,
  ApiEvent: apiEvent,
  AuditCheck: auditCheck,
  AuditEntry: auditEntry,
  Bin: bin,
  BundleRef: bundleRef,
  Cause: cause,
  Channel: channel,
  Counters: counters,
  DeadLetter: deadLetter,
  DeadLetterDetail: deadLetterDetail,
  DeadLetterTotals: deadLetterTotals,
  Delivery: delivery,
  Device: device,
  DeviceAlarm: deviceAlarm,
  Drift: drift,
  DriftLook: driftLook,
  DriftSetting: driftSetting,
  DriftSettings: driftSettings,
  EnrolmentToken: enrolmentToken,
  Envelope: envelope,
  FeatureHistogram: featureHistogram,
  FeatureQuantiles: featureQuantiles,
  Gate: gate,
  Incident: incident,
  IncidentDetail: incidentDetail,
  LabelOutcome: labelOutcome,
  MetricsBackfill: metricsBackfill,
  MetricsHours: metricsHours,
  MetricsStanding: metricsStanding,
  Model: model,
  ModelDetail: modelDetail,
  Overview: overview,
  Readiness: readiness,
  RetrainJob: retrainJob,
  RetrainRequest: retrainRequest,
  Rollout: rollout,
  RolloutDevice: rolloutDevice,
  RolloutPlan: rolloutPlan,
  RolloutRequest: rolloutRequest,
  RolloutSummary: rolloutSummary,
  Sample: sample,
  Scope: scope,
  SeasonKnown: seasonKnown,
  SeasonLearnt: seasonLearnt,
  Series: series,
  Silence: silence,
  Subscription: subscription,
  SubscriptionRequest: subscriptionRequest,
  TrustedKey: trustedKey,
  Tuning: tuning,
  Verdict: verdict,
};
