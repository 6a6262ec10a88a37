import type { IncidentDetail } from "@kedge/api";
import { type DeviceId, isAtLeast, matchesSelector, parseSelector } from "@kedge/core";
import { isActive } from "@kedge/alert";
import type { Queries } from "../commands.js";
import type { Services } from "../services.js";
import { findModel, incidentAccuracy, incidentsNow, labelsOf } from "./lookup.js";
import { pageOf } from "./paging.js";
import { planOf } from "./rollout-commands.js";
import { deliveryView, incidentView, jobView, rolloutSummaryView, rolloutView, sampleView, silenceView, subscriptionView } from "./views.js";

type ResponseQueries = Pick<
  Queries,
  | "planRollout"
  | "rollouts"
  | "rollout"
  | "incidents"
  | "incident"
  | "retrainJobs"
  | "retrainJob"
  | "samples"
  | "sample"
  | "subscriptions"
  | "subscription"
  | "deliveries"
  | "silences"
>;

/** One incident with events, evidence and accuracy. */
export async function incidentDetail(services: Services, incidentId: string): Promise<IncidentDetail | undefined> {
  const incident = (await services.documents.incidents.get(incidentId))?.body;
  if (incident === undefined) return undefined;
  const silences = (await services.documents.silences.list()).map((s) => s.body);
  const head = incidentView(
    incident,
    await services.shelf.nameOf(incident.bundleDigest),
    silences,
    labelsOf(services, incident.deviceIds),
    services.clock.nowMs(),
  );
  return { ...head, events: incident.history, evidence: incident.evidence, accuracy: await incidentAccuracy(services, incident) };
}

function rolloutQueries(services: Services): Pick<Queries, "planRollout" | "rollouts" | "rollout"> {
  const { documents, shelf, fleet } = services;
  return {
    planRollout: async (asked) => {
      const planned = await planOf(services, asked);
      return planned.kind === "refused" ? planned : { kind: "done", value: planned.value.view };
    },
    async rollouts(asked) {
      const records = await documents.rollouts.list({ newestFirst: true, limit: 10_000, ...(asked.state === undefined ? {} : { status: [asked.state] }) });
      const page = pageOf(records, (r) => r.id, asked);
      return {
        ...page,
        items: await Promise.all(page.items.map(async (r) => rolloutSummaryView(r.body, await shelf.nameOf(r.body.state.bundleDigest), r.updatedMs))),
      };
    },
    async rollout(id) {
      const record = await documents.rollouts.get(id);
      return record === undefined
        ? undefined
        : rolloutView(record.body, await shelf.nameOf(record.body.state.bundleDigest), record.updatedMs, (d) => fleet.runningOf(d as DeviceId));
    },
  };
}

function incidentQueries(services: Services): Pick<Queries, "incidents" | "incident"> {
  const { documents, shelf, clock } = services;
  return {
    async incidents(asked) {
      const silences = (await documents.silences.list()).map((s) => s.body);
      const selector = asked.selector === undefined ? [] : parseSelector(asked.selector);
      const chosen = (await incidentsNow(services)).filter(
        (i) =>
          (asked.state === undefined || (asked.state === "active" ? isActive(i) : i.state === asked.state)) &&
          (asked.minSeverity === undefined || isAtLeast(i.severity, asked.minSeverity)) &&
          (asked.selector === undefined ||
            (typeof selector !== "string" && labelsOf(services, i.deviceIds).some((labels) => matchesSelector(selector, labels)))),
      );
      const page = pageOf(chosen, (i) => i.incidentId, asked);
      return {
        ...page,
        items: await Promise.all(
          page.items.map(async (i) => incidentView(i, await shelf.nameOf(i.bundleDigest), silences, labelsOf(services, i.deviceIds), clock.nowMs())),
        ),
      };
    },
    incident: (id) => incidentDetail(services, id),
  };
}

function learningQueries(services: Services): Pick<Queries, "retrainJobs" | "retrainJob" | "samples" | "sample"> {
  const { documents, fleet, series } = services;
  return {
    async retrainJobs(asked) {
      const records = await documents.jobs.list({ newestFirst: true, limit: 10_000, ...(asked.state === undefined ? {} : { status: [asked.state] }) });
      return pageOf(
        records.map((r) => jobView(r.body)),
        (j) => j.jobId,
        asked,
      );
    },
    async retrainJob(id) {
      const record = await documents.jobs.get(id);
      return record === undefined ? undefined : jobView(record.body);
    },
    async samples(asked) {
      const selector = parseSelector(asked.selector);
      const members = fleet.members(typeof selector === "string" ? [] : selector).filter((d) => asked.deviceId === undefined || d.deviceId === asked.deviceId);
      const model = asked.model === undefined ? undefined : (await findModel(services, asked.model))?.digest;
      const found = await series.samples({
        deviceIds: members.map((d) => d.deviceId),
        limit: asked.limit + 1,
        ...(asked.state === "all" ? {} : { isLabelled: asked.state === "labelled" }),
        ...(asked.cursor === undefined ? {} : { after: asked.cursor }),
      });
      const page = found.slice(0, asked.limit);
      const nextCursor = found.length > asked.limit ? (page.at(-1)?.id ?? null) : null;
      return {
        items: page.filter((s) => asked.model === undefined || s.sample.bundleDigest === model).map((s) => sampleView(s, asked.inputs === "include")),
        nextCursor,
      };
    },
    async sample(id) {
      const found = await series.sample(id);
      return found === undefined ? undefined : sampleView(found, true);
    },
  };
}

function alertQueries(services: Services): Pick<Queries, "subscriptions" | "subscription" | "deliveries" | "silences"> {
  const { documents, clock } = services;
  return {
    async subscriptions(asked) {
      return pageOf(
        (await documents.subscriptions.list({ limit: 10_000 })).map((s) => subscriptionView(s.body)),
        (s) => s.subscriptionId,
        asked,
      );
    },
    async subscription(id) {
      const found = await documents.subscriptions.get(id);
      return found === undefined ? undefined : subscriptionView(found.body);
    },
    async deliveries(asked) {
      if ((await documents.subscriptions.get(asked.subscriptionId)) === undefined) return undefined;
      const all = (await documents.deliveries.list({ limit: 100_000 })).map((d) => d.body).filter((d) => d.subscriptionId === asked.subscriptionId);
      return pageOf(all.sort((a, b) => b.createdAtMs - a.createdAtMs).map(deliveryView), (d) => d.deliveryId, asked);
    },
    async silences(asked) {
      const all = (await documents.silences.list({ limit: 10_000 })).map((s) => s.body).sort((a, b) => b.untilMs - a.untilMs);
      return pageOf(
        all.map((s) => silenceView(s, clock.nowMs())),
        (s) => s.silenceId,
        asked,
      );
    },
  };
}

/** Rollouts, incidents, jobs, samples, subscriptions: what is being done. */
export function responseQueries(services: Services): ResponseQueries {
  return { ...rolloutQueries(services), ...incidentQueries(services), ...learningQueries(services), ...alertQueries(services) };
}
