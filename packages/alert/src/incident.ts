import type { DeviceId, Severity, Sha256 } from "@kedge/core";
import { type CauseClass, type Change, type Scope, scopeKey, scopeName, type Verdict } from "@kedge/drift";

/** Where an incident is. PENDING ones are not told of: they may be chance. */
export const incidentStates = ["PENDING", "OPEN", "ACKNOWLEDGED", "RESOLVED"] as const;

/** One of {@link incidentStates}. */
export type IncidentState = (typeof incidentStates)[number];

/** How an incident ended. `vanished`: it never opened. `superseded`: another one tells the same, better. */
export type Resolution = "cleared" | "by-hand" | "superseded" | "vanished";

/** One line of an incident's history. */
export interface HistoryEntry {
  readonly atMs: number;
  readonly kind: "seen" | "opened" | "worsened" | "widened" | "acknowledged" | "clearing" | "resolved" | "superseded" | "note";
  readonly message: string;
  readonly actor: string | null;
}

/** One cause of drift from its first sight to its end. Plain values, fit for JSON. */
export interface Incident {
  readonly incidentId: string;
  readonly state: IncidentState;
  readonly modelName: string;
  /** The bundle that the devices ran when it was last seen. */
  readonly bundleDigest: Sha256;
  readonly scope: Scope;
  readonly severity: Severity;
  readonly causeClass: CauseClass;
  readonly retrainAdvised: boolean;
  /** In plain words, of the look that showed it most clearly. */
  readonly explanation: string;
  /** The verdicts of that look, strongest first. */
  readonly evidence: readonly Verdict[];
  /** Devices that were seen to be part of it, at any time. */
  readonly deviceIds: readonly DeviceId[];
  readonly onsetMs: number | null;
  readonly createdAtMs: number;
  readonly openedAtMs: number | null;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAtMs: number | null;
  readonly resolution: Resolution | null;
  /** The incident that tells the same, better. */
  readonly supersededBy: string | null;
  readonly updatedAtMs: number;
  readonly lastSeenAtMs: number;
  /** In how many looks it was seen, and in how many since then its devices were seen clean. */
  readonly looks: number;
  readonly clearLooks: number;
  readonly clearSinceMs: number | null;
  /** How often it was told of; numbers the notices, so that each has an id of its own. */
  readonly notices: number;
  readonly jobId: string | null;
  readonly rolloutId: string | null;
  readonly history: readonly HistoryEntry[];
  /** Entries of the history that were let go for want of room. */
  readonly historyDropped: number;
}

/** What an incident may hold. The dearest is a verdict with its bins, some 400 bytes. */
export const incidentLimits = { evidence: 16, deviceIds: 1_000, history: 100 } as const;

/** By what two sights of a cause are the same incident: the model's name and the scope, across its versions. */
export function fingerprint(modelName: string, scope: Scope): string {
  return `${modelName}/${scopeKey(scope)}`;
}

/** Whether it is not over. */
export function isActive(incident: Incident): boolean {
  return incident.state !== "RESOLVED";
}

/** Whether it was told of and is not over. */
export function isOpen(incident: Incident): boolean {
  return incident.state === "OPEN" || incident.state === "ACKNOWLEDGED";
}

/** How strong the clearest look was, 0 to 1. */
export function peakScore(incident: Incident): number {
  return incident.evidence[0]?.score ?? 0;
}

/** Whether its devices were ever as the training reference says, by the look that showed it most clearly. */
export function changeOf(incident: Incident): Change {
  return incident.evidence[0]?.change ?? "drift";
}

/** The incident in a line: `Drift at cohort site=oslo: sharpness, edge_energy`; `Skew at …` where the devices never were as in training. */
export function incidentTitle(incident: Incident): string {
  const names = incident.evidence.map((v) => v.feature);
  const shown = names.slice(0, 3).join(", ");
  const word = changeOf(incident) === "skew" ? "Skew" : "Drift";
  return `${word} at ${scopeName(incident.scope)}: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
}
