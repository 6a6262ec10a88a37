import { openApiDocument, type Readiness, routes } from "@kedge/api";
import type { Commands, Queries } from "../../commands.js";
import { done, found } from "../answers.js";
import type { On } from "../register.js";

/** Health, overview, devices, what was refused of them, and where their numbers are drawn. */
export function fleetRoutes(on: On, queries: Queries, commands: Commands, version: string): void {
  const document = openApiDocument(version);
  on(routes.health.live, async () => done({ status: "ok" as const }));
  on(routes.health.metrics, async () => done(await queries.metrics()));
  on(routes.health.openApi, async () => done(document));

  on(routes.overview.get, async () => done(await queries.overview()));
  on(routes.overview.counters, async (query) => done(await queries.counters(query)));

  on(routes.devices.list, async (query) => done(await queries.devices(query)));
  on(routes.devices.get, async ({ deviceId }) => found(await queries.device(deviceId), `device ${deviceId}`));
  on(routes.devices.alarms, async ({ deviceId }) => found(await queries.deviceAlarms(deviceId), `device ${deviceId}`));
  on(routes.deadLetters.list, async (query) => done(await queries.deadLetters(query)));
  on(routes.deadLetters.totals, async () => done(await queries.deadLetterTotals()));
  on(routes.deadLetters.get, async ({ letterId }) => found(await queries.deadLetter(letterId), `dead letter ${letterId}`));

  on(routes.metrics.standing, () => queries.metricsStanding());
  on(routes.metrics.hours, (query) => queries.metricsHours(query));
  on(routes.metrics.backfill, (request, caller) => commands.backfillMetrics(request, caller));

  on(routes.devices.label, (request, caller) => commands.labelDevice(request, caller));
  on(routes.devices.retire, (request, caller) => commands.retireDevice(request, caller));
}

/** The status that says whether to send work here. */
export function statusOfReadiness(readiness: Readiness): 200 | 503 {
  return readiness.ready ? 200 : 503;
}
