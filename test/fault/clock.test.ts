import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { WireWindow } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentProgram } from "../integration/agent-program.fixture.js";
import { program } from "../integration/collector-program.fixture.js";
import { until } from "../integration/brokers/world.fixture.js";
import { canRun, FaultWorld } from "./rig/fault-world.js";
import { canSetClocks, WallClock } from "./rig/wall-clock.js";

const isThere = canRun("fault/clock") && canSetClocks();
/** What a busy machine may add to the second that a window lasts. */
const slackMs = 8_000;
const in1970 = 30_000;
const in2038 = Date.UTC(2038, 0, 19, 4);

/** A stretch of true time. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

describe.skipIf(!isThere)("a device whose clock is wrong", { timeout: 120_000 }, () => {
  const world = new FaultWorld("aedes");
  const ids = ["rtc-1", "rtc-2", "rtc-3", "rtc-4"];
  const stateDirs = new Map<string, string>();
  const spans = new Map<string, Span[]>();
  const clocks: WallClock[] = [];
  const offline: string[] = [];

  const clock = (nowMs?: number) => {
    const made = new WallClock(nowMs);
    clocks.push(made);
    return made;
  };
  const dirOf = (id: string) => stateDirs.get(id) ?? "";
  const start = (id: string, at: WallClock) => world.startEnrolled(id, dirOf(id), { env: at.env });

  /** Has it count, for longer than a window. */
  const count = async (agent: AgentProgram, id: string) => {
    const fromMs = Date.now();
    const before = (await world.state(agent, dirOf(id))).counters.windows;
    await until(
      `${id} has counted for two windows`,
      async () => {
        await world.predict(agent, dirOf(id), 2);
        return (await world.state(agent, dirOf(id))).counters.windows;
      },
      (windows) => windows >= before + 2,
    );
    spans.set(id, [...(spans.get(id) ?? []), { fromMs, toMs: Date.now() }]);
  };
  const end = async (agent: AgentProgram, id: string) => {
    await until(
      `the outbox of ${id} is empty`,
      async () => (await world.state(agent, dirOf(id))).outbox.records,
      (records) => records === 0,
    );
    await agent.stop("SIGTERM");
    world.ledger.read(dirOf(id), id);
  };

  beforeAll(async () => {
    await world.open();
    await world.register();
    const agents = [...(await world.agentsWithModel(ids))];
    for (const [i, [stateDir, agent]] of agents.entries()) {
      const id = ids[i] ?? "";
      stateDirs.set(id, stateDir);
      await end(agent, id);
      spans.set(id, [{ fromMs: 0, toMs: Date.now() }]);
    }
  }, 120_000);
  afterAll(async () => {
    await world.close();
    for (const made of clocks) made.close();
  }, 60_000);

  test("1970, and set right while it runs: it comes in, and what it counted before lies where it belongs", async () => {
    const [id] = ids as [string];
    // It has been away for so long that even the last time it knew is of no use.
    rmSync(join(dirOf(id), "last-time"), { force: true });
    const wall = clock(in1970);
    const agent = start(id, wall);
    await count(agent, id);
    wall.set();
    await count(agent, id);
    // And once more to a time before it was made, as when a battery is changed.
    wall.set(in1970);
    await count(agent, id);
    await end(agent, id);
  });

  test("1970 through two starts that nobody ever heard of: their windows are stored, in their order, and none is given up", async () => {
    const id = ids[1] ?? "";
    offline.push(id);
    await world.stopCollector("SIGTERM");
    for (let starts = 0; starts < 2; starts += 1) {
      const agent = start(id, clock(in1970));
      await world.isServing(agent, dirOf(id));
      await count(agent, id);
      await agent.stop("SIGTERM");
    }
    await world.startCollector();
    const agent = start(id, clock(in1970));
    await world.isServing(agent, dirOf(id));
    await count(agent, id);
    await end(agent, id);
  });

  test("2038 from the start: it waits, and comes in without a new start once the clock is right", async () => {
    const id = ids[2] ?? "";
    const wall = clock(in2038);
    const agent = start(id, wall);
    await world.isServing(agent, dirOf(id));
    await count(agent, id);
    wall.set();
    await until(
      "it comes in",
      async () => (await world.state(agent, dirOf(id))).link.state,
      (state) => state === "connected",
    );
    await count(agent, id);
    await end(agent, id);
  });

  test("2038 in the midst of its work, and back: windows go on as long as they were, where they belong", async () => {
    const id = ids[3] ?? "";
    const wall = clock();
    const agent = start(id, wall);
    await world.isServing(agent, dirOf(id));
    await count(agent, id);
    wall.set(in2038);
    await count(agent, id);
    wall.set();
    await count(agent, id);
    await end(agent, id);
  });

  test("every window is stored once, with what was counted in it, and at the time at which it was counted", async () => {
    await world.settled(world.ledger.size);
    expect(await world.windows()).toMatchObject({ lost: 0, deadLetters: 0 });
    const { windows } = await world.balanced("fault/clock");
    const of = (id: string) => windows.filter((w) => w.key.deviceId === id);
    for (const id of ids) {
      expect(of(id).length, id).toBeGreaterThan(3);
      for (const w of of(id)) expect(w.endMs - w.startMs, `length of ${id}/${w.key.seq}`).toBeLessThan(slackMs);
      if (offline.includes(id)) continue;
      const isInPlace = (w: WireWindow) => (spans.get(id) ?? []).some(({ fromMs, toMs }) => w.endMs >= fromMs - slackMs && w.endMs <= toMs + slackMs);
      expect(
        of(id)
          .filter((w) => !isInPlace(w))
          .map((w) => `${w.key.bootEpoch}/${w.key.seq} at ${new Date(w.endMs).toISOString()}`),
        id,
      ).toEqual([]);
    }
    for (const id of offline) {
      const inOrder = [...of(id)].sort((a, b) => a.key.bootEpoch - b.key.bootEpoch || a.key.seq - b.key.seq);
      const ends = inOrder.map((w) => w.endMs);
      expect(ends).toEqual([...ends].sort((a, b) => a - b));
      expect(Math.max(...ends)).toBeLessThan(Date.now());
      expect(Math.min(...ends)).toBeGreaterThan(Date.now() - 2 * 3_600_000);
    }
  });
});

test.skipIf(!isThere)("a collector whose clock stands at 1970 does not start, and says why: it would give up every window it gets", { timeout: 60_000 }, () => {
  const wall = new WallClock(in1970);
  try {
    const args = [program, "--data-dir", join(wall.folder, "data"), "--mqtt-port", "0", "--http-port", "0"];
    const { status, stderr } = spawnSync(process.execPath, args, { env: { PATH: process.env["PATH"], ...wall.env }, encoding: "utf8", timeout: 50_000 });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("1970-01-01") as string });
    expect(stderr).toContain("Set the clock");
  } finally {
    wall.close();
  }
});
