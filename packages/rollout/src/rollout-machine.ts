import type { DeviceId, Refused, Transition } from "@kedge/core";
import { overall } from "./gate.js";
import { devicesOf, devicesWhere, heardOf, late, withDevices, withWave } from "./rollout-devices.js";
import { rolloutMoves } from "./rollout-moves.js";
import type { DeviceProgress, RolloutEffect, RolloutEvent, RolloutState } from "./rollout-state.js";

type Move = Transition<RolloutState, RolloutEffect>;
type Announcement = Extract<RolloutEffect, { kind: "Announce" }>["type"];
type Event<Kind extends RolloutEvent["kind"]> = Extract<RolloutEvent, { kind: Kind }>;

const stay = (to: RolloutState, effects: readonly RolloutEffect[] = []): Move => ({ to, effects });
const announce = (type: Announcement, text: string): RolloutEffect => ({ kind: "Announce", type, text });
const then = (move: Move, effects: readonly RolloutEffect[]): Move => ({ to: move.to, effects: [...effects, ...move.effects] });
const offersOf = (state: RolloutState, ids: readonly DeviceId[]): RolloutEffect[] =>
  ids.map((deviceId) => ({ kind: "SetDesired", deviceId, bundleDigest: state.bundleDigest }));

function paused(state: RolloutState, what: string, ways: string): Move {
  return stay({ ...state, status: "PAUSED", reason: `${what}; ${ways}` }, [announce("rollout.paused", what)]);
}

/** Opens wave `index`, or ends the rollout when there is none. */
function openWave(state: RolloutState, index: number, nowMs: number): Move {
  const next = state.waves[index];
  if (next === undefined) {
    const committed = devicesWhere(state, (d) => d.status === "COMMITTED").length;
    const reason = `${committed} of ${Object.keys(state.devices).length} devices run it, by their own word`;
    return stay({ ...state, status: "FINISHED", reason, endedMs: nowMs }, [announce("rollout.completed", reason)]);
  }
  const at: RolloutState = { ...state, wave: index, status: "RUNNING", reason: `${next.name} is offered` };
  const ids = devicesOf(at, index, "PENDING");
  const opened = withWave(
    withDevices(at, ids, (d) => ({ ...d, status: "OFFERED" })),
    (w) => ({ ...w, status: "RUNNING", startedMs: nowMs }),
  );
  return stay(opened, offersOf(state, ids));
}

/** Sends every device that was offered the bundle back to what it ran; those that ran nothing keep it. Done at once when there are none. */
function rollBack(state: RolloutState, reason: string, nowMs: number): Move {
  const touched = devicesWhere(state, (d) => d.status !== "PENDING" && d.previousDigest !== null);
  const effects = touched.flatMap((deviceId): RolloutEffect[] => {
    const digest = state.devices[deviceId]?.previousDigest ?? null;
    return digest === null ? [] : [{ kind: "SetDesired", deviceId, bundleDigest: digest }];
  });
  const to = withDevices(
    withWave({ ...state, status: "ROLLING_BACK", reason, rollingBackSinceMs: nowMs, endedMs: null }, (w) =>
      w.status === "SUCCEEDED" ? w : { ...w, status: "FAILED" },
    ),
    touched,
    (d) => ({ ...d, status: "REVERTING", reason: "" }),
  );
  return then(finishRollBack(to, nowMs), [announce("rollout.aborted", reason), ...effects]);
}

function finishRollBack(state: RolloutState, nowMs: number): Move {
  if (devicesWhere(state, (d) => d.status === "REVERTING").length > 0) return stay(state);
  const stuck = devicesWhere(state, (d) => d.status === "FAILED" && d.previousDigest !== null);
  const left = stuck.length === 0 ? "" : `; ${stuck.length} did not go back (${stuck.slice(0, 5).join(", ")})`;
  return stay({ ...state, status: "ROLLED_BACK", endedMs: nowMs }, [announce("rollout.rolled_back", `rolled back: ${state.reason}${left}`)]);
}

/** Looks at a running rollout after something changed: too many failures end it, all said and done lets the wave soak. */
function settle(state: RolloutState, nowMs: number): Move {
  const wave = state.waves[state.wave];
  if (state.status !== "RUNNING" || wave === undefined) return stay(state);
  // Also of waves before: who comes late and fails speaks against the bundle as loudly.
  for (const [index, { name, deviceIds }] of state.waves.slice(0, state.wave + 1).entries()) {
    const failed = devicesOf(state, index, "FAILED");
    const first = failed[0];
    if (first === undefined || failed.length <= state.maxFailures) continue;
    return rollBack(state, `${name}: ${failed.length} of ${deviceIds.length} devices failed (${first}: ${state.devices[first]?.reason ?? ""})`, nowMs);
  }
  if (wave.status !== "RUNNING" || devicesOf(state, state.wave, "OFFERED", "UPDATING").length > 0) return stay(state);
  if (devicesOf(state, state.wave, "COMMITTED").length === 0)
    return paused(state, `${wave.name}: no device has committed it`, "resume to wait again, or abort");
  return stay(withWave({ ...state, reason: `${wave.name} soaks` }, (w) => ({ ...w, status: "SOAKING", soakingSinceMs: nowMs })));
}

function reported(state: RolloutState, { reports }: Event<"DevicesReported">, nowMs: number): Move | Refused {
  const changed = new Map<DeviceId, DeviceProgress>();
  for (const report of reports) {
    const before = state.devices[report.deviceId];
    if (before === undefined) return { refused: `DevicesReported in ${state.status}: ${report.deviceId} is not part of it` };
    const device = changed.get(report.deviceId) ?? before;
    const after = heardOf(state, device, report);
    if (after !== device) changed.set(report.deviceId, after);
  }
  if (changed.size === 0) return stay(state);
  const to = withDevices(state, [...changed.keys()], (device, id) => changed.get(id) ?? device);
  return state.status === "ROLLING_BACK" ? finishRollBack(to, nowMs) : settle(to, nowMs);
}

/** Whoever is away finds the older bundle wanted when it comes back, and who is here and does not go back in time never will. */
function tickedBack(state: RolloutState, reachable: ReadonlySet<DeviceId>, nowMs: number): Move {
  const isOverdue = nowMs - (state.rollingBackSinceMs ?? nowMs) >= state.waveTimeoutMs;
  const away = devicesWhere(state, (d, id) => d.status === "REVERTING" && !reachable.has(id));
  const stuck = devicesWhere(state, (d, id) => isOverdue && d.status === "REVERTING" && reachable.has(id));
  const marked = withDevices(state, away, (d) => ({ ...d, status: "UNREACHABLE", reason: "goes back when it returns" }));
  return finishRollBack(
    withDevices(marked, stuck, (d) => ({ ...d, status: "FAILED", reason: late(d, "did not go back in time") })),
    nowMs,
  );
}

function ticked(state: RolloutState, event: Event<"Ticked">, nowMs: number): Move {
  const reachable = new Set(event.reachable);
  if (state.status === "ROLLING_BACK") return tickedBack(state, reachable, nowMs);
  const wave = state.waves[state.wave];
  const sinceMs = wave?.status === "SOAKING" ? wave.soakingSinceMs : wave?.startedMs;
  if (state.status !== "RUNNING" || wave === undefined || nowMs - (sinceMs ?? nowMs) < state.waveTimeoutMs) return stay(state);
  if (wave.status === "SOAKING") return paused(state, `${wave.name}: the gate has not passed in time`, "promote, resume or abort");
  const waiting = devicesOf(state, state.wave, "OFFERED", "UPDATING");
  const marked = withDevices(state, waiting, (d) => ({ ...d, status: "FAILED", reason: late(d, "not done in time") }));
  const silent = waiting.filter((id) => !reachable.has(id));
  return settle(
    withDevices(marked, silent, (d) => ({ ...d, status: "UNREACHABLE", reason: "not heard of in time; may catch up" })),
    nowMs,
  );
}

function gated(state: RolloutState, event: Event<"GateEvaluated">, nowMs: number): Move | Refused {
  const wave = state.waves[state.wave];
  if (wave?.status !== "SOAKING" || event.wave !== state.wave) return { refused: `GateEvaluated in ${state.status}: no wave is soaking that it speaks of` };
  const judged = withWave(state, (w) => ({ ...w, gate: event.verdicts }));
  const verdict = overall(event.verdicts);
  if (verdict === "waiting") return stay(judged);
  if (verdict === "passed") return succeed(judged, nowMs);
  const why = event.verdicts.find((v) => v.verdict === "failed");
  return rollBack(judged, `${wave.name}: the gate failed: ${why?.name ?? ""} ${why?.value.toFixed(3) ?? ""} (limit ${why?.limit ?? ""})`, nowMs);
}

function succeed(state: RolloutState, nowMs: number): Move {
  const name = state.waves[state.wave]?.name ?? "";
  const done = withWave({ ...state, status: "RUNNING" }, (w) => ({ ...w, status: "SUCCEEDED", endedMs: nowMs }));
  return then(openWave(done, state.wave + 1, nowMs), [announce("rollout.wave_completed", `${name} succeeded`)]);
}

/** Goes on, with the clock set back; who failed or was silent in the wave at hand is offered it again, unless the wave soaks already. */
function resumed(state: RolloutState, nowMs: number): Move {
  const isSoaking = state.waves[state.wave]?.status === "SOAKING";
  const again = isSoaking ? [] : devicesOf(state, state.wave, "UNREACHABLE", "FAILED");
  const offered = withDevices(state, again, (d) => ({ ...d, status: "OFFERED", reason: "" }));
  const to = withWave({ ...offered, status: "RUNNING", reason: "resumed" }, (w) => ({ ...w, startedMs: nowMs, soakingSinceMs: isSoaking ? nowMs : null }));
  return then(settle(to, nowMs), offersOf(state, again));
}

function started(state: RolloutState, nowMs: number): Move | Refused {
  if (state.waves.length === 0) return { refused: `Started in ${state.status}: it would reach no device` };
  const text = `${Object.keys(state.devices).length} devices in ${state.waves.length} waves`;
  return then(openWave(state, 0, nowMs), [announce("rollout.started", text)]);
}

function aborted(state: RolloutState, event: Event<"AbortRequested">, nowMs: number): Move {
  if (!event.keep && state.status !== "READY") return rollBack(state, event.reason, nowMs);
  return stay({ ...state, status: "ABORTED", reason: event.reason, endedMs: nowMs }, [announce("rollout.aborted", event.reason)]);
}

const hints: Readonly<Partial<Record<RolloutEvent["kind"], string>>> = {
  Started: "it has started already",
  PauseRequested: "only a running rollout can be paused",
  ResumeRequested: "only a paused rollout can be resumed",
  PromoteRequested: "no wave is soaking",
  AbortRequested: "it is over or on its way back",
  UndoRequested: "only a finished rollout can be undone; abort one that is under way",
};

/**
 * The rollout machine; {@link rolloutMoves} is its table. Invariants:
 * - A wave is offered only after the one before it SUCCEEDED, and a wave succeeds only when devices said that they run the bundle and the
 *   gate on their predictions passed (or somebody promoted it by hand).
 * - Over is over: FINISHED can only be undone, ROLLED_BACK and ABORTED accept nothing that would offer a bundle.
 * - A revert goes to what the device ran before; a device that ran nothing is not touched.
 * - Silent devices neither fail a wave nor make it succeed; they catch up when they return. Nobody is waited for without end.
 */
export function stepRollout(state: RolloutState, event: RolloutEvent, context: { readonly nowMs: number }): Move | Refused {
  const { nowMs } = context;
  const refuse = (why: string): Refused => ({ refused: `${event.kind} in ${state.status}: ${why}` });
  if (rolloutMoves[state.status][event.kind] === undefined) return refuse(hints[event.kind] ?? "nothing is under way");
  switch (event.kind) {
    case "Started":
      return started(state, nowMs);
    case "DevicesReported":
      return reported(state, event, nowMs);
    case "Ticked":
      return ticked(state, event, nowMs);
    case "GateEvaluated":
      return gated(state, event, nowMs);
    case "PauseRequested":
      return stay({ ...state, status: "PAUSED", reason: event.reason }, [announce("rollout.paused", event.reason)]);
    case "ResumeRequested":
      return resumed(state, nowMs);
    case "PromoteRequested":
      return state.waves[state.wave]?.status === "SOAKING" ? succeed(state, nowMs) : refuse("no wave is soaking");
    case "AbortRequested":
      return aborted(state, event, nowMs);
    case "UndoRequested":
      return rollBack(state, event.reason, nowMs);
  }
}
