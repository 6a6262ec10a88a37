import { setTimeout as sleep } from "node:timers/promises";
import { type DeviceId, silentLog } from "@kedge/core";
import type { Leases } from "@kedge/store";
import { MemoryLeases } from "@kedge/store/adapters";
import { manualClock } from "@kedge/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { FaultBoard } from "../fault-board.js";
import { allShards, ShardDesk, type ShardReceivers } from "./shard-desk.js";

const leaseMs = 8_000;
const cam = "cam-1" as DeviceId;
const desks: ShardDesk[] = [];
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.stop();
});

function makeDesk(member: string, leases: Leases, clock = manualClock(0), receivers: Partial<ShardReceivers> = {}) {
  const faults = new FaultBoard();
  const said: string[] = [];
  const desk = new ShardDesk({ leases, member, leaseMs, clock, log: silentLog, faults });
  desks.push(desk);
  const start = () =>
    desk.start({
      gain: async (shards) => void said.push(`gain ${shards.length}`),
      hear: async (gained) => void said.push(`hear ${desk.shards().length} call ${gained.length}`),
      lose: async (shards) => void said.push(`lose ${shards.length}`),
      evaluate: async (isEvaluator) => void said.push(`evaluate ${isEvaluator}`),
      ...receivers,
    });
  /** One beat, and what follows of it. */
  const beat = async () => {
    await desk.beat();
    await sleep(5);
  };
  return { desk, faults, said, start, beat, clock };
}

test("one alone holds every shard and evaluates", async () => {
  const { desk, faults, said, start } = makeDesk("a", new MemoryLeases(manualClock(0)));
  expect(desk.fenceOf(cam)).toBeUndefined();
  await start();
  expect(said).toEqual(["gain 64", "hear 64 call 64", "evaluate true"]);
  expect(desk.shards()).toEqual(allShards);
  expect(desk.fenceOf(cam)).toMatchObject({ holder: "a", epoch: 1 });
  expect(desk.fenceOf(cam)).toBe(desk.fenceOf(cam));
  expect(faults.list()).toEqual([]);
  expect(await desk.standing()).toEqual({ evaluator: "a", shards: 64, unowned: 0, members: [{ collectorId: "a", shards: 64 }] });
});

test("at its stop the evaluation is ended while its lease is held still, once", async () => {
  const ended: (string | undefined)[] = [];
  const a = makeDesk("a", new MemoryLeases(manualClock(0)), undefined, {
    evaluate: async (isEvaluator) => void (isEvaluator || ended.push(a.desk.evaluatorFence()?.holder)),
  });
  await a.start();
  await a.desk.stop();
  expect(ended).toEqual(["a"]);
  expect(a.desk.evaluatorFence()).toBeUndefined();
});

test("a second one gets half once the first has finished with it, and the evaluation stays where it is", async () => {
  const leases = new MemoryLeases(manualClock(0));
  let finish = () => {};
  const a = makeDesk("a", leases, undefined, {
    lose: () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  });
  await a.start();
  const b = makeDesk("b", leases);
  await b.start();
  expect(b.desk.shards()).toEqual([]);
  expect(b.faults.list()).toEqual(["shards: owns none of the 32 shards that it should: they are another collector's still"]);
  await a.beat();
  expect(a.desk.shards()).toHaveLength(32);
  await b.beat();
  // What the first had admitted is not yet committed.
  expect(b.desk.shards()).toEqual([]);
  finish();
  await sleep(5);
  await b.beat();
  expect(b.desk.shards()).toHaveLength(32);
  expect(new Set([...a.desk.shards(), ...b.desk.shards()]).size).toBe(64);
  expect(b.faults.list()).toEqual([]);
  expect([a.desk.evaluatorFence()?.holder, b.desk.evaluatorFence()]).toEqual(["a", undefined]);
  finish = () => {};
  const stopping = a.desk.stop();
  await vi.waitFor(() => expect(a.desk.shards()).toEqual([]));
  finish();
  await stopping;
});

test("the leases of one that says nothing are taken over, and when it goes on it holds nothing, by its own clock too", async () => {
  const time = manualClock(0);
  const leases = new MemoryLeases(time);
  const [a, b] = [makeDesk("a", leases), makeDesk("b", leases)];
  await Promise.all([a.start(), b.start()]);
  for (let i = 0; i < 3; i += 1) for (const one of [a, b]) await one.beat();
  const stale = a.desk.shards().map((name) => name);
  time.advance(leaseMs + 1);
  a.clock.advance(leaseMs + 1);
  b.clock.advance(leaseMs + 1);
  // It was stopped: before its first beat it already knows better than to take anything.
  const some = [cam, ...Array.from({ length: 40 }, (_, i) => `d-${i}` as DeviceId)].filter((id) => a.desk.isOwn(id));
  expect(some.length).toBeGreaterThan(5);
  for (const id of some) expect(a.desk.fenceOf(id)).toBeUndefined();
  expect(a.desk.evaluatorFence()).toBeUndefined();
  await b.beat();
  expect(b.desk.shards()).toHaveLength(64);
  expect(b.desk.evaluatorFence()?.holder).toBe("b");
  await a.beat();
  expect(a.said.filter((line) => line.startsWith("lose"))).toContain(`lose ${stale.length}`);
  expect(a.said.filter((line) => line.startsWith("evaluate")).at(-1)).not.toBe("evaluate true");
  await b.beat();
  await a.beat();
  expect([a.desk.shards().length, b.desk.shards().length]).toEqual([32, 32]);
});

test("one that starts again takes what it held in its former life under a new epoch", async () => {
  const leases = new MemoryLeases(manualClock(0));
  const former = makeDesk("a", leases);
  await former.start();
  const before = former.desk.fenceOf(cam);
  const present = makeDesk("a", leases);
  await present.start();
  expect(present.desk.fenceOf(cam)?.epoch).toBeGreaterThan(before?.epoch ?? 0);
  expect(await leases.holds(before === undefined ? [] : [before])).toBe(false);
});

test("a store that cannot be asked is a fault, and nothing is taken once the leases may have passed", async () => {
  const inner = new MemoryLeases(manualClock(0));
  let isAway = false;
  const leases: Leases = {
    beat: (member, lastsMs) => (isAway ? Promise.reject(new Error("the server is away")) : inner.beat(member, lastsMs)),
    take: (...args) => inner.take(...args),
    release: (...args) => inner.release(...args),
    leave: (...args) => inner.leave(...args),
    standing: () => inner.standing(),
  };
  const a = makeDesk("a", leases);
  await a.start();
  isAway = true;
  a.clock.advance(leaseMs / 2);
  await a.beat();
  expect(a.faults.list()).toEqual(["leases: the server is away"]);
  expect(a.desk.fenceOf(cam)).toBeDefined();
  a.clock.advance(leaseMs / 2);
  expect(a.desk.fenceOf(cam)).toBeUndefined();
  isAway = false;
  await a.beat();
  // Nobody took them, so what it knows still holds, under the same epoch.
  expect(a.desk.fenceOf(cam)).toMatchObject({ epoch: 1 });
  expect(a.faults.list()).toEqual([]);
});

test("shards that cannot be read are not taken from, and are tried again", async () => {
  let isBroken = true;
  const a = makeDesk("a", new MemoryLeases(manualClock(0)), undefined, {
    gain: async () => {
      if (isBroken) throw new Error("the marks cannot be read");
    },
  });
  await a.start();
  expect(a.desk.fenceOf(cam)).toBeUndefined();
  expect(a.faults.list()).toEqual(["shards: the marks cannot be read"]);
  isBroken = false;
  await a.beat();
  expect(a.desk.shards()).toHaveLength(64);
  expect(a.faults.list()).toEqual([]);
});
