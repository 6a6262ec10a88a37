import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentProgram } from "../integration/agent-program.fixture.js";
import { until } from "../integration/brokers/world.fixture.js";
import { recordHeadBytes, scanSegment } from "../../packages/wire/adapters/file-outbox/segment-format.js";
import { canRun, FaultWorld } from "./rig/fault-world.js";

describe.skipIf(!canRun("fault/torn-record"))("an agent that is killed while its collector is away", { timeout: 120_000 }, () => {
  const world = new FaultWorld("aedes");
  let stateDir = "";
  let agent: AgentProgram;

  /** The newest segment of the outbox, and the windows in it that nobody has acknowledged. */
  const segment = () => {
    const folder = join(stateDir, "outbox");
    const name = readdirSync(folder)
      .filter((n) => n.startsWith("segment-"))
      .sort()
      .at(-1);
    const path = join(folder, name ?? "");
    const { records } = scanSegment(readFileSync(path), Number(/\d+/.exec(name ?? "")?.[0]));
    const epoch = Math.max(...records.map((r) => r.bootEpoch));
    return { path, windows: records.filter((r) => r.kind === "window" && r.bootEpoch === epoch) };
  };

  /** Windows in the outbox of an agent whose collector is away, and then kill -9. */
  const killedWith = async (windows: number) => {
    await world.stopCollector("SIGTERM");
    await agent.stop("SIGTERM");
    agent = world.startEnrolled("press-1", stateDir);
    await world.isServing(agent, stateDir);
    for (let i = 1; i <= windows; i += 1) {
      await world.predict(agent, stateDir, i);
      await until(
        `window ${i} is in the outbox`,
        async () => (await world.state(agent, stateDir)).counters.windows,
        (n) => n >= i,
      );
    }
    await agent.stop("SIGKILL");
    world.ledger.read(stateDir, "press-1");
  };

  const restarted = async () => {
    agent = world.startEnrolled("press-1", stateDir);
    await world.startCollector();
    await world.settled(world.ledger.size);
    const { outbox } = await world.state(agent, stateDir);
    return { damaged: outbox.damagedRecords, lost: (await world.windows()).lost };
  };

  beforeAll(async () => {
    await world.open();
    await world.register();
    const [first] = await world.agentsWithModel(["press-1"]);
    if (first === undefined) throw new Error("no agent");
    [stateDir, agent] = first;
  }, 120_000);
  afterAll(() => world.close(), 60_000);

  test("in the midst of writing a record: what was whole is stored, the torn end is cut off and counted, and no gap is left open", async () => {
    await killedWith(4);
    const { path, windows } = segment();
    const last = windows.at(-1);
    if (last === undefined) throw new Error("no window");
    // As a power cut leaves it: the head, and half of what it announces.
    truncateSync(path, last.offset + recordHeadBytes + Math.floor(last.length / 2));
    world.ledger.forget({ deviceId: "press-1" as never, bootEpoch: last.bootEpoch, seq: last.seq });
    expect(await restarted()).toEqual({ damaged: 1, lost: 0 });
  });

  test("whose disk then flips a bit: one window is lost, and shown as a gap; what is before and behind it is stored", async () => {
    await killedWith(4);
    const { path, windows } = segment();
    const hit = windows[1];
    if (hit === undefined) throw new Error("no window");
    const file = readFileSync(path);
    const at = hit.offset + recordHeadBytes + Math.floor(hit.length / 2);
    file[at] = (file[at] ?? 0) ^ 0x10;
    writeFileSync(path, file);
    world.ledger.forget({ deviceId: "press-1" as never, bootEpoch: hit.bootEpoch, seq: hit.seq });
    expect(await restarted()).toEqual({ damaged: 1, lost: 1 });
    await agent.stop("SIGTERM");
    world.ledger.read(stateDir, "press-1");
    await world.balanced("fault/torn-record");
  });
});
