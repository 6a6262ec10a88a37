import { encodeAck, topicFor } from "@kedge/wire";
import { openMqttLink } from "@kedge/wire/adapters";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCable } from "../../support/cable.js";
import { isAgentBuilt, type AgentProgram } from "../agent-program.fixture.js";
import { isBuilt } from "../collector-program.fixture.js";
import { isInstalled, type RigName } from "./broker-rig.fixture.js";
import { expectAsDocumented, isCliBuilt, probe } from "./probe-suite.fixture.js";
import { predict, RawDevice, until, World } from "./world.fixture.js";

/** What must hold whichever broker is between devices and their collector: real programs, the shipped configuration of the broker, TLS. */
export function deliverySuite(name: RigName | "aedes"): void {
  const isThere = isBuilt && isAgentBuilt && (name === "aedes" || isInstalled(name));
  if (!isBuilt || !isAgentBuilt) process.stderr.write(`brokers/${name}: skipped, apps are not built (run \`npm run build\`)\n`);

  describe.skipIf(!isThere)(`over ${name}`, { timeout: 300_000 }, () => {
    const world = new World(name);
    let stateDir = "";
    let agent: AgentProgram;
    let predictions = 0;

    const start = async () => {
      agent = await world.startAgent("press-1", stateDir);
      return await agent.url(stateDir);
    };
    const isStored = (rows: number) =>
      until(
        `${rows} predictions stored`,
        () => world.windows(),
        (w) => w.rows >= rows,
      );

    beforeAll(async () => {
      await world.open();
      await world.register();
      stateDir = await world.agents.directory();
    }, 240_000);
    afterAll(() => world.close(), 60_000);

    test("a device enrols at its collector and is seen", async () => {
      await start();
      await until(
        "the device is online",
        () => world.device("press-1"),
        (d) => d.state === "online",
      );
    });

    test("what it is to run reaches it, and the bundle in chunks", async () => {
      const { status } = await world.collector.call("POST", "/v1/rollouts", { model: "clothes@1.0.0", canary: 0, wavesPercent: [100], gateRows: 0 });
      expect(status).toBe(201);
      const url = await agent.url(stateDir);
      await until(
        "the model is served",
        async () => (await fetch(`${url}/readyz`)).status,
        (code) => code === 200,
      );
    });

    test("every prediction is counted once, through restarts of the agent and the collector", async () => {
      const url = await agent.url(stateDir);
      predictions += await predict(url, 20);
      await isStored(predictions);
      // While the collector is away, windows wait; an agent that is ended takes its last window along.
      await world.stopCollector("SIGTERM");
      predictions += await predict(url, 15);
      await agent.stop("SIGTERM");
      await world.startCollector();
      await start();
      await isStored(predictions);
      await world.stopCollector("SIGKILL");
      predictions += await predict(await agent.url(stateDir), 10);
      await world.startCollector();
      await isStored(predictions);
      const counted = await until(
        "nothing is awaited",
        () => world.windows(),
        (w) => w.awaited === 0,
      );
      expect(counted).toMatchObject({ rows: predictions, lost: 0 });
    });

    test("every prediction is counted once, through kill -9 of the broker under load", async () => {
      const url = await agent.url(stateDir);
      const before = (await world.windows()).rows;
      let isLoading = true;
      let made = 0;
      const load = (async () => {
        while (isLoading) {
          made += await predict(url, 1);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      })();
      for (let i = 0; i < 2; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        await world.killBroker();
      }
      isLoading = false;
      await load;
      predictions += made;
      await isStored(before + made);
      const counted = await until(
        "nothing is awaited",
        () => world.windows(),
        (w) => w.awaited === 0,
      );
      expect(counted).toMatchObject({ rows: predictions, lost: 0 });
    });

    test("a device that is killed is called offline, and online when it is back", async () => {
      await until(
        "the device is online",
        () => world.device("press-1"),
        (d) => d.state === "online",
      );
      await agent.stop("SIGKILL");
      await until(
        "the device is offline",
        () => world.device("press-1"),
        (d) => d.state === "offline",
      );
      await start();
      await until(
        "the device is online again",
        () => world.device("press-1"),
        (d) => d.state === "online",
      );
    });

    test("3,000 windows for a collector that is away: none is lost, none counted twice", async () => {
      const papers = await world.enrol("raw-2");
      const raw = new RawDevice(papers, world.linkOf(papers));
      await raw.fill(3_000, world.digest);
      const before = await world.windows();
      await world.stopCollector("SIGTERM");
      if (world.rig !== undefined) {
        // Beside its own rules it floods the broker with all of them: some brokers keep them, some drop them, all acknowledge.
        const flood = world.linkOf(papers);
        await flood.connect();
        for (const { seq, bytes } of await raw.outbox.peek(3_000)) {
          const outcome = await flood.publish(topicFor(papers.deviceId, "stats"), bytes, { qos: 1 });
          expect(outcome, `window ${seq}`).toEqual({ kind: "sent" });
        }
        await flood.close();
      }
      // Over its own broker it cannot connect before the collector is back.
      const started = raw.start();
      await world.startCollector();
      await started;
      const after = await until(
        "all are stored",
        () => world.windows(),
        (w) => w.stored >= before.stored + 3_000,
        120_000,
      );
      expect(after.stored - before.stored).toBeLessThan(3_100);
      await until(
        "the outbox is empty",
        async () => raw.outbox.stats().records,
        (n) => n === 0,
      );
      const series = await world.collector.call("GET", "/v1/devices/raw-2");
      expect(series.status).toBe(200);
      expect(
        await until(
          "nothing is awaited",
          () => world.windows(),
          (w) => w.awaited === 0,
        ),
      ).toMatchObject({ lost: 0 });
      await raw.close();
    });

    test("a connection that is cut without a word: what was under way arrives once", async () => {
      const papers = await world.enrol("raw-3");
      const port = Number(new URL(papers.broker?.url ?? `mqtts://localhost:${world.collector.mqttPort}`).port);
      const cable = await openCable(port);
      const raw = new RawDevice(papers, world.linkOf(papers, { url: `mqtts://localhost:${cable.port}`, keepAliveSeconds: 2 }));
      const before = await world.windows();
      await raw.start();
      await raw.fill(200, world.digest);
      raw.report.wake();
      await new Promise((resolve) => setTimeout(resolve, 30));
      cable.cut();
      await until(
        "the device notices",
        async () => raw.link.stats().losses,
        (losses) => losses > 0,
      );
      await until(
        "the outbox is empty",
        async () => raw.outbox.stats().records,
        (n) => n === 0,
      );
      const after = await until(
        "nothing is awaited",
        () => world.windows(),
        (w) => w.awaited === 0,
      );
      expect(after.lost).toBe(0);
      expect(after.stored).toBeGreaterThanOrEqual(before.stored + 200);
      await raw.close();
      cable.close();
    });

    test.skipIf(name === "aedes" || !isCliBuilt)("kedge broker probe measures what the guide says of it", async () => {
      if (name !== "aedes") expectAsDocumented(name, await probe(world));
    });

    test("who speaks for another device is not believed, and cannot have its windows forgotten", async () => {
      const victim = await world.enrol("raw-4");
      const thief = await world.enrol("raw-5");
      const raw = new RawDevice(victim, world.linkOf(victim));
      await raw.start();
      const before = await world.windows();
      // With the thief's own certificate, on the victim's topics. Brokers cut it, drop it or let it pass.
      const { deviceId, certificatePem: certificate, privateKeyPem: key, authoritiesPem: ca, broker } = thief;
      const url = broker?.url ?? `mqtts://localhost:${world.collector.mqttPort}`;
      const link = openMqttLink({ url, clientId: deviceId, ca, certificate, key, retry: { firstMs: 100, maxMs: 1_000 } });
      await link.connect();
      const forged = raw.windowOf(1, world.digest);
      await Promise.race([link.publish(topicFor(victim.deviceId, "stats"), forged, { qos: 1 }), new Promise((resolve) => setTimeout(resolve, 2_000))]);
      const ack = encodeAck({ bootEpoch: 7, seq: 100 });
      await Promise.race([link.publish(topicFor(victim.deviceId, "ack"), ack, { qos: 1 }), new Promise((resolve) => setTimeout(resolve, 2_000))]);
      await link.close();
      await world.stopCollector("SIGTERM");
      await raw.fill(5, world.digest);
      raw.report.wake();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(raw.outbox.stats().records).toBe(5);
      await world.startCollector();
      await until(
        "the outbox is empty",
        async () => raw.outbox.stats().records,
        (n) => n === 0,
      );
      const after = await until(
        "nothing is awaited",
        () => world.windows(),
        (w) => w.awaited === 0,
      );
      expect(after.lost).toBe(0);
      expect(after.stored).toBeGreaterThanOrEqual(before.stored + 5);
      await raw.close();
    });
  });
}
