import { type DeviceId, isRefused, type Random, randomInt, seededRandom, type Sha256 } from "@kedge/core";
import { describe, expect, test } from "vitest";
import {
  createRollout,
  type GateVerdict,
  isOver,
  planRollout,
  type RolloutCandidate,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutState,
  stepRollout,
} from "./index.js";

const bundle = "b".repeat(64) as Sha256;
const old = "a".repeat(64) as Sha256;
const device = (i: number): RolloutCandidate => ({
  deviceId: `cam-${i}` as DeviceId,
  labels: { site: i < 2 ? "oslo" : "lyon" },
  runningDigest: old,
  isRetired: false,
  lastSeenMs: 1,
});
const fleet = Array.from({ length: 6 }, (_, i) => device(i));
const request = {
  bundleDigest: bundle,
  selector: [],
  canary: 1,
  canaryFrom: [{ key: "site", op: "in" as const, values: ["oslo"] }],
  wavesPercent: [50, 100],
  salt: "s",
};
const verdict = (v: GateVerdict["verdict"]): GateVerdict => ({ name: "n", verdict: v, value: 1, limit: 1, rows: 1, detail: "" });

function ready(maxFailures = 0): RolloutState {
  return createRollout(planRollout(fleet, request), new Map(fleet.map((d) => [d.deviceId, d.runningDigest])), { maxFailures, waveTimeoutMs: 1_000, nowMs: 0 });
}

function take(state: RolloutState, event: RolloutEvent, nowMs = 10): { state: RolloutState; effects: readonly RolloutEffect[] } {
  const step = stepRollout(state, event, { nowMs });
  if (isRefused(step)) throw new Error(step.refused);
  return { state: step.to, effects: step.effects };
}

const offers = (effects: readonly RolloutEffect[]): string[] =>
  effects.flatMap((e) => (e.kind === "SetDesired" ? [`${e.deviceId}→${e.bundleDigest.charAt(0)}`] : []));
const committed = (deviceId: DeviceId): RolloutEvent => ({
  kind: "DeviceReported",
  deviceId,
  runningDigest: bundle,
  outcome: "committed",
  targetDigest: bundle,
  reason: "",
});
const failed = (deviceId: DeviceId): RolloutEvent => ({
  kind: "DeviceReported",
  deviceId,
  runningDigest: old,
  outcome: "failed",
  targetDigest: bundle,
  reason: "device/self-test",
});

/** The rollout with its canary committed and soaking. */
function soaking(): RolloutState {
  const started = take(ready(), { kind: "Started" }).state;
  return take(started, committed(started.waves[0]?.deviceIds[0] as DeviceId)).state;
}

/** Runs to the end with every device doing as it is told. */
function finished(): RolloutState {
  let state = take(ready(), { kind: "Started" }).state;
  while (!isOver(state.status)) {
    const { wave } = state;
    for (const id of state.waves[wave]?.deviceIds ?? []) state = take(state, committed(id)).state;
    state = take(state, { kind: "GateEvaluated", wave, verdicts: [verdict("passed")] }).state;
  }
  return state;
}

describe("a plan", () => {
  test("puts the canary where the update should help, then cumulative shares, each device once", () => {
    const plan = planRollout(fleet, request);
    expect(plan.waves.map((w) => [w.name, w.deviceIds.length])).toEqual([
      ["canary", 1],
      ["wave 1", 2],
      ["wave 2", 3],
    ]);
    expect(["cam-0", "cam-1"]).toContain(plan.waves[0]?.deviceIds[0]);
    expect(new Set(plan.waves.flatMap((w) => w.deviceIds)).size).toBe(6);
    expect(planRollout(fleet, request)).toEqual(plan);
    expect(planRollout(fleet.slice().reverse(), request)).toEqual(plan);
  });

  test("leaves out with a reason", () => {
    const devices = [{ ...device(0), isRetired: true }, { ...device(1), runningDigest: bundle }, device(2)];
    const plan = planRollout(devices, { ...request, selector: [{ key: "site", op: "in", values: ["oslo"] }] });
    expect(plan.waves).toEqual([]);
    expect(plan.excluded.map((e) => e.reason)).toEqual(["retired", "runs it already", "does not match site=oslo"]);
  });

  test("whatever the shares, every selected device is in exactly one wave", () => {
    const random = seededRandom(2);
    for (let i = 0; i < 300; i += 1) {
      const devices = Array.from({ length: randomInt(random, 40) }, (_, k) => device(k));
      const shares = Array.from({ length: randomInt(random, 4) }, () => 1 + randomInt(random, 99)).sort((a, b) => a - b);
      const plan = planRollout(devices, { ...request, canary: randomInt(random, 5), wavesPercent: [...shares, 100] });
      expect(plan.waves.flatMap((w) => w.deviceIds).sort()).toEqual(devices.map((d) => d.deviceId).sort());
      expect(plan.waves.every((w) => w.deviceIds.length > 0)).toBe(true);
    }
  });
});

describe("a rollout", () => {
  test("goes wave by wave, each only after the one before was observed and passed its gate", () => {
    const started = take(ready(), { kind: "Started" });
    const canary = started.state.waves[0]?.deviceIds[0] as DeviceId;
    expect(offers(started.effects)).toEqual([`${canary}→b`]);
    expect(stepRollout(started.state, { kind: "GateEvaluated", wave: 0, verdicts: [verdict("passed")] }, { nowMs: 1 })).toHaveProperty("refused");
    const soak = take(started.state, committed(canary));
    expect([soak.state.waves[0]?.status, offers(soak.effects)]).toEqual(["SOAKING", []]);
    expect(take(soak.state, { kind: "GateEvaluated", wave: 0, verdicts: [verdict("waiting"), verdict("passed")] }).state.waves[0]?.status).toBe("SOAKING");
    const next = take(soak.state, { kind: "GateEvaluated", wave: 0, verdicts: [verdict("passed")] });
    expect([next.state.waves[0]?.status, next.state.waves[1]?.status, offers(next.effects).length]).toEqual(["SUCCEEDED", "RUNNING", 2]);
    expect(finished()).toMatchObject({ status: "FINISHED", reason: "6 of 6 devices run it, by their own word" });
  });

  test("a failed gate takes the canary back and touches nobody else", () => {
    const back = take(soaking(), { kind: "GateEvaluated", wave: 0, verdicts: [verdict("failed")] });
    const canary = back.state.waves[0]?.deviceIds[0] as DeviceId;
    expect([back.state.status, offers(back.effects)]).toEqual(["ROLLING_BACK", [`${canary}→a`]]);
    const done = take(back.state, { kind: "DeviceReported", deviceId: canary, runningDigest: old, outcome: "committed", targetDigest: old, reason: "" });
    expect([done.state.status, done.state.devices[canary]?.status]).toEqual(["ROLLED_BACK", "REVERTED"]);
  });

  test("one failed device is one too many, unless failures are borne", () => {
    const started = take(ready(), { kind: "Started" }).state;
    expect(take(started, failed(started.waves[0]?.deviceIds[0] as DeviceId)).state.status).toBe("ROLLING_BACK");
    let state = take(ready(1), { kind: "Started" }).state;
    state = take(state, committed(state.waves[0]?.deviceIds[0] as DeviceId)).state;
    state = take(state, { kind: "GateEvaluated", wave: 0, verdicts: [verdict("passed")] }).state;
    const [one, two] = state.waves[1]?.deviceIds ?? [];
    state = take(take(state, failed(one as DeviceId)).state, committed(two as DeviceId)).state;
    expect([state.status, state.waves[1]?.status]).toEqual(["RUNNING", "SOAKING"]);
  });

  test("a silent device neither fails a wave nor makes it succeed, and is counted when it catches up", () => {
    let state = take(soaking(), { kind: "GateEvaluated", wave: 0, verdicts: [verdict("passed")] }).state;
    const [one, two] = state.waves[1]?.deviceIds ?? [];
    state = take(state, committed(one as DeviceId)).state;
    state = take(state, { kind: "Ticked", reachable: [one as DeviceId] }, 2_000).state;
    expect([state.waves[1]?.status, state.devices[two as DeviceId]?.status]).toEqual(["SOAKING", "UNREACHABLE"]);
    expect(take(state, committed(two as DeviceId)).state.devices[two as DeviceId]?.status).toBe("COMMITTED");
  });

  test("a wave of which nobody is heard pauses; resuming offers it again", () => {
    const started = take(ready(), { kind: "Started" }).state;
    const paused = take(started, { kind: "Ticked", reachable: [] }, 2_000);
    expect(paused.state.status).toBe("PAUSED");
    const resumed = take(paused.state, { kind: "ResumeRequested" }, 3_000);
    expect([resumed.state.status, offers(resumed.effects).length]).toEqual(["RUNNING", 1]);
  });

  test("an undo takes everything back, also from devices that are away", () => {
    const undone = take(finished(), { kind: "UndoRequested", reason: "regret" });
    expect([undone.state.status, offers(undone.effects).length]).toEqual(["ROLLING_BACK", 6]);
    const away = take(undone.state, { kind: "Ticked", reachable: [] });
    expect([away.state.status, Object.values(away.state.devices).every((d) => d.status === "UNREACHABLE")]).toEqual(["ROLLED_BACK", true]);
  });

  test("a committed device that went back by itself fails its wave", () => {
    const state = soaking();
    const canary = state.waves[0]?.deviceIds[0] as DeviceId;
    expect(take(state, { ...failed(canary), targetDigest: old } as RolloutEvent).state.status).toBe("ROLLING_BACK");
  });
});

const everyEvent: readonly RolloutEvent[] = [
  { kind: "Started" },
  committed("cam-0" as DeviceId),
  { kind: "GateEvaluated", wave: 0, verdicts: [verdict("passed")] },
  { kind: "Ticked", reachable: [] },
  { kind: "PauseRequested", reason: "r" },
  { kind: "ResumeRequested" },
  { kind: "PromoteRequested" },
  { kind: "AbortRequested", reason: "r", keep: true },
  { kind: "UndoRequested", reason: "r" },
];

describe("the table of states and events", () => {
  const states = {
    READY: ready(),
    RUNNING: take(ready(), { kind: "Started" }).state,
    PAUSED: take(take(ready(), { kind: "Started" }).state, { kind: "PauseRequested", reason: "r" }).state,
    ROLLING_BACK: take(soaking(), { kind: "GateEvaluated", wave: 0, verdicts: [verdict("failed")] }).state,
    ROLLED_BACK: take(take(soaking(), { kind: "GateEvaluated", wave: 0, verdicts: [verdict("failed")] }).state, { kind: "Ticked", reachable: [] }).state,
    ABORTED: take(ready(), { kind: "AbortRequested", reason: "r", keep: true }).state,
    FINISHED: finished(),
  };
  // Per state: Started, DeviceReported, GateEvaluated, Ticked, Pause, Resume, Promote, Abort, Undo. "-" is a refusal.
  const table: Readonly<Record<keyof typeof states, readonly string[]>> = {
    READY: ["RUNNING", "READY", "-", "READY", "-", "-", "-", "ABORTED", "-"],
    RUNNING: ["-", "RUNNING", "-", "RUNNING", "PAUSED", "-", "-", "ABORTED", "-"],
    PAUSED: ["-", "PAUSED", "-", "PAUSED", "-", "RUNNING", "-", "ABORTED", "-"],
    ROLLING_BACK: ["-", "ROLLING_BACK", "-", "ROLLED_BACK", "-", "-", "-", "-", "-"],
    ROLLED_BACK: ["-", "ROLLED_BACK", "-", "ROLLED_BACK", "-", "-", "-", "-", "-"],
    ABORTED: ["-", "ABORTED", "-", "ABORTED", "-", "-", "-", "-", "-"],
    FINISHED: ["-", "FINISHED", "-", "FINISHED", "-", "-", "-", "-", "ROLLING_BACK"],
  };
  test.each(Object.keys(states) as (keyof typeof states)[])("%s", (name) => {
    const state = states[name];
    expect(state.status).toBe(name);
    const found = everyEvent.map((event) => {
      const step = stepRollout(state, event, { nowMs: 20 });
      return isRefused(step) ? "-" : step.to.status;
    });
    expect(found).toEqual(table[name]);
  });
});

describe("random histories", () => {
  function randomEvent(random: Random, state: RolloutState): RolloutEvent {
    const ids = fleet.map((d) => d.deviceId);
    const id = ids[randomInt(random, ids.length)] as DeviceId;
    const running = random() < 0.5 ? bundle : old;
    const pick = randomInt(random, 40);
    if (pick < 20) {
      const outcome = (["updating", "committed", "failed"] as const)[randomInt(random, random() < 0.98 ? 2 : 3)] ?? "updating";
      return { kind: "DeviceReported", deviceId: id, runningDigest: outcome === "committed" ? running : old, outcome, targetDigest: running, reason: "" };
    }
    if (pick < 34)
      return {
        kind: "GateEvaluated",
        wave: state.wave,
        verdicts: [verdict(random() < 0.03 ? "failed" : ((["passed", "waiting"] as const)[randomInt(random, 2)] ?? "waiting"))],
      };
    if (pick < 38) return { kind: "Ticked", reachable: ids.filter(() => random() < 0.7) };
    return (random() < 0.2 ? everyEvent[4 + randomInt(random, 5)] : undefined) ?? { kind: "ResumeRequested" };
  }

  test("keep the invariants over 500 histories of 200 events", () => {
    const random = seededRandom(77);
    const ends = new Set<string>();
    for (let h = 0; h < 500; h += 1) {
      let state = ready(randomInt(random, 2));
      const offered = new Set<string>();
      let first = true;
      for (let i = 0; i < 200; i += 1) {
        const event: RolloutEvent = first ? { kind: "Started" } : randomEvent(random, state);
        first = false;
        const before = state;
        const step = stepRollout(state, event, { nowMs: i * 200 });
        if (isRefused(step)) continue;
        state = step.to;
        const active = state.waves.filter((w) => w.status === "RUNNING" || w.status === "SOAKING");
        expect(active.length, "never two waves under way").toBeLessThanOrEqual(1);
        for (const effect of step.effects) {
          if (effect.kind !== "SetDesired") continue;
          const wave = state.devices[effect.deviceId]?.wave ?? -1;
          if (effect.bundleDigest === bundle) {
            expect(isOver(before.status) || before.status === "ROLLING_BACK", "over is over").toBe(false);
            expect(
              state.waves.slice(0, wave).every((w) => w.status === "SUCCEEDED"),
              "no wave before its turn",
            ).toBe(true);
            offered.add(effect.deviceId);
          } else {
            expect(effect.bundleDigest, "a revert has somewhere to go").toBe(old);
            expect(offered.has(effect.deviceId), "only who was offered goes back").toBe(true);
          }
        }
        if (isOver(before.status) && before.status !== "FINISHED") expect(state.status, "for good").toBe(before.status);
      }
      ends.add(state.status);
    }
    expect([...ends].sort()).toEqual(expect.arrayContaining(["ABORTED", "FINISHED", "ROLLED_BACK"]));
  });
});
