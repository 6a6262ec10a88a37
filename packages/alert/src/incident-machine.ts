import { isAtLeast, type Severity, type Sha256, type Step } from "@kedge/core";
import { type Cause, explainCause, scopeName } from "@kedge/drift";
import { type HistoryEntry, type Incident, incidentLimits, peakScore, type Resolution } from "./incident.js";
import type { IncidentPolicy } from "./incident-policy.js";

/** What happens to an incident. */
export type IncidentEvent =
  /** A look showed its cause, or part of it. */
  | { readonly kind: "Seen"; readonly cause: Cause; readonly bundleDigest: Sha256; readonly atMs: number }
  /** A look showed that it is more than it was held for: the scope grows. */
  | { readonly kind: "Widened"; readonly cause: Cause; readonly bundleDigest: Sha256; readonly atMs: number }
  /** Its devices were judged, and are clean. */
  | { readonly kind: "Cleared"; readonly atMs: number }
  /** Another incident, whose scope holds this one's, tells of it. */
  | { readonly kind: "Superseded"; readonly by: string; readonly atMs: number }
  | { readonly kind: "Acknowledge"; readonly actor: string; readonly note: string; readonly atMs: number }
  | { readonly kind: "Resolve"; readonly actor: string; readonly reason: string; readonly atMs: number }
  /** What is being done about it. */
  | { readonly kind: "Annotate"; readonly message: string; readonly jobId?: string; readonly rolloutId?: string; readonly atMs: number };

/** What to do about a step. `noticeId` is the same whenever the effect is run again. */
export type IncidentEffect =
  | {
      readonly kind: "Notify";
      readonly type: "drift.detected" | "drift.updated" | "drift.resolved";
      readonly incidentId: string;
      readonly noticeId: string;
      readonly atMs: number;
    }
  /** It never opened, and need not be kept. */
  | { readonly kind: "Forget"; readonly incidentId: string };

type IncidentStep = Step<Incident, IncidentEffect>;
type NoticeType = Extract<IncidentEffect, { readonly kind: "Notify" }>["type"];

function logged(incident: Incident, entry: HistoryEntry): Incident {
  const history = [...incident.history, entry];
  const dropped = Math.max(0, history.length - incidentLimits.history);
  return { ...incident, updatedAtMs: entry.atMs, history: history.slice(dropped), historyDropped: incident.historyDropped + dropped };
}

function notify(incident: Incident, type: NoticeType, atMs: number): { readonly to: Incident; readonly effects: readonly IncidentEffect[] } {
  const notices = incident.notices + 1;
  const { incidentId } = incident;
  return { to: { ...incident, notices }, effects: [{ kind: "Notify", type, incidentId, noticeId: `${incidentId}.${type}.${notices}`, atMs }] };
}

/** What of a cause is kept: the clearest look's evidence, all devices ever seen, the worst severity. */
function withCause(incident: Incident, cause: Cause, bundleDigest: Sha256, atMs: number): Incident {
  const isClearer = (cause.features[0]?.score ?? 0) > peakScore(incident);
  const worse = isAtLeast(cause.severity, incident.severity) ? cause.severity : incident.severity;
  return {
    ...incident,
    bundleDigest,
    severity: worse,
    ...(isClearer
      ? {
          evidence: cause.features.slice(0, incidentLimits.evidence),
          explanation: explainCause(cause),
          causeClass: cause.causeClass,
          retrainAdvised: cause.retrainAdvised,
        }
      : {}),
    deviceIds: [...new Set([...incident.deviceIds, ...cause.deviceIds])].slice(0, incidentLimits.deviceIds),
    onsetMs: earlier(incident.onsetMs, cause.onsetMs),
    // Two causes of one look can be parts of one incident: that is one look.
    looks: incident.lastSeenAtMs === atMs && incident.looks > 0 ? incident.looks : incident.looks + 1,
    lastSeenAtMs: atMs,
    updatedAtMs: atMs,
    clearLooks: 0,
    clearSinceMs: null,
  };
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

/** Opens a pending incident once it was seen often and long enough. */
function openIfDue(incident: Incident, policy: IncidentPolicy, atMs: number): IncidentStep {
  if (incident.looks < policy.openAfterLooks || atMs - incident.createdAtMs < policy.openAfterMs) return { to: incident, effects: [] };
  const message = `opened after ${incident.looks} looks: ${scopeName(incident.scope)}`;
  return notify(logged({ ...incident, state: "OPEN", openedAtMs: atMs }, { atMs, kind: "opened", message, actor: null }), "drift.detected", atMs);
}

function seen(before: Incident, event: Extract<IncidentEvent, { readonly kind: "Seen" | "Widened" }>, policy: IncidentPolicy): IncidentStep {
  const { cause, atMs } = event;
  let incident = withCause(before, cause, event.bundleDigest, atMs);
  const isWider = event.kind === "Widened";
  if (isWider) {
    // The narrower story's evidence is of fewer devices: the wider one's replaces it, however strong it was.
    const evidence = cause.features.slice(0, incidentLimits.evidence);
    const { scope, causeClass, retrainAdvised } = cause;
    const message = `${scopeName(before.scope)} is part of ${scopeName(scope)}`;
    incident = logged(
      { ...incident, scope, evidence, causeClass, retrainAdvised, explanation: explainCause(cause) },
      { atMs, kind: "widened", message, actor: null },
    );
  }
  if (before.state === "PENDING") return openIfDue(incident, policy, atMs);
  const isWorse = worsened(before.severity, incident.severity);
  if (isWorse) incident = logged(incident, { atMs, kind: "worsened", message: `from ${before.severity} to ${incident.severity}`, actor: null });
  return isWorse || isWider ? notify(incident, "drift.updated", atMs) : { to: incident, effects: [] };
}

function worsened(from: Severity, to: Severity): boolean {
  return from !== to && isAtLeast(to, from);
}

function ended(incident: Incident, resolution: Resolution, entry: HistoryEntry, supersededBy: string | null = null): IncidentStep {
  const to = logged({ ...incident, state: "RESOLVED", resolution, resolvedAtMs: entry.atMs, supersededBy }, entry);
  if (incident.state !== "PENDING") return notify(to, "drift.resolved", entry.atMs);
  return { to, effects: resolution === "by-hand" ? [] : [{ kind: "Forget", incidentId: incident.incidentId }] };
}

function cleared(incident: Incident, atMs: number, policy: IncidentPolicy): IncidentStep {
  // "In a row": one clean look is enough to let go of what nobody was told of.
  if (incident.state === "PENDING") return ended(incident, "vanished", { atMs, kind: "resolved", message: "not seen again", actor: null });
  const clearSinceMs = incident.clearSinceMs ?? atMs;
  const counted = { ...incident, clearLooks: incident.clearLooks + 1, clearSinceMs, updatedAtMs: atMs };
  if (counted.clearLooks >= policy.resolveAfterLooks && atMs - clearSinceMs >= policy.resolveAfterMs) {
    return ended(counted, "cleared", { atMs, kind: "resolved", message: `clean in ${counted.clearLooks} looks in a row`, actor: null });
  }
  return {
    to: counted.clearLooks > 1 ? counted : logged(counted, { atMs, kind: "clearing", message: "its devices were seen clean", actor: null }),
    effects: [],
  };
}

function acknowledged(incident: Incident, event: Extract<IncidentEvent, { readonly kind: "Acknowledge" }>): IncidentStep {
  if (incident.state === "PENDING") return { refused: "the incident is not open yet" };
  if (incident.state === "ACKNOWLEDGED") return { refused: `${incident.acknowledgedBy ?? "somebody"} has acknowledged the incident already` };
  const { atMs, actor, note } = event;
  const to: Incident = { ...incident, state: "ACKNOWLEDGED", acknowledgedAtMs: atMs, acknowledgedBy: actor };
  return { to: logged(to, { atMs, kind: "acknowledged", message: note, actor }), effects: [] };
}

/**
 * The incident machine. Invariants: RESOLVED is final (only notes are added); PENDING is never told of, and everything
 * that was told of is told to be over; severity never falls while it lasts; history, evidence and devices are bounded.
 */
export function stepIncident(incident: Incident, event: IncidentEvent, policy: IncidentPolicy): IncidentStep {
  if (event.kind === "Annotate") {
    const { jobId = incident.jobId, rolloutId = incident.rolloutId, message, atMs } = event;
    return { to: logged({ ...incident, jobId, rolloutId }, { atMs, kind: "note", message, actor: null }), effects: [] };
  }
  if (incident.state === "RESOLVED") return { refused: "the incident is resolved, which is final" };
  switch (event.kind) {
    case "Seen":
    case "Widened":
      return seen(incident, event, policy);
    case "Cleared":
      return cleared(incident, event.atMs, policy);
    case "Superseded": {
      const entry: HistoryEntry = { atMs: event.atMs, kind: "superseded", message: `told by ${event.by}`, actor: null };
      return ended(incident, "superseded", entry, event.by);
    }
    case "Acknowledge":
      return acknowledged(incident, event);
    case "Resolve":
      return ended(incident, "by-hand", { atMs: event.atMs, kind: "resolved", message: event.reason, actor: event.actor });
  }
}

/** What a new incident is made of. */
export interface FirstSight {
  readonly incidentId: string;
  readonly modelName: string;
  readonly bundleDigest: Sha256;
  readonly cause: Cause;
  readonly atMs: number;
}

/** An incident at the first sight of its cause: pending, unless the policy opens at once. */
export function newIncident(sight: FirstSight, policy: IncidentPolicy): { readonly to: Incident; readonly effects: readonly IncidentEffect[] } {
  const { incidentId, modelName, bundleDigest, cause, atMs } = sight;
  const blank: Incident = {
    incidentId,
    state: "PENDING",
    modelName,
    bundleDigest,
    scope: cause.scope,
    severity: cause.severity,
    causeClass: cause.causeClass,
    retrainAdvised: cause.retrainAdvised,
    explanation: explainCause(cause),
    evidence: cause.features.slice(0, incidentLimits.evidence),
    deviceIds: [],
    onsetMs: null,
    createdAtMs: atMs,
    openedAtMs: null,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    resolvedAtMs: null,
    resolution: null,
    supersededBy: null,
    updatedAtMs: atMs,
    lastSeenAtMs: atMs,
    looks: 0,
    clearLooks: 0,
    clearSinceMs: null,
    notices: 0,
    jobId: null,
    rolloutId: null,
    history: [{ atMs, kind: "seen", message: `first seen at ${scopeName(cause.scope)}`, actor: null }],
    historyDropped: 0,
  };
  const step = openIfDue(withCause(blank, cause, bundleDigest, atMs), policy, atMs);
  return "refused" in step ? { to: blank, effects: [] } : step;
}
