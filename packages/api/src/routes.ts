import { auditRoutes } from "./resources/audit.js";
import { deadLetterRoutes } from "./resources/dead-letter.js";
import { deviceRoutes } from "./resources/device.js";
import { driftRoutes, seriesRoutes } from "./resources/drift.js";
import { eventRoutes } from "./resources/event.js";
import { incidentRoutes } from "./resources/incident.js";
import { metricsRoutes } from "./resources/metrics.js";
import { blobRoutes, modelRoutes } from "./resources/model.js";
import { healthRoutes, overviewRoutes } from "./resources/overview.js";
import { retrainRoutes } from "./resources/retrain-job.js";
import { rolloutRoutes } from "./resources/rollout.js";
import { sampleRoutes } from "./resources/sample.js";
import { silenceRoutes, subscriptionRoutes } from "./resources/subscription.js";
import { accessRoutes, keyRoutes, tokenRoutes } from "./resources/token.js";
import type { Route } from "./route.js";

/** The route table: everything that the collector answers to, by resource and verb. Server, client and OpenAPI document are made from it. */
export const routes = {
  overview: overviewRoutes,
  devices: deviceRoutes,
  tokens: tokenRoutes,
  access: accessRoutes,
  keys: keyRoutes,
  blobs: blobRoutes,
  models: modelRoutes,
  rollouts: rolloutRoutes,
  drift: driftRoutes,
  series: seriesRoutes,
  incidents: incidentRoutes,
  retrainJobs: retrainRoutes,
  samples: sampleRoutes,
  deadLetters: deadLetterRoutes,
  metrics: metricsRoutes,
  subscriptions: subscriptionRoutes,
  silences: silenceRoutes,
  audit: auditRoutes,
  events: eventRoutes,
  health: healthRoutes,
} as const;

/** See {@link routes}. */
export type Routes = typeof routes;

/** Every row of the table with its name, such as `rollouts.start`. */
export function allRoutes(): readonly { readonly name: string; readonly route: Route }[] {
  return Object.entries(routes).flatMap(([group, rows]) =>
    Object.entries(rows as Readonly<Record<string, Route>>).map(([verb, route]) => ({ name: `${group}.${verb}`, route })),
  );
}
