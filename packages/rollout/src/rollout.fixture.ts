import { type DeviceId, isRefused, type Sha256 } from "@kedge/core";
import {
  type DeviceReport,
  createRollout,
  type GateVerdict,
  isOver,
  planRollout,
  type RolloutCandidate,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutRequest,
  type RolloutState,
  stepRollout,
} from "./index.js";

export const bundle = "b".repeat(64) as Sha256;
export const old = "a".repeat(64) as Sha256;

export const device = (i: number): RolloutCandidate => ({
  deviceId: `cam-${i}` as DeviceId,
  labels: { site: i < 2 ? "oslo" : "lyon" },
  runningDigest: old,
  isRetired: false,
  lastSeenMs: 1,
});

/** Two devices in Oslo, four in Lyon. */
export const fleet = Array.from({ length: 6 }, (_, i) => device(i));

export const request: RolloutRequest = {
  bundleDigest: bundle,
  selector: [],
  canary: 1,
  canaryFrom: [{ key: "site", op: "in", values: ["oslo"] }],
  wavesPercent: [50, 100],
  salt: "s",
};

export const verdict = (v: GateVerdict["verdict"]): GateVerdict => ({ name: "n", verdict: v, value: 1, limit: 1, rows: 1, detail: "" });
export const passed = (wave: number): RolloutEvent => ({ kind: "GateEvaluated", wave, verdicts: [verdict("passed")] });

/** A canary, then two, then three devices; `running` is what they run before. */
export function ready(maxFailures = 0, running: Sha256 | null = old): RolloutState {
  return createRollout(planRollout(fleet, request), new Map(fleet.map((d) => [d.deviceId, running])), { maxFailures, waveTimeoutMs: 1_000, nowMs: 0 });
}

/** Takes a step that must be possible. */
export function take(state: RolloutState, event: RolloutEvent, nowMs = 10): { state: RolloutState; effects: readonly RolloutEffect[] } {
  const step = stepRollout(state, event, { nowMs });
  if (isRefused(step)) throw new Error(step.refused);
  return { state: step.to, effects: step.effects };
}

/** Takes steps that must be possible, one after the other. */
export function history(state: RolloutState, ...events: readonly (RolloutEvent | readonly [number, RolloutEvent])[]): RolloutState {
  return events.reduce((at, event) => ("kind" in event ? take(at, event).state : take(at, event[1], event[0]).state), state);
}

/** `cam-1→b`: what devices are told. */
export const offers = (effects: readonly RolloutEffect[]): string[] =>
  effects.flatMap((e) => (e.kind === "SetDesired" ? [`${e.deviceId}→${e.bundleDigest.charAt(0)}`] : []));
export const said = (effects: readonly RolloutEffect[]): string[] => effects.flatMap((e) => (e.kind === "Announce" ? [e.type] : []));

type Report = Extract<RolloutEvent, { kind: "DevicesReported" }>;
export const report = (deviceId: DeviceId, changes: Partial<DeviceReport>): Report => ({
  kind: "DevicesReported",
  reports: [{ deviceId, runningDigest: old, outcome: "committed", targetDigest: old, reason: "", ...changes }],
});
/** What several devices say at once. */
export const together = (...events: readonly Report[]): Report => ({ kind: "DevicesReported", reports: events.flatMap((e) => e.reports) });
export const committed = (deviceId: DeviceId): Report => report(deviceId, { runningDigest: bundle, targetDigest: bundle });
export const updating = (deviceId: DeviceId, reason = ""): Report => report(deviceId, { outcome: "updating", targetDigest: bundle, reason });
export const failed = (deviceId: DeviceId): Report => report(deviceId, { outcome: "failed", targetDigest: bundle, reason: "device/self-test-failed: no" });

export const waveOf = (state: RolloutState, index: number): DeviceId[] => [...(state.waves[index]?.deviceIds ?? [])];
export const canaryOf = (state: RolloutState): DeviceId => waveOf(state, 0)[0] as DeviceId;
export const statusesOf = (state: RolloutState): Record<string, string> => Object.fromEntries(Object.entries(state.devices).map(([id, d]) => [id, d.status]));

/** With its canary committed and soaking. */
export function soaking(maxFailures = 0, running: Sha256 | null = old): RolloutState {
  const started = take(ready(maxFailures, running), { kind: "Started" }).state;
  return take(started, committed(canaryOf(started))).state;
}

/** To the end, with every device doing as it is told. */
export function finished(): RolloutState {
  let state = take(ready(), { kind: "Started" }).state;
  while (!isOver(state.status)) {
    const { wave } = state;
    for (const id of waveOf(state, wave)) state = take(state, committed(id)).state;
    state = take(state, passed(wave)).state;
  }
  return state;
}
