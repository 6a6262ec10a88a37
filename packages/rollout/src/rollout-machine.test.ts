import { type DeviceId, isRefused } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { createRollout, planRollout, type RolloutEvent, stepRollout } from "./index.js";
import {
  bundle,
  canaryOf,
  committed,
  failed,
  finished,
  history,
  offers,
  old,
  passed,
  ready,
  report,
  request,
  said,
  soaking,
  statusesOf,
  take,
  together,
  updating,
  verdict,
  waveOf,
} from "./rollout.fixture.js";

const tick = (nowMs: number, ...reachable: ReturnType<typeof waveOf>): readonly [number, RolloutEvent] => [nowMs, { kind: "Ticked", reachable }];

describe("a rollout", () => {
  test("goes wave by wave, each only after the one before was observed and passed its gate", () => {
    const started = take(ready(), { kind: "Started" });
    const canary = canaryOf(started.state);
    expect(offers(started.effects)).toEqual([`${canary}→b`]);
    expect(stepRollout(started.state, passed(0), { nowMs: 1 })).toHaveProperty("refused");
    const soak = take(started.state, committed(canary));
    expect([soak.state.waves[0]?.status, offers(soak.effects)]).toEqual(["SOAKING", []]);
    expect(take(soak.state, { kind: "GateEvaluated", wave: 0, verdicts: [verdict("waiting"), verdict("passed")] }).state.waves[0]?.status).toBe("SOAKING");
    const next = take(soak.state, passed(0));
    expect([next.state.waves[0]?.status, next.state.waves[1]?.status, offers(next.effects).length]).toEqual(["SUCCEEDED", "RUNNING", 2]);
    expect(said(next.effects)).toEqual(["rollout.wave_completed"]);
    expect(finished()).toMatchObject({ status: "FINISHED", reason: "6 of 6 devices run it, by their own word" });
  });

  test("a bundle on trial is no success: only what the device calls committed is", () => {
    const started = history(ready(), { kind: "Started" });
    const canary = canaryOf(started);
    const trial = history(started, report(canary, { runningDigest: bundle, targetDigest: bundle, outcome: "updating" }));
    expect([trial.waves[0]?.status, trial.devices[canary]?.status]).toEqual(["RUNNING", "UPDATING"]);
  });

  test("what a device says of before the offer is not held against it", () => {
    const started = history(ready(), { kind: "Started" });
    const canary = canaryOf(started);
    const before = report(canary, { outcome: "failed", targetDigest: old, reason: "device/self-test-failed: of another bundle" });
    expect(history(started, before)).toEqual(started);
    expect(history(started, report(canary, {}))).toEqual(started);
  });

  test("a gate that speaks of another wave is refused", () => {
    expect(stepRollout(soaking(), passed(1), { nowMs: 1 })).toHaveProperty("refused");
  });

  test("of no devices does not start", () => {
    const none = createRollout(planRollout([], request), new Map(), { maxFailures: 0, waveTimeoutMs: 1, nowMs: 0 });
    expect(stepRollout(none, { kind: "Started" }, { nowMs: 1 })).toMatchObject({ refused: expect.stringContaining("no device") });
  });

  test("a stranger's report is refused by name", () => {
    expect(stepRollout(soaking(), committed("cam-99" as ReturnType<typeof canaryOf>), { nowMs: 1 })).toMatchObject({
      refused: expect.stringContaining("cam-99"),
    });
  });
});

describe("failures", () => {
  test("a failed gate takes the canary back and touches nobody else", () => {
    const back = take(soaking(), { kind: "GateEvaluated", wave: 0, verdicts: [verdict("failed")] });
    const canary = canaryOf(back.state);
    expect([back.state.status, offers(back.effects), said(back.effects)]).toEqual(["ROLLING_BACK", [`${canary}→a`], ["rollout.aborted"]]);
    const done = take(back.state, report(canary, {}));
    expect([done.state.status, done.state.devices[canary]?.status, said(done.effects)]).toEqual(["ROLLED_BACK", "REVERTED", ["rollout.rolled_back"]]);
  });

  test("one failed device is one too many, unless failures are borne", () => {
    const started = history(ready(), { kind: "Started" });
    expect(history(started, failed(canaryOf(started)))).toMatchObject({ status: "ROLLING_BACK", reason: expect.stringContaining("device/self-test-failed") });
    const second = history(soaking(1), passed(0));
    const [one, two] = waveOf(second, 1) as [ReturnType<typeof canaryOf>, ReturnType<typeof canaryOf>];
    const state = history(second, failed(one), committed(two));
    expect([state.status, state.waves[1]?.status]).toEqual(["RUNNING", "SOAKING"]);
  });

  test("a committed device that went back by itself fails its wave", () => {
    const state = soaking();
    expect(history(state, report(canaryOf(state), { outcome: "failed", targetDigest: old, reason: "device/self-test-failed: no" })).status).toBe(
      "ROLLING_BACK",
    );
  });

  test("devices of an earlier wave that come late and fail count as well", () => {
    const second = history(soaking(1), passed(0));
    const [one, two] = waveOf(second, 1) as [ReturnType<typeof canaryOf>, ReturnType<typeof canaryOf>];
    // One commits, one is silent: the wave goes on without it.
    let state = history(second, committed(one), tick(2_000, one));
    state = take(state, passed(1), 2_100).state;
    expect(state.waves.map((w) => w.status)).toEqual(["SUCCEEDED", "SUCCEEDED", "RUNNING"]);
    state = history(state, failed(two));
    expect(state.status).toBe("RUNNING");
    state = history(state, report(one, { outcome: "failed", targetDigest: old, reason: "device/self-test-failed: no" }));
    expect([state.status, state.reason]).toEqual(["ROLLING_BACK", expect.stringContaining("wave 1: 2 of 2")]);
  });

  test("a device that is reachable and not done in time has failed, with what it last said", () => {
    const started = history(ready(), { kind: "Started" });
    const canary = canaryOf(started);
    const state = history(started, updating(canary, "device/download-stalled: no chunk came"), tick(2_000, canary));
    expect(state).toMatchObject({ status: "ROLLING_BACK", reason: expect.stringContaining("not done in time: device/download-stalled") });
    const refusing = history(started, report(canary, { reason: "device/untrusted-desired: x" }), tick(2_000, canary));
    expect(refusing.reason).toContain("device/untrusted-desired");
  });
});

describe("silence", () => {
  test("a silent device neither fails a wave nor makes it succeed, and is counted when it catches up", () => {
    const second = history(soaking(), passed(0));
    const [one, two] = waveOf(second, 1) as [ReturnType<typeof canaryOf>, ReturnType<typeof canaryOf>];
    const state = history(second, committed(one), tick(2_000, one));
    expect([state.waves[1]?.status, state.devices[two]?.status]).toEqual(["SOAKING", "UNREACHABLE"]);
    expect(history(state, committed(two)).devices[two]?.status).toBe("COMMITTED");
  });

  test("a wave that was long in coming has its full time to soak", () => {
    const second = history(soaking(), passed(0));
    const [one] = waveOf(second, 1) as [ReturnType<typeof canaryOf>];
    const state = history(second, committed(one), tick(2_000, one), tick(2_999, one));
    expect(state.waves[1]?.status).toBe("SOAKING");
    expect(history(state, tick(3_000, one)).status).toBe("PAUSED");
  });

  test("a wave of which nobody is heard pauses; resuming offers it again", () => {
    const paused = take(history(ready(), { kind: "Started" }), tick(2_000)[1], 2_000);
    expect([paused.state.status, said(paused.effects)]).toEqual(["PAUSED", ["rollout.paused"]]);
    const resumed = take(paused.state, { kind: "ResumeRequested" }, 3_000);
    expect([resumed.state.status, offers(resumed.effects).length]).toEqual(["RUNNING", 1]);
    expect(history(resumed.state, tick(3_999)).status).toBe("RUNNING");
  });

  test("a gate that does not pass in time pauses; promoting goes on, resuming waits again", () => {
    const state = history(soaking(), tick(1_010));
    expect([state.status, state.reason]).toEqual(["PAUSED", expect.stringContaining("promote")]);
    expect(history(state, { kind: "PromoteRequested" })).toMatchObject({ status: "RUNNING", wave: 1 });
    const again = take(state, { kind: "ResumeRequested" }, 5_000);
    expect([again.state.status, again.state.waves[0]?.status, offers(again.effects)]).toEqual(["RUNNING", "SOAKING", []]);
    expect(history(again.state, tick(5_999)).status).toBe("RUNNING");
  });
});

describe("the way back", () => {
  const undo: RolloutEvent = { kind: "UndoRequested", reason: "regret" };

  test("an undo takes everything back, also from devices that are away", () => {
    const undone = take(finished(), undo);
    expect([undone.state.status, offers(undone.effects).length]).toEqual(["ROLLING_BACK", 6]);
    const away = history(undone.state, tick(20));
    expect([away.status, new Set(Object.values(statusesOf(away)))]).toEqual(["ROLLED_BACK", new Set(["UNREACHABLE"])]);
    const [first] = waveOf(away, 0) as [ReturnType<typeof canaryOf>];
    expect(history(away, committed(first)).devices[first]?.status).toBe("UNREACHABLE");
    expect(history(away, committed(first), report(first, {})).devices[first]?.status).toBe("REVERTED");
  });

  test("a device that refuses to go back is told of and not waited for", () => {
    const back = history(soaking(), { kind: "AbortRequested", reason: "r", keep: false });
    const canary = canaryOf(back);
    const refusing = report(canary, { runningDigest: bundle, targetDigest: old, outcome: "failed", reason: "registry/below-security-floor: 1" });
    const done = take(back, refusing);
    expect(done.state).toMatchObject({
      status: "ROLLED_BACK",
      devices: { [canary]: { status: "FAILED", reason: expect.stringContaining("below-security-floor") } },
    });
    expect(done.effects.at(-1)).toMatchObject({ text: expect.stringContaining(`1 did not go back (${canary})`) });
  });

  test("a device that is there and says nothing of it is not waited for without end", () => {
    const back = history(soaking(), { kind: "AbortRequested", reason: "r", keep: false });
    const canary = canaryOf(back);
    expect(history(back, tick(1_009, canary)).status).toBe("ROLLING_BACK");
    const done = history(back, tick(1_010, canary));
    expect([done.status, done.devices[canary]]).toMatchObject(["ROLLED_BACK", { status: "FAILED", reason: "did not go back in time" }]);
    expect(history(done, report(canary, {})).devices[canary]?.status).toBe("REVERTED");
  });

  test("a device that ran nothing before is not touched", () => {
    const back = take(soaking(0, null), { kind: "AbortRequested", reason: "r", keep: false });
    expect([back.state.status, offers(back.effects), said(back.effects)]).toEqual(["ROLLED_BACK", [], ["rollout.aborted", "rollout.rolled_back"]]);
  });

  test("an abort that keeps leaves everybody where they are", () => {
    const kept = take(soaking(), { kind: "AbortRequested", reason: "r", keep: true });
    expect([kept.state.status, offers(kept.effects)]).toEqual(["ABORTED", []]);
  });
});

describe("what many devices say at once", () => {
  test("is what they say one after the other", () => {
    const started = history(ready(3), { kind: "Started" });
    const rest = waveOf(started, 0);
    const reports = rest.flatMap((id, i) => [updating(id), i % 2 === 0 ? committed(id) : updating(id, "still")]);
    expect(history(started, together(...reports))).toEqual(history(started, ...reports));
  });

  test("ends the rollout as soon as too many of them failed, and none of the others is forgotten on the way back", () => {
    const started = history(soaking(0), passed(0));
    const [first, second] = waveOf(started, 1) as [DeviceId, DeviceId];
    const step = take(started, together(committed(first), failed(second)));
    expect(step.state.status).toBe("ROLLING_BACK");
    expect(statusesOf(step.state)).toMatchObject({ [first]: "REVERTING", [second]: "REVERTING", [canaryOf(started)]: "REVERTING" });
  });

  test("of a device that is no part of it is refused whole", () => {
    const started = history(ready(), { kind: "Started" });
    const step = stepRollout(started, together(committed(canaryOf(started)), committed("stranger" as DeviceId)), { nowMs: 1 });
    expect(isRefused(step) && step.refused).toContain("stranger is not part of it");
  });
});
