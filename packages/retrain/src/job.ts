import type { Step, Transition } from "@kedge/core";
import type { AcceptanceResult } from "./acceptance.js";

/** Where a retrain job is. The last four are final. */
export const jobStates = ["COLLECTING", "TRAINING", "GATING", "PASSED", "REGISTERED", "REJECTED", "FAILED", "CANCELLED"] as const;

/** One of {@link jobStates}. */
export type JobState = (typeof jobStates)[number];

/** From an incident to a candidate. */
export interface RetrainJob {
  readonly id: string;
  readonly incidentId: string;
  readonly modelName: string;
  /** The bundle that drifted: what the candidate must beat. */
  readonly runningDigest: string;
  /** Whose frames are labelled, as a label selector; empty for the fleet. */
  readonly selector: string;
  readonly seed: number;
  readonly wantedFrames: number;
  readonly labelledFrames: number;
  readonly state: JobState;
  /** How many trainings were started. */
  readonly attempt: number;
  readonly createdAtMs: number;
  readonly stateSinceMs: number;
  /** Why a final state was reached, or the last attempt failed. */
  readonly reason: string | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly gate: AcceptanceResult | null;
  readonly candidateDigest: string | null;
}

/** What happened to a job. */
export type JobEvent =
  | { readonly kind: "FramesLabelled"; readonly total: number }
  | { readonly kind: "TrainingFinished"; readonly attempt: number; readonly metrics: Readonly<Record<string, number>> }
  | { readonly kind: "TrainingFailed"; readonly attempt: number; readonly reason: string; readonly retryable: boolean }
  | { readonly kind: "GateJudged"; readonly attempt: number; readonly result: AcceptanceResult }
  | { readonly kind: "GateBroke"; readonly attempt: number; readonly reason: string }
  | { readonly kind: "CandidateRegistered"; readonly digest: string }
  | { readonly kind: "RegistrationFailed"; readonly reason: string }
  | { readonly kind: "CancelRequested"; readonly reason: string }
  | { readonly kind: "TimePassed" }
  | { readonly kind: "ProgramRestarted" };

/** The kinds of {@link JobEvent}. */
export const jobEventKinds = [
  "FramesLabelled",
  "TrainingFinished",
  "TrainingFailed",
  "GateJudged",
  "GateBroke",
  "CandidateRegistered",
  "RegistrationFailed",
  "CancelRequested",
  "TimePassed",
  "ProgramRestarted",
] as const satisfies readonly JobEvent["kind"][];

/** What the program must do. `id` is the same when an effect is asked for again, so that doing it twice can be told. */
export type JobEffect =
  | { readonly kind: "RequestLabels"; readonly id: string; readonly selector: string; readonly wantedFrames: number }
  | { readonly kind: "StartTraining"; readonly id: string; readonly attempt: number; readonly seed: number }
  | { readonly kind: "StopTraining"; readonly id: string; readonly attempt: number }
  | { readonly kind: "RunGate"; readonly id: string; readonly attempt: number }
  | { readonly kind: "RegisterCandidate"; readonly id: string; readonly attempt: number }
  | {
      readonly kind: "Notify";
      readonly id: string;
      readonly event: "retrain.started" | "retrain.succeeded" | "retrain.rejected" | "retrain.failed";
      readonly reason: string;
    };

/** The clock and the bounds of a job. */
export interface JobContext {
  readonly nowMs: number;
  readonly maxAttempts: number;
  readonly collectTimeoutMs: number;
  readonly trainTimeoutMs: number;
}

const finalStates: ReadonlySet<JobState> = new Set(["REGISTERED", "REJECTED", "FAILED", "CANCELLED"]);

/** Whether a job can change no more. */
export function isFinal(state: JobState): boolean {
  return finalStates.has(state);
}

type Next = Transition<RetrainJob, JobEffect>;

function move(job: RetrainJob, state: JobState, nowMs: number, change: Partial<RetrainJob>, effects: readonly JobEffect[]): Next {
  return { to: { ...job, ...change, state, stateSinceMs: state === job.state ? job.stateSinceMs : nowMs }, effects };
}

function notify(job: RetrainJob, event: Extract<JobEffect, { kind: "Notify" }>["event"], reason: string): JobEffect {
  return { kind: "Notify", id: `${job.id}/${event}`, event, reason };
}

const requestLabels = (job: RetrainJob): JobEffect => ({
  kind: "RequestLabels",
  id: `${job.id}/labels`,
  selector: job.selector,
  wantedFrames: job.wantedFrames,
});
const runGate = (job: RetrainJob): JobEffect => ({ kind: "RunGate", id: `${job.id}/gate/${job.attempt}`, attempt: job.attempt });
const register = (job: RetrainJob): JobEffect => ({ kind: "RegisterCandidate", id: `${job.id}/register`, attempt: job.attempt });
const stopTraining = (job: RetrainJob): JobEffect => ({ kind: "StopTraining", id: `${job.id}/stop/${job.attempt}`, attempt: job.attempt });

function fail(job: RetrainJob, nowMs: number, reason: string, effects: readonly JobEffect[] = []): Next {
  return move(job, "FAILED", nowMs, { reason }, [...effects, notify(job, "retrain.failed", reason)]);
}

/** Another seed per attempt: what diverged once would diverge again. */
function train(job: RetrainJob, nowMs: number, reason: string | null): Next {
  const attempt = job.attempt + 1;
  const start: JobEffect = { kind: "StartTraining", id: `${job.id}/train/${attempt}`, attempt, seed: (job.seed + attempt - 1) >>> 0 };
  const first = attempt === 1 ? [notify(job, "retrain.started", `${job.labelledFrames} labelled frames are there`)] : [];
  return move({ ...job, stateSinceMs: nowMs }, "TRAINING", nowMs, { attempt, reason }, [start, ...first]);
}

function trainAgain(job: RetrainJob, context: JobContext, reason: string, before: readonly JobEffect[]): Next {
  if (job.attempt >= context.maxAttempts) return fail(job, context.nowMs, `${reason} (attempt ${job.attempt} of ${context.maxAttempts})`, before);
  const next = train(job, context.nowMs, reason);
  return { to: next.to, effects: [...before, ...next.effects] };
}

/** A new job: it collects labels first. */
export function openJob(
  facts: Pick<RetrainJob, "id" | "incidentId" | "modelName" | "runningDigest" | "selector" | "seed" | "wantedFrames">,
  nowMs: number,
): Next {
  const job: RetrainJob = {
    ...facts,
    labelledFrames: 0,
    state: "COLLECTING",
    attempt: 0,
    createdAtMs: nowMs,
    stateSinceMs: nowMs,
    reason: null,
    metrics: null,
    gate: null,
    candidateDigest: null,
  };
  return { to: job, effects: [requestLabels(job)] };
}

function onTime(job: RetrainJob, context: JobContext): Next {
  const inStateMs = context.nowMs - job.stateSinceMs;
  if (job.state === "COLLECTING" && inStateMs >= context.collectTimeoutMs) {
    return fail(job, context.nowMs, `only ${job.labelledFrames} of ${job.wantedFrames} frames were labelled in time`);
  }
  if (job.state === "TRAINING" && inStateMs >= context.trainTimeoutMs) return trainAgain(job, context, "the training took too long", [stopTraining(job)]);
  return move(job, job.state, context.nowMs, {}, []);
}

/** A restart lost the trainer's process: that attempt is over. The other states only ask again for what they wait for. */
function onRestart(job: RetrainJob, context: JobContext): Next {
  switch (job.state) {
    case "COLLECTING":
      return { to: job, effects: [requestLabels(job)] };
    case "TRAINING":
      return trainAgain(job, context, "the program restarted during the training", []);
    case "GATING":
      return { to: job, effects: [runGate(job)] };
    default:
      return { to: job, effects: [register(job)] };
  }
}

const expectedIn: Readonly<Record<JobEvent["kind"], readonly JobState[]>> = {
  FramesLabelled: ["COLLECTING"],
  TrainingFinished: ["TRAINING"],
  TrainingFailed: ["TRAINING"],
  GateJudged: ["GATING"],
  GateBroke: ["GATING"],
  CandidateRegistered: ["PASSED"],
  RegistrationFailed: ["PASSED"],
  CancelRequested: ["COLLECTING", "TRAINING", "GATING", "PASSED"],
  TimePassed: ["COLLECTING", "TRAINING", "GATING", "PASSED"],
  ProgramRestarted: ["COLLECTING", "TRAINING", "GATING", "PASSED"],
};

/**
 * The job's machine. Invariants: a final state never changes; a candidate is registered only after the gate passed it;
 * no more than `maxAttempts` trainings start; word of an earlier attempt is refused; every final state but CANCELLED by
 * its reason is told with one notification, and CANCELLED too.
 */
export function stepJob(job: RetrainJob, event: JobEvent, context: JobContext): Step<RetrainJob, JobEffect> {
  if (!expectedIn[event.kind].includes(job.state)) return { refused: `${event.kind} means nothing to a job that is ${job.state}` };
  if ("attempt" in event && event.attempt !== job.attempt) return { refused: `${event.kind} is of attempt ${event.attempt}, but attempt ${job.attempt} runs` };
  const { nowMs } = context;
  switch (event.kind) {
    case "FramesLabelled": {
      const counted = { ...job, labelledFrames: Math.max(job.labelledFrames, event.total) };
      return counted.labelledFrames >= job.wantedFrames ? train(counted, nowMs, null) : { to: counted, effects: [] };
    }
    case "TrainingFinished":
      return move(job, "GATING", nowMs, { metrics: event.metrics, reason: null }, [runGate(job)]);
    case "TrainingFailed":
      return event.retryable ? trainAgain(job, context, event.reason, []) : fail(job, nowMs, event.reason);
    case "GateJudged": {
      const { result } = event;
      if (result.passed) return move(job, "PASSED", nowMs, { gate: result }, [register(job)]);
      return move(job, "REJECTED", nowMs, { gate: result, reason: result.sentence }, [notify(job, "retrain.rejected", result.sentence)]);
    }
    case "GateBroke":
    case "RegistrationFailed":
      return fail(job, nowMs, event.reason);
    case "CandidateRegistered":
      return move(job, "REGISTERED", nowMs, { candidateDigest: event.digest }, [notify(job, "retrain.succeeded", job.gate?.sentence ?? "")]);
    case "CancelRequested": {
      const stop = job.state === "TRAINING" ? [stopTraining(job)] : [];
      return move(job, "CANCELLED", nowMs, { reason: event.reason }, [...stop, notify(job, "retrain.failed", `cancelled: ${event.reason}`)]);
    }
    case "TimePassed":
      return onTime(job, context);
    case "ProgramRestarted":
      return onRestart(job, context);
  }
}
