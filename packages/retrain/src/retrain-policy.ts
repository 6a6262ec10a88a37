import { isAtLeast, type Severity, severities } from "@kedge/core";
import { z } from "zod";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** When an incident may start a training by itself. */
export const retrainPolicySchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    /** One device that drifts alone is more often broken than right. */
    scopes: z
      .array(z.enum(["device", "cohort", "fleet"]))
      .min(1)
      .readonly()
      .default(["cohort", "fleet"]),
    minSeverity: z.enum(severities).default("warning"),
    /** From the end of a job to the next of the same model: a rollout and its observation take hours. */
    cooldownMs: z
      .int()
      .nonnegative()
      .default(6 * hourMs),
    maxPerDay: z.int().min(1).default(4),
    /** Labelled drifted frames that a job waits for: a quarter is held back, and 75 show a gain of 15 points. */
    minLabelledFrames: z.int().min(1).default(300),
    /** Share of the labelled frames that is held back for the gate. */
    heldBackShare: z.number().gt(0).lt(1).default(0.25),
  })
  .readonly();

/** {@link retrainPolicySchema}, parsed. */
export type RetrainPolicy = z.infer<typeof retrainPolicySchema>;

/** What the policy needs to know of an incident. */
export interface IncidentFacts {
  readonly id: string;
  readonly modelName: string;
  readonly scope: "device" | "cohort" | "fleet";
  readonly severity: Severity;
  /** Whether new data would help: true for a shifted population, false for a stuck or mis-scaled sensor. */
  readonly retrainAdvised: boolean;
  readonly open: boolean;
}

/** What the policy needs to know of earlier jobs. `endedAtMs` is null while one runs. */
export interface PastJob {
  readonly incidentId: string;
  readonly modelName: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

/** Why no training starts. */
export type RetrainRefusal = "disabled" | "closed" | "scope" | "severity" | "not-advised" | "running" | "already-tried" | "cooldown" | "daily-limit";

/** Whether an incident starts a training; when it does not, why, and when to ask again if waiting helps. */
export type RetrainDecision =
  | { readonly start: true; readonly reason: string }
  | { readonly start: false; readonly refusal: RetrainRefusal; readonly reason: string; readonly retryAtMs: number | null };

function no(refusal: RetrainRefusal, reason: string, retryAtMs: number | null = null): RetrainDecision {
  return { start: false, refusal, reason, retryAtMs };
}

/** Decides whether `incident` starts a training now. One job at a time per model, one per incident. */
export function decideRetrain(incident: IncidentFacts, past: readonly PastJob[], policy: RetrainPolicy, nowMs: number): RetrainDecision {
  if (!policy.enabled) return no("disabled", "retraining by itself is switched off");
  if (!incident.open) return no("closed", "the incident is no longer open");
  if (!policy.scopes.includes(incident.scope))
    return no("scope", `an incident of one ${incident.scope} starts no training (allowed: ${policy.scopes.join(", ")})`);
  if (!isAtLeast(incident.severity, policy.minSeverity)) return no("severity", `severity ${incident.severity} is below ${policy.minSeverity}`);
  if (!incident.retrainAdvised) return no("not-advised", "the cause is one that new data would not mend");
  const same = past.filter((j) => j.modelName === incident.modelName);
  if (same.some((j) => j.endedAtMs === null)) return no("running", `a training of ${incident.modelName} is under way`);
  if (same.some((j) => j.incidentId === incident.id)) return no("already-tried", "this incident has had its training; start another by hand");
  const lastEndMs = same.reduce((last, j) => Math.max(last, j.endedAtMs ?? last), Number.NEGATIVE_INFINITY);
  if (nowMs - lastEndMs < policy.cooldownMs)
    return no("cooldown", `the last training of ${incident.modelName} ended less than the cooldown ago`, lastEndMs + policy.cooldownMs);
  const today = same.filter((j) => nowMs - j.createdAtMs < dayMs).map((j) => j.createdAtMs);
  if (today.length >= policy.maxPerDay) {
    const oldest = [...today].sort((a, b) => a - b)[today.length - policy.maxPerDay] ?? nowMs;
    return no("daily-limit", `${incident.modelName} had ${today.length} trainings within a day`, oldest + dayMs);
  }
  return { start: true, reason: `the ${incident.scope} drifted and new data would help` };
}
