import type { DeviceId, Json, Labels, Severity } from "@kedge/core";
import type { Verdict } from "@kedge/drift";
import type { EventType } from "./event-type.js";
import { changeOf, type Incident, incidentTitle } from "./incident.js";

/** Something to tell. Subscriptions and silences look at its head; receivers get {@link envelopeOf} it. */
export interface Notification {
  /** The same whenever the same thing is told again: ids of deliveries are made of it. At most 60 characters of an id. */
  readonly noticeId: string;
  readonly type: EventType;
  readonly atMs: number;
  readonly severity: Severity;
  /** The incident it belongs to. */
  readonly incidentId: string | null;
  readonly title: string;
  /** The devices it is about, and the labels they have; empty when it is about none. */
  readonly deviceIds: readonly DeviceId[];
  readonly deviceLabels: readonly Labels[];
  readonly data: { readonly [key: string]: Json };
}

/** What receivers get. Source: Standard Webhooks 1.0, "payload structure". */
export interface Envelope {
  readonly type: EventType;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly data: { readonly [key: string]: Json };
}

/** A moment as RFC 3339 in UTC; `null` stays `null`. */
export function isoTime(atMs: number): string;
export function isoTime(atMs: number | null): string | null;
export function isoTime(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

export function envelopeOf(notification: Notification): Envelope {
  const { noticeId, type, atMs, severity, incidentId, title, data } = notification;
  return { type, timestamp: isoTime(atMs), data: { noticeId, severity, incidentId, title, ...data } };
}

/** How much of a long list is told; the rest is a number. */
const shown = { devices: 50, features: 5, bins: 3 } as const;

function evidenceOf(verdict: Verdict): Json {
  const { feature, role, score, limit, pValue, alpha, eValue, evidence, change, rows, designEffect, referenceRows, interval, topBins } = verdict;
  const bins = topBins.slice(0, shown.bins).map(({ label, reference, current }) => ({ label, reference, current }));
  const figures = { score, limit, pValue, alpha, eValue, evidence, rows, designEffect, referenceRows, interval: [...interval] };
  return { feature, role, change, ...figures, topBins: bins };
}

/** What is said of an incident: who, what, how sure, since when, and where to look. */
export function incidentFacts(incident: Incident, links: Readonly<Record<string, string>> = {}): { readonly [key: string]: Json } {
  const { scope } = incident;
  return {
    state: incident.state,
    resolution: incident.resolution,
    supersededBy: incident.supersededBy,
    model: incident.modelName,
    bundleDigest: incident.bundleDigest,
    scope: scope.kind,
    selector: scope.kind === "cohort" ? scope.selector : null,
    deviceId: scope.kind === "device" ? scope.deviceId : null,
    causeClass: incident.causeClass,
    change: changeOf(incident),
    retrainAdvised: incident.retrainAdvised,
    explanation: incident.explanation,
    devices: { count: incident.deviceIds.length, ids: incident.deviceIds.slice(0, shown.devices) },
    evidence: incident.evidence.slice(0, shown.features).map(evidenceOf),
    onset: isoTime(incident.onsetMs),
    openedAt: isoTime(incident.openedAtMs),
    acknowledgedAt: isoTime(incident.acknowledgedAtMs),
    acknowledgedBy: incident.acknowledgedBy,
    resolvedAt: isoTime(incident.resolvedAtMs),
    jobId: incident.jobId,
    rolloutId: incident.rolloutId,
    links,
  };
}

/** A notice about an incident as it is now. `deviceLabels` are those of its devices. */
export function incidentNotification(
  incident: Incident,
  notice: { readonly type: EventType; readonly noticeId: string; readonly atMs: number },
  context: { readonly deviceLabels: readonly Labels[]; readonly links?: Readonly<Record<string, string>> },
): Notification {
  return {
    ...notice,
    severity: incident.severity,
    incidentId: incident.incidentId,
    title: incidentTitle(incident),
    deviceIds: incident.deviceIds,
    deviceLabels: context.deviceLabels,
    data: incidentFacts(incident, context.links),
  };
}
