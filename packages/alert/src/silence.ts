import type { Notification } from "./notification.js";
import { matchesAll } from "./subscription.js";

/** Keeps quiet about devices, or about one incident, for a while. Incidents still open. */
export interface Silence {
  readonly silenceId: string;
  /** All of the devices of what is silenced must match it: quiet about one site does not hide the fleet's. */
  readonly selector: string;
  readonly incidentId: string | null;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

export function silenceState(silence: Silence, nowMs: number): "pending" | "active" | "expired" {
  if (nowMs >= silence.untilMs) return "expired";
  return nowMs < silence.fromMs ? "pending" : "active";
}

/** What a silence is held against: a notification, or an incident with the labels of its devices. */
export type Silenceable = Pick<Notification, "incidentId" | "deviceLabels">;

/** Whether the silence holds now and is about this. */
export function isSilencedBy(silence: Silence, subject: Silenceable, nowMs: number): boolean {
  if (silenceState(silence, nowMs) !== "active") return false;
  if (silence.incidentId !== null && silence.incidentId !== subject.incidentId) return false;
  return matchesAll(silence.selector, subject.deviceLabels);
}

/** The first silence that holds, if any. */
export function silencing(silences: readonly Silence[], subject: Silenceable, nowMs: number): Silence | undefined {
  return silences.find((silence) => isSilencedBy(silence, subject, nowMs));
}
