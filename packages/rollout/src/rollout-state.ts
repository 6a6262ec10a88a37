import type { DeviceId, Sha256 } from "@kedge/core";
import type { GateVerdict } from "./gate.js";
import type { RolloutPlan } from "./rollout-plan.js";

/** Where a rollout is. The last three are for good. */
export type RolloutStatus = "READY" | "RUNNING" | "PAUSED" | "ROLLING_BACK" | "ROLLED_BACK" | "ABORTED" | "FINISHED";

export type WaveStatus = "SCHEDULED" | "RUNNING" | "SOAKING" | "SUCCEEDED" | "FAILED";

/**
 * Where a device is. COMMITTED is said by the device, never assumed; UNREACHABLE said nothing in time and may still catch up (or, on the way
 * back, go back); FAILED refused, gave up or was not done in time; REVERTING was told to go back, REVERTED said that it did.
 */
export type DeviceStatus = "PENDING" | "OFFERED" | "UPDATING" | "COMMITTED" | "FAILED" | "UNREACHABLE" | "REVERTING" | "REVERTED";

export interface DeviceProgress {
  readonly wave: number;
  readonly status: DeviceStatus;
  /** What it ran when it was offered the new bundle; where a revert goes. Null: it ran nothing, so there is nothing to go back to. */
  readonly previousDigest: Sha256 | null;
  readonly reason: string;
}

export interface WaveState {
  readonly name: string;
  readonly status: WaveStatus;
  readonly deviceIds: readonly DeviceId[];
  readonly startedMs: number | null;
  /** Since when its gate is waited for. */
  readonly soakingSinceMs: number | null;
  readonly endedMs: number | null;
  readonly gate: readonly GateVerdict[];
}

/** A rollout as stored, whole. Times in ms since 1970. */
export interface RolloutState {
  readonly status: RolloutStatus;
  readonly bundleDigest: Sha256;
  /** The wave at hand. */
  readonly wave: number;
  readonly waves: readonly WaveState[];
  readonly devices: Readonly<Record<string, DeviceProgress>>;
  /** Failed devices that a wave bears. */
  readonly maxFailures: number;
  /** How long a wave may take to be observed, then its gate to pass, and a roll back to be observed. */
  readonly waveTimeoutMs: number;
  /** Since when devices are on their way back. */
  readonly rollingBackSinceMs: number | null;
  /** Why it is where it is, as a sentence. */
  readonly reason: string;
  readonly createdMs: number;
  readonly endedMs: number | null;
}

/** What a device runs and how its update goes. `failed`: it refused, failed or went back by itself. */
export interface DeviceReport {
  readonly deviceId: DeviceId;
  readonly runningDigest: Sha256 | null;
  readonly outcome: "updating" | "committed" | "failed";
  readonly targetDigest: Sha256 | null;
  readonly reason: string;
}

export type RolloutEvent =
  | { readonly kind: "Started" }
  /** Devices said how they are. Together what came together: a state of thousands of devices is made anew once. */
  | { readonly kind: "DevicesReported"; readonly reports: readonly DeviceReport[] }
  | { readonly kind: "GateEvaluated"; readonly wave: number; readonly verdicts: readonly GateVerdict[] }
  | { readonly kind: "Ticked"; readonly reachable: readonly DeviceId[] }
  | { readonly kind: "PauseRequested"; readonly reason: string }
  | { readonly kind: "ResumeRequested" }
  /** Ends the wait of a soaking wave as a success, on somebody's word. */
  | { readonly kind: "PromoteRequested" }
  /** Stops; devices that have the new bundle go back unless `keep`. */
  | { readonly kind: "AbortRequested"; readonly reason: string; readonly keep: boolean }
  /** Takes a finished rollout back. */
  | { readonly kind: "UndoRequested"; readonly reason: string };

export type RolloutEffect =
  | { readonly kind: "SetDesired"; readonly deviceId: DeviceId; readonly bundleDigest: Sha256 }
  | {
      readonly kind: "Announce";
      readonly type: "rollout.started" | "rollout.wave_completed" | "rollout.paused" | "rollout.aborted" | "rollout.rolled_back" | "rollout.completed";
      readonly text: string;
    };

/** Whether nothing more will be offered. */
export function isOver(status: RolloutStatus): boolean {
  return status === "FINISHED" || status === "ROLLED_BACK" || status === "ABORTED";
}

/** A rollout of `plan`, ready to start. `running` gives what each device runs now. */
export function createRollout(
  plan: RolloutPlan,
  running: ReadonlyMap<string, Sha256 | null>,
  options: { readonly maxFailures: number; readonly waveTimeoutMs: number; readonly nowMs: number },
): RolloutState {
  const devices: Record<string, DeviceProgress> = {};
  plan.waves.forEach((wave, index) => {
    for (const id of wave.deviceIds) devices[id] = { wave: index, status: "PENDING", previousDigest: running.get(id) ?? null, reason: "" };
  });
  return {
    status: "READY",
    bundleDigest: plan.bundleDigest,
    wave: 0,
    waves: plan.waves.map((w) => ({
      name: w.name,
      status: "SCHEDULED",
      deviceIds: w.deviceIds,
      startedMs: null,
      soakingSinceMs: null,
      endedMs: null,
      gate: [],
    })),
    devices,
    maxFailures: options.maxFailures,
    waveTimeoutMs: options.waveTimeoutMs,
    rollingBackSinceMs: null,
    reason: "planned",
    createdMs: options.nowMs,
    endedMs: null,
  };
}
