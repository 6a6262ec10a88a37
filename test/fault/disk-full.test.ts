import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentProgram } from "../integration/agent-program.fixture.js";
import { until } from "../integration/brokers/world.fixture.js";
import { type AgentState, canRun, FaultWorld } from "./rig/fault-world.js";
import { canMount, openSmallDisk, type SmallDisk } from "./rig/small-disk.js";

const isThere = canRun("fault/disk-full") && canMount();

describe.skipIf(!isThere)("the disk of a device is full", { timeout: 120_000 }, () => {
  const world = new FaultWorld("aedes");
  let disk: SmallDisk;
  let stateDir = "";
  let agent: AgentProgram;
  let answered = 0;

  const state = () => world.state(agent, stateDir);
  const holds = (what: string, isSo: (s: AgentState) => boolean) => until(what, state, isSo, 30_000);
  const predict = async (count: number) => {
    answered += await world.predict(agent, stateDir, count);
  };
  const isOnDisk = () =>
    until(
      `${answered} predictions have been in the outbox`,
      async () => {
        world.ledger.read(stateDir, "press-1");
        return world.ledger.rows;
      },
      (rows) => rows === answered,
    );
  const rowsAreStored = () =>
    until(
      `${answered} predictions are stored`,
      () => world.windows(),
      (w) => w.rows >= answered && w.awaited === 0,
    );

  beforeAll(async () => {
    // A device takes no bundle that would leave less than 16 MiB free.
    disk = openSmallDisk(24);
    stateDir = join(disk.path, "agent");
    mkdirSync(stateDir);
    await world.open();
    await world.register();
    agent = await world.startAgent("press-1", stateDir);
    await world.rollOut(["press-1"]);
    answered += await world.isCommitted(agent, stateDir);
    await rowsAreStored();
  }, 120_000);
  afterAll(async () => {
    await world.close();
    disk?.close();
  }, 60_000);

  test("while its collector is away: what it counts waits in memory, and all of it arrives once there is room", async () => {
    await world.stopCollector("SIGTERM");
    await predict(10);
    await isOnDisk();
    disk.fill();
    // Some more may fit into the last page of the file that is written.
    for (let held = 0; held === 0; held = (await state()).reporting.heldRows) await predict(5);
    const { heldRows } = (await state()).reporting;
    await predict(20);
    await holds("20 more predictions wait in memory", (s) => s.reporting.heldRows >= heldRows + 20);
    // It is no reason to keep back what is on the disk already, nor to drop it.
    await world.startCollector();
    const full = await holds("the outbox is empty", (s) => s.outbox.records === 0);
    expect({ lost: full.counters.lost, dropped: full.outbox.droppedRecords }).toEqual({ lost: 0, dropped: 0 });
    expect(full.reporting.heldRows).toBeGreaterThanOrEqual(20);
    disk.free();
    await rowsAreStored();
    expect(await world.windows()).toMatchObject({ rows: answered, lost: 0 });
  });

  test("an agent that is started on it says so and ends with 11; with room it starts, and nothing is missing", async () => {
    await world.stopCollector("SIGTERM");
    await predict(10);
    await isOnDisk();
    await agent.stop("SIGKILL");
    disk.fill();
    const { code, stderr } = await world.startEnrolled("press-1", stateDir).ended;
    expect({ code, stderr }).toEqual({ code: 11, stderr: expect.stringContaining("What to do:") as string });
    disk.free();
    agent = world.startEnrolled("press-1", stateDir);
    await world.startCollector();
    await predict(5);
    await rowsAreStored();
    expect(await world.windows()).toMatchObject({ rows: answered, lost: 0, deadLetters: 0 });
    await agent.stop("SIGTERM");
    world.ledger.read(stateDir, "press-1");
    await world.balanced("fault/disk-full, device");
  });
});

describe.skipIf(!isThere)("the disk of a collector is full", { timeout: 120_000 }, () => {
  let disk: SmallDisk;
  let world: FaultWorld;

  beforeAll(async () => {
    disk = openSmallDisk(24);
    world = new FaultWorld("aedes", { dataDir: join(disk.path, "data") });
    await world.open();
    await world.register();
    for (let i = 0; i < 4; i += 1) await world.faultDevice(`raw-${i}`);
  }, 120_000);
  afterAll(async () => {
    await world?.close();
    disk?.close();
  }, 60_000);

  const waiting = () => world.devices.reduce((sum, d) => sum + d.outbox.stats().records, 0);
  const readyz = async () => (await world.collector.call("GET", "/readyz")).body as { ready: boolean; faults: string[] };

  test("nothing is acknowledged that is not stored, it says what is in the way, and with room everything arrives", async () => {
    for (const device of world.devices) device.load(50, world.digest);
    await world.settled(50);
    disk.fill();
    const fault = await until("it says that it cannot store", readyz, (r) => !r.ready);
    expect(fault.faults.join()).toContain("store");
    const held = waiting();
    await until(
      "500 more windows wait on the devices",
      async () => waiting(),
      (n) => n >= held + 500,
    );
    for (const device of world.devices) device.endLoad();
    disk.free();
    await world.settled(world.ledger.size);
    await until("it is ready again", readyz, (r) => r.ready);
    await until(
      "every outbox is empty",
      async () => waiting(),
      (n) => n === 0,
    );
    expect(await world.windows()).toMatchObject({ lost: 0, deadLetters: 0 });
  });

  test("killed on a full disk it starts once there is room, and nothing is missing", async () => {
    for (const device of world.devices) device.load(50, world.digest);
    disk.fill();
    await until("it says that it cannot store", readyz, (r) => !r.ready);
    await world.stopCollector("SIGKILL");
    for (const device of world.devices) device.endLoad();
    disk.free();
    await world.startCollector();
    await world.settled(world.ledger.size);
    await until(
      "every outbox is empty",
      async () => waiting(),
      (n) => n === 0,
    );
    await world.balanced("fault/disk-full, collector");
  });
});
