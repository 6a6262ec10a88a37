import type { DeviceId, Refused, Step } from "@kedge/core";
import { overall } from "./gate.js";
import { type DeviceProgress, isOver, type RolloutEffect, type RolloutEvent, type RolloutState, type WaveState } from "./rollout-state.js";

type RolloutStep = Step<RolloutState, RolloutEffect>;

const refuse = (state: RolloutState, event: RolloutEvent, why: string): Refused => ({ refused: `${event.kind} in ${state.status}: ${why}` });
const stay = (to: RolloutState, effects: readonly RolloutEffect[] = []): RolloutStep => ({ to, effects });

function withDevices(state: RolloutState, ids: readonly DeviceId[], edit: (device: DeviceProgress) => DeviceProgress): RolloutState {
  const devices = { ...state.devices };
  for (const id of ids) {
    const device = devices[id];
    if (device !== undefined) devices[id] = edit(device);
  }
  return { ...state, devices };
}

function withWave(state: RolloutState, edit: (wave: WaveState) => WaveState): RolloutState {
  return { ...state, waves: state.waves.map((w, i) => (i === state.wave ? edit(w) : w)) };
}

const statusOf = (state: RolloutState, id: DeviceId): DeviceProgress["status"] | undefined => state.devices[id]?.status;

/** Opens wave `index`, or ends the rollout when there is none. */
function openWave(state: RolloutState, index: number, nowMs: number): RolloutStep {
  const next = state.waves[index];
  if (next === undefined) {
    const committed = Object.values(state.devices).filter((d) => d.status === "COMMITTED").length;
    const reason = `${committed} of ${Object.keys(state.devices).length} devices run it, by their own word`;
    return stay({ ...state, status: "FINISHED", reason, endedMs: nowMs }, [{ kind: "Announce", type: "rollout.completed", text: reason }]);
  }
  const offered = withDevices({ ...state, wave: index, status: "RUNNING", reason: `${next.name} is offered` }, next.deviceIds, (d) =>
    d.status === "PENDING" ? { ...d, status: "OFFERED" } : d,
  );
  const opened = withWave(offered, (w) => ({ ...w, status: "RUNNING", startedMs: nowMs }));
  return stay(
    opened,
    next.deviceIds.filter((id) => statusOf(opened, id) === "OFFERED").map((deviceId) => ({ kind: "SetDesired", deviceId, bundleDigest: state.bundleDigest })),
  );
}

/** Sends every device that was offered the bundle back to what it ran; those that ran nothing keep it. */
function rollBack(state: RolloutState, reason: string): RolloutStep {
  const touched = (Object.entries(state.devices) as [DeviceId, DeviceProgress][]).filter(
    ([, d]) => d.status !== "PENDING" && d.status !== "REVERTED" && d.previousDigest !== null,
  );
  const effects: RolloutEffect[] = touched.flatMap(([deviceId, d]) =>
    d.previousDigest === null ? [] : [{ kind: "SetDesired", deviceId, bundleDigest: d.previousDigest }],
  );
  const to = withDevices(
    withWave({ ...state, status: "ROLLING_BACK", reason, endedMs: null }, (w) => (w.status === "SUCCEEDED" ? w : { ...w, status: "FAILED" })),
    touched.map(([id]) => id),
    (d) => ({ ...d, status: "REVERTING" }),
  );
  return { to, effects: [{ kind: "Announce", type: "rollout.aborted", text: reason }, ...effects] };
}

function finishRollBack(state: RolloutState, nowMs: number): RolloutStep {
  if (Object.values(state.devices).some((d) => d.status === "REVERTING")) return stay(state);
  const text = `rolled back: ${state.reason}`;
  return stay({ ...state, status: "ROLLED_BACK", endedMs: nowMs }, [{ kind: "Announce", type: "rollout.rolled_back", text }]);
}

/** Looks at the wave at hand after something changed: too many failures end it, all said and done lets it soak. */
function settle(state: RolloutState, nowMs: number): RolloutStep {
  const wave = state.waves[state.wave];
  if (state.status !== "RUNNING" || wave === undefined) return stay(state);
  const statuses = wave.deviceIds.map((id) => statusOf(state, id));
  const failed = wave.deviceIds.filter((id) => statusOf(state, id) === "FAILED");
  if (failed.length > state.maxFailures) {
    const first = failed[0];
    return rollBackNow(
      state,
      `${wave.name}: ${failed.length} of ${wave.deviceIds.length} devices failed (${first === undefined ? "" : `${first}: ${state.devices[first]?.reason ?? ""}`})`,
      nowMs,
    );
  }
  const isWaiting = statuses.some((s) => s === "OFFERED" || s === "UPDATING");
  if (wave.status !== "RUNNING" || isWaiting) return stay(state);
  if (!statuses.includes("COMMITTED"))
    return stay({ ...state, status: "PAUSED", reason: `${wave.name}: no device has committed it; resume to wait again, or abort` }, [
      { kind: "Announce", type: "rollout.paused", text: `${wave.name}: no device has committed it` },
    ]);
  return stay(withWave({ ...state, reason: `${wave.name} soaks` }, (w) => ({ ...w, status: "SOAKING" })));
}

function reported(state: RolloutState, event: Extract<RolloutEvent, { kind: "DeviceReported" }>, nowMs: number): RolloutStep {
  const device = state.devices[event.deviceId];
  if (device === undefined) return refuse(state, event, `${event.deviceId} is not part of it`);
  const set = (status: DeviceProgress["status"], reason = event.reason): RolloutState =>
    withDevices(state, [event.deviceId], (d) => ({ ...d, status, reason }));
  if (device.status === "REVERTING") {
    return event.runningDigest === device.previousDigest && event.outcome !== "updating" ? finishRollBack(set("REVERTED"), nowMs) : stay(state);
  }
  if (device.status === "PENDING" || device.status === "REVERTED") return stay(state);
  if (event.runningDigest === state.bundleDigest && event.outcome === "committed") return settle(set("COMMITTED", ""), nowMs);
  if (event.targetDigest !== state.bundleDigest || device.status === "COMMITTED") {
    // A device that had it and runs something else now went back by itself.
    const wentBack = device.status === "COMMITTED" && event.outcome === "failed" && event.runningDigest !== state.bundleDigest;
    return wentBack ? settle(set("FAILED"), nowMs) : stay(state);
  }
  return event.outcome === "failed" ? settle(set("FAILED"), nowMs) : stay(set("UPDATING"));
}

function ticked(state: RolloutState, event: Extract<RolloutEvent, { kind: "Ticked" }>, nowMs: number): RolloutStep {
  const wave = state.waves[state.wave];
  if (state.status === "ROLLING_BACK") {
    // Whoever is offline finds the older bundle wanted when it comes back; the rollout need not wait for that.
    const gone = (Object.entries(state.devices) as [DeviceId, DeviceProgress][])
      .filter(([id, d]) => d.status === "REVERTING" && !event.reachable.includes(id))
      .map(([id]) => id);
    return finishRollBack(
      withDevices(state, gone, (d) => ({ ...d, status: "UNREACHABLE", reason: "goes back when it returns" })),
      nowMs,
    );
  }
  if (state.status !== "RUNNING" || wave?.startedMs === null || wave?.startedMs === undefined || nowMs - wave.startedMs < state.waveTimeoutMs)
    return stay(state);
  if (wave.status === "SOAKING") {
    return stay({ ...state, status: "PAUSED", reason: `${wave.name}: the gate has not passed in time; promote, resume or abort` }, [
      { kind: "Announce", type: "rollout.paused", text: `${wave.name}: the gate has not passed in time` },
    ]);
  }
  const late = wave.deviceIds.filter((id) => statusOf(state, id) === "OFFERED" || statusOf(state, id) === "UPDATING");
  const silent = late.filter((id) => !event.reachable.includes(id));
  const stuck = late.filter((id) => event.reachable.includes(id));
  const marked = withDevices(
    withDevices(state, silent, (d) => ({ ...d, status: "UNREACHABLE", reason: "not heard of in time; may catch up" })),
    stuck,
    (d) => ({ ...d, status: "FAILED", reason: "not done in time" }),
  );
  return settle(marked, nowMs);
}

function gated(state: RolloutState, event: Extract<RolloutEvent, { kind: "GateEvaluated" }>, nowMs: number): RolloutStep {
  const wave = state.waves[state.wave];
  if (state.status !== "RUNNING" || wave?.status !== "SOAKING" || event.wave !== state.wave)
    return refuse(state, event, "no wave is soaking that it speaks of");
  const judged = withWave(state, (w) => ({ ...w, gate: event.verdicts }));
  const verdict = overall(event.verdicts);
  if (verdict === "waiting") return stay(judged);
  if (verdict === "failed") {
    const why = event.verdicts.find((v) => v.verdict === "failed");
    return rollBackNow(judged, `${wave.name}: the gate failed: ${why?.name ?? ""} ${why?.value.toFixed(3) ?? ""} (limit ${why?.limit ?? ""})`, nowMs);
  }
  return succeed(judged, nowMs);
}

function succeed(state: RolloutState, nowMs: number): RolloutStep {
  const wave = state.waves[state.wave];
  const done = withWave(state, (w) => ({ ...w, status: "SUCCEEDED", endedMs: nowMs }));
  const next = openWave(done, state.wave + 1, nowMs);
  if ("refused" in next) return next;
  return { to: next.to, effects: [{ kind: "Announce", type: "rollout.wave_completed", text: `${wave?.name ?? ""} succeeded` }, ...next.effects] };
}

function resumed(state: RolloutState, nowMs: number): RolloutStep {
  const wave = state.waves[state.wave];
  if (wave === undefined) return stay(state);
  const again = wave.deviceIds.filter((id) => statusOf(state, id) === "UNREACHABLE" || statusOf(state, id) === "FAILED");
  const isSoaking = wave.status === "SOAKING";
  const offered = isSoaking ? state : withDevices(state, again, (d) => ({ ...d, status: "OFFERED", reason: "" }));
  const to = withWave({ ...offered, status: "RUNNING", reason: "resumed" }, (w) => ({ ...w, startedMs: nowMs }));
  const settled = settle(to, nowMs);
  if ("refused" in settled) return settled;
  return {
    to: settled.to,
    effects: [
      ...(isSoaking ? [] : again.map((deviceId): RolloutEffect => ({ kind: "SetDesired", deviceId, bundleDigest: state.bundleDigest }))),
      ...settled.effects,
    ],
  };
}

/**
 * The rollout machine. Invariants:
 * - A wave is offered only after the one before it SUCCEEDED, and a wave succeeds only when devices said that they run the bundle and the
 *   gate on their predictions passed (or somebody promoted it by hand).
 * - Over is over: FINISHED can only be undone, ROLLED_BACK and ABORTED accept nothing that would offer a bundle.
 * - A revert goes to what the device ran before; a device that ran nothing is not touched.
 * - Silent devices neither fail a wave nor make it succeed; they catch up when they return.
 */
export function stepRollout(state: RolloutState, event: RolloutEvent, context: { readonly nowMs: number }): RolloutStep {
  const { nowMs } = context;
  switch (event.kind) {
    case "DeviceReported":
      return reported(state, event, nowMs);
    case "Ticked":
      return ticked(state, event, nowMs);
    case "GateEvaluated":
      return gated(state, event, nowMs);
    case "Started": {
      if (state.status !== "READY") return refuse(state, event, "it has started already");
      const opened = openWave(state, 0, nowMs);
      return "refused" in opened
        ? opened
        : {
            to: opened.to,
            effects: [
              { kind: "Announce", type: "rollout.started", text: `${Object.keys(state.devices).length} devices in ${state.waves.length} waves` },
              ...opened.effects,
            ],
          };
    }
    case "PauseRequested":
      return state.status === "RUNNING"
        ? stay({ ...state, status: "PAUSED", reason: event.reason }, [{ kind: "Announce", type: "rollout.paused", text: event.reason }])
        : refuse(state, event, "only a running rollout can be paused");
    case "ResumeRequested":
      return state.status === "PAUSED" ? resumed(state, nowMs) : refuse(state, event, "only a paused rollout can be resumed");
    case "PromoteRequested":
      return (state.status === "RUNNING" || state.status === "PAUSED") && state.waves[state.wave]?.status === "SOAKING"
        ? succeed({ ...state, status: "RUNNING" }, nowMs)
        : refuse(state, event, "no wave is soaking");
    case "AbortRequested":
      if (isOver(state.status) || state.status === "ROLLING_BACK") return refuse(state, event, "it is over or on its way back");
      if (!event.keep && state.status !== "READY") return rollBackNow(state, event.reason, nowMs);
      return stay({ ...state, status: "ABORTED", reason: event.reason, endedMs: nowMs }, [{ kind: "Announce", type: "rollout.aborted", text: event.reason }]);
    case "UndoRequested":
      return state.status === "FINISHED"
        ? rollBackNow(state, event.reason, nowMs)
        : refuse(state, event, "only a finished rollout can be undone; abort one that is under way");
  }
}

/** Rolls back, and is done at once when no device has anything to go back to. */
function rollBackNow(state: RolloutState, reason: string, nowMs: number): RolloutStep {
  const back = rollBack(state, reason);
  if ("refused" in back) return back;
  const done = finishRollBack(back.to, nowMs);
  return "refused" in done ? done : { to: done.to, effects: [...back.effects, ...done.effects] };
}
