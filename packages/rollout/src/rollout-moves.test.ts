import { readFileSync } from "node:fs";
import { type DeviceId, isRefused, type Random, randomInt, seededRandom, type Transition } from "@kedge/core";
import { describe, expect, test } from "vitest";
import { isOver, rolloutDiagram, type RolloutEffect, type RolloutEvent, rolloutMoves, type RolloutState, type RolloutStatus, stepRollout } from "./index.js";
import { bundle, committed, finished, fleet, history, old, passed, ready, report, soaking, verdict } from "./rollout.fixture.js";

const kinds: readonly RolloutEvent["kind"][] = [
  "Started",
  "DevicesReported",
  "GateEvaluated",
  "Ticked",
  "PauseRequested",
  "ResumeRequested",
  "PromoteRequested",
  "AbortRequested",
  "UndoRequested",
];

const everyEvent: Readonly<Record<RolloutEvent["kind"], readonly RolloutEvent[]>> = {
  Started: [{ kind: "Started" }],
  DevicesReported: [committed("cam-0" as DeviceId), report("cam-1" as DeviceId, { outcome: "failed", targetDigest: bundle, reason: "r" })],
  GateEvaluated: [passed(0), { kind: "GateEvaluated", wave: 0, verdicts: [verdict("failed")] }],
  Ticked: [{ kind: "Ticked", reachable: [] }],
  PauseRequested: [{ kind: "PauseRequested", reason: "r" }],
  ResumeRequested: [{ kind: "ResumeRequested" }],
  PromoteRequested: [{ kind: "PromoteRequested" }],
  AbortRequested: [
    { kind: "AbortRequested", reason: "r", keep: true },
    { kind: "AbortRequested", reason: "r", keep: false },
  ],
  UndoRequested: [{ kind: "UndoRequested", reason: "r" }],
};

const abort: RolloutEvent = { kind: "AbortRequested", reason: "r", keep: false };
const states: Readonly<Record<RolloutStatus, readonly RolloutState[]>> = {
  READY: [ready()],
  RUNNING: [history(ready(), { kind: "Started" }), soaking()],
  PAUSED: [history(ready(), { kind: "Started" }, { kind: "PauseRequested", reason: "r" }), history(soaking(), { kind: "PauseRequested", reason: "r" })],
  ROLLING_BACK: [history(soaking(), abort)],
  ROLLED_BACK: [history(soaking(), abort, { kind: "Ticked", reachable: [] })],
  ABORTED: [history(ready(), abort)],
  FINISHED: [finished()],
};

describe("the table", () => {
  const pairs = Object.keys(states).flatMap((status) => kinds.map((kind) => [status as RolloutStatus, kind] as const));

  test.each(pairs)("%s + %s: taken or refused by name, and it leads where the table says", (status, kind) => {
    for (const state of states[status]) {
      for (const event of everyEvent[kind]) {
        const step = stepRollout(state, event, { nowMs: 20 });
        if (isRefused(step)) expect(step.refused).toMatch(new RegExp(`^${kind} in ${status}: .{8,}`));
        else expect(rolloutMoves[status][kind] ?? []).toContain(step.to.status);
        if (rolloutMoves[status][kind] === undefined) expect(isRefused(step)).toBe(true);
      }
    }
  });

  test("the README shows it", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`mermaid\n${rolloutDiagram()}\n\`\`\``);
  });
});

function randomEvent(random: Random, state: RolloutState): RolloutEvent {
  const ids = fleet.map((d) => d.deviceId);
  const id = ids[randomInt(random, ids.length)] as DeviceId;
  const pick = randomInt(random, 42);
  if (pick < 20) {
    const digest = random() < 0.5 ? bundle : old;
    const outcome = (["updating", "committed", "failed"] as const)[randomInt(random, random() < 0.98 ? 2 : 3)] ?? "updating";
    return report(id, { runningDigest: outcome === "committed" ? digest : old, outcome, targetDigest: digest });
  }
  if (pick < 34) {
    const v = random() < 0.03 ? "failed" : (["passed", "waiting"] as const)[randomInt(random, 2)];
    return { kind: "GateEvaluated", wave: state.wave, verdicts: [verdict(v ?? "waiting")] };
  }
  if (pick < 38) return { kind: "Ticked", reachable: ids.filter(() => random() < 0.7) };
  const asked =
    (["PauseRequested", "ResumeRequested", "PromoteRequested", "AbortRequested", "UndoRequested"] as const)[randomInt(random, 5)] ?? "ResumeRequested";
  const ways = everyEvent[random() < 0.3 ? asked : "ResumeRequested"];
  return ways[randomInt(random, ways.length)] ?? { kind: "ResumeRequested" };
}

/** Throws with the invariant's name; `expect` at this rate would take most of the time. */
function holds(condition: boolean, invariant: string, state: RolloutState): void {
  if (!condition) throw new Error(`${invariant}: ${JSON.stringify(state)}`);
}

/** What must hold of every step that is taken. */
function checkStep(before: RolloutState, event: RolloutEvent, { to: after, effects }: Transition<RolloutState, RolloutEffect>, offered: Set<string>): void {
  holds(after.waves.filter((w) => w.status === "RUNNING" || w.status === "SOAKING").length <= 1, "never two waves under way", after);
  for (const [index, wave] of after.waves.entries()) {
    const was = before.waves[index]?.status;
    const said = wave.deviceIds.map((id) => after.devices[id]?.status);
    if (wave.status === "SCHEDULED")
      holds(
        said.every((s) => s === "PENDING"),
        "nobody is touched before their wave",
        after,
      );
    if (wave.status === "SUCCEEDED" && was !== "SUCCEEDED")
      holds(was === "SOAKING" && /^(GateEvaluated|PromoteRequested)$/.test(event.kind), "a wave succeeds by its gate or somebody's word", after);
    if (wave.status === "SOAKING" && was === "RUNNING")
      holds(said.includes("COMMITTED") && !said.includes("OFFERED") && !said.includes("UPDATING"), "a wave soaks once it is observed", after);
  }
  for (const effect of effects) {
    if (effect.kind !== "SetDesired") continue;
    const wave = after.devices[effect.deviceId]?.wave ?? -1;
    if (effect.bundleDigest === bundle) {
      holds(!isOver(before.status) && before.status !== "ROLLING_BACK", "over is over", after);
      holds(
        after.waves.slice(0, wave).every((w) => w.status === "SUCCEEDED"),
        "no wave before its turn",
        after,
      );
      offered.add(effect.deviceId);
    } else holds(effect.bundleDigest === old && offered.has(effect.deviceId), "a revert has somewhere to go, and only who was offered goes back", after);
  }
  const reached = Object.values(after.devices).filter((d) => d.status !== "PENDING").length;
  holds(reached <= after.waves.slice(0, after.wave + 1).reduce((sum, w) => sum + w.deviceIds.length, 0), "never past the wave limit", after);
  holds(!isOver(before.status) || before.status === "FINISHED" || after.status === before.status, "an end is for good", after);
  holds(!isOver(after.status) || after.endedMs !== null, "an end has its time", after);
}

describe("random histories", () => {
  test("keep the invariants over 3,000 histories of 150 events, and make every move of the table and no other", () => {
    const random = seededRandom(77);
    const seen = new Set<string>();
    for (let h = 0; h < 3_000; h += 1) {
      let state = ready(randomInt(random, 2), h % 3 === 0 ? null : old);
      const offered = new Set<string>();
      for (let i = 0; i < 150; i += 1) {
        const event: RolloutEvent = i === 0 && h % 20 !== 1 ? { kind: "Started" } : randomEvent(random, state);
        const before = state;
        const step = stepRollout(state, event, { nowMs: i * 200 });
        if (isRefused(step)) continue;
        state = step.to;
        checkStep(before, event, step, offered);
        seen.add(`${before.status} ${event.kind} ${state.status}`);
      }
    }
    const table = Object.entries(rolloutMoves).flatMap(([from, events]) =>
      Object.entries(events).flatMap(([kind, targets]) => targets.map((to) => `${from} ${kind} ${to}`)),
    );
    expect([...seen].sort()).toEqual(table.sort());
  });

  test("whatever devices do, a rollout comes to an end or asks a person", () => {
    const random = seededRandom(5);
    const ends = new Map<string, number>();
    for (let h = 0; h < 300; h += 1) {
      const manner = new Map(fleet.map((d) => [d.deviceId, random()]));
      const is = (id: DeviceId, from: number, to: number): boolean => (manner.get(id) ?? 0) >= from && (manner.get(id) ?? 0) < to;
      let state = history(ready(randomInt(random, 2)), { kind: "Started" });
      for (let now = 0; now < 30_000 && (state.status === "RUNNING" || state.status === "ROLLING_BACK"); now += 100) {
        const wanted = state.status === "RUNNING" ? bundle : old;
        const events: RolloutEvent[] = fleet.flatMap(({ deviceId: id }) => {
          if (is(id, 0, 0.6)) return [report(id, { runningDigest: wanted, targetDigest: wanted })];
          if (is(id, 0.6, 0.75)) return [report(id, { runningDigest: old, targetDigest: bundle, outcome: "failed", reason: "r" })];
          // Some are for ever on the way, the rest are away.
          return is(id, 0.75, 0.85) ? [report(id, { targetDigest: wanted, outcome: "updating" })] : [];
        });
        const reachable = fleet.map((d) => d.deviceId).filter((id) => is(id, 0, 0.85));
        for (const event of [...events, { kind: "Ticked", reachable } as const, passed(state.wave)]) {
          const step = stepRollout(state, event, { nowMs: now });
          if (!isRefused(step)) state = step.to;
        }
      }
      ends.set(state.status, (ends.get(state.status) ?? 0) + 1);
    }
    expect([...ends.keys()].sort()).toEqual(["FINISHED", "PAUSED", "ROLLED_BACK"]);
  });
});
