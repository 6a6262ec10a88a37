import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled } from "../integration/brokers/broker-rig.fixture.js";
import { until } from "../integration/brokers/world.fixture.js";
import { type Cable, openCable } from "../support/cable.js";
import { canRun, FaultWorld } from "./rig/fault-world.js";

const isThere = canRun("fault/half-open");

describe.skipIf(!isThere)("a connection that is cut without either end hearing of it", { timeout: 200_000 }, () => {
  const world = new FaultWorld("aedes");
  const cables: Cable[] = [];

  beforeAll(async () => {
    await world.open();
    await world.register();
  }, 60_000);
  afterAll(async () => {
    await world.close();
    for (const cable of cables) cable.close();
  }, 60_000);

  const cable = async () => {
    const made = await openCable(world.mqttPort);
    cables.push(made);
    return made;
  };

  test.concurrent.each(["up", "down", "both"] as const)(
    "(%s) a device that asks every 2 s notices, connects anew, and nothing is lost or counted twice",
    async (way) => {
      const through = await cable();
      const device = await world.faultDevice(`raw-${way}`, { url: `mqtts://localhost:${through.port}`, keepAliveSeconds: 2 });
      for (let round = 1; round <= 3; round += 1) {
        await until(
          "it is connected",
          async () => device.link.stats().state,
          (state) => state === "connected",
        );
        await device.fill(100, world.digest);
        through.cut(way);
        await device.fill(100, world.digest);
        await until(
          "the device notices",
          async () => device.link.stats().losses,
          (losses) => losses >= round,
        );
      }
      await until(
        "the outbox is empty",
        async () => device.outbox.stats().records,
        (records) => records === 0,
      );
    },
  );

  test.concurrent("the agent as it is shipped notices within twice its keep-alive of a minute, so does the collector, and both go on", async () => {
    const through = await cable();
    const stateDir = await world.agents.directory();
    const token = (await world.collector.call("POST", "/v1/enrolment-tokens", {})).body.secret as string;
    const agent = world.startEnrolled("press-1", stateDir, { tokenFile: await world.agents.file("token", token), port: through.port });
    const isSeen = (state: string) =>
      until(
        `the collector calls it ${state}`,
        () => world.device("press-1"),
        (d) => d.state === state,
        150_000,
      );
    await isSeen("online");
    await world.rollOut(["press-1"]);
    await world.predict(agent, stateDir, 10);
    through.unplug();
    const losses = until(
      "the agent notices",
      async () => (await world.state(agent, stateDir)).link,
      (link) => link.losses > 0 && link.state !== "connected",
      150_000,
    );
    await world.predict(agent, stateDir, 10);
    await Promise.all([isSeen("offline"), losses]);
    await world.predict(agent, stateDir, 10);
    through.mend();
    await isSeen("online");
    await until(
      "the outbox is empty",
      async () => (await world.state(agent, stateDir)).outbox.records,
      (records) => records === 0,
    );
    await agent.stop("SIGTERM");
    world.ledger.read(stateDir, "press-1");
    expect(world.ledger.windows().reduce((sum, w) => sum + (w.key.deviceId === "press-1" ? w.profile.rows : 0), 0)).toBe(30);
  });

  test("what all of them produced is stored once", async () => {
    await world.settled(world.ledger.size);
    expect(await world.windows()).toMatchObject({ lost: 0, deadLetters: 0 });
    await world.balanced("fault/half-open");
  });
});

describe.skipIf(!isThere || !isInstalled("mosquitto"))("a collector whose connection to its broker is cut without a word", { timeout: 120_000 }, () => {
  let cable: Cable | undefined;
  let world: FaultWorld;

  beforeAll(async () => {
    world = new FaultWorld("mosquitto", { collectorKeys: { "broker.keepAliveSeconds": "5" } });
    await world.open();
    await world.register();
  }, 60_000);
  afterAll(async () => {
    await world.close();
    cable?.close();
  }, 60_000);

  test("notices by its keep-alive, says so meanwhile, and takes what waits on the devices", async () => {
    const port = Number(new URL(world.rig?.collectorUrl ?? "").port);
    const through = await openCable(port);
    cable = through;
    await world.stopCollector("SIGTERM");
    await world.startCollector({ "broker.url": `mqtts://localhost:${through.port}`, "broker.deviceUrl": world.rig?.deviceUrl ?? "" });
    const device = await world.faultDevice("raw-1");
    device.load(20, world.digest);
    await world.settled(20);
    through.unplug();
    const isReady = (ready: boolean) =>
      until(
        `it says ${ready ? "that it is ready" : "what is in the way"}`,
        async () => (await world.collector.call("GET", "/readyz")).body as { ready: boolean; faults: string[] },
        (r) => r.ready === ready,
      );
    expect((await isReady(false)).faults.join()).toContain("broker");
    through.mend();
    await isReady(true);
    device.endLoad();
    await until(
      "the outbox is empty",
      async () => device.outbox.stats().records,
      (records) => records === 0,
    );
    await world.settled(world.ledger.size);
    await world.balanced("fault/half-open, collector and broker");
  });
});
