import { topicFor } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled, type RigName } from "../integration/brokers/broker-rig.fixture.js";
import { until } from "../integration/brokers/world.fixture.js";
import { FaultDevice } from "./rig/device.js";
import { canRun, FaultWorld } from "./rig/fault-world.js";

const windows = 3_000;
const isThere = canRun("fault/queue-overflow");
const brokers: readonly (RigName | "aedes")[] = ["aedes", "mosquitto"];

describe.each(brokers)("3,000 windows for a collector that is absent, over %s", { timeout: 120_000 }, (broker) => {
  const isRunnable = isThere && (broker === "aedes" || isInstalled(broker));
  const world = new FaultWorld(broker);

  beforeAll(async () => {
    if (!isRunnable) return;
    await world.open();
    await world.register();
  }, 60_000);
  afterAll(() => world.close(), 60_000);

  test.skipIf(!isRunnable)("the broker's queues overflow, or it keeps none: the device keeps every window, and each is stored once", async () => {
    const device = await world.faultDevice("raw-1");
    await device.fill(50, world.digest);
    await world.settled(50);
    await world.stopCollector("SIGTERM");
    await device.fill(windows, world.digest);
    expect(device.outbox.stats().records).toBe(windows);
    if (world.rig !== undefined) {
      // The broker acknowledges every one of them; there is nobody to whom it could bring them.
      for (const { bytes } of await device.outbox.peek(windows))
        expect(await device.link.publish(topicFor(device.deviceId, "stats"), bytes, { qos: 1 })).toEqual({ kind: "sent" });
      expect(device.outbox.stats().records).toBe(windows);
    }
    await world.startCollector();
    await world.settled(windows + 50);
    await until(
      "the outbox is empty",
      async () => device.outbox.stats().records,
      (records) => records === 0,
    );
    expect(await world.windows()).toMatchObject({ lost: 0, deadLetters: 0 });
    expect(device.outbox.stats().droppedRecords).toBe(0);
    await world.balanced(`fault/queue-overflow, ${broker}`);
  });
});

test.skipIf(!isThere)(
  "an outbox that overflows drops the oldest windows: counted on the device, shown as a gap at the collector",
  { timeout: 120_000 },
  async () => {
    const world = new FaultWorld("aedes");
    try {
      await world.open();
      await world.register();
      const papers = await world.enrol("raw-1");
      const device = await FaultDevice.open(papers, world.linkOf(papers), world.ledger, { maxBytes: 65_536 });
      world.devices.push(device);
      await device.fill(1_000, world.digest);
      const { records, droppedRecords } = device.outbox.stats();
      expect(droppedRecords).toBeGreaterThan(100);
      expect(records + droppedRecords).toBe(1_000);
      await device.start();
      await until(
        "the gap is known",
        () => world.windows(),
        (w) => w.lost === droppedRecords && w.stored === records && w.awaited === 0,
      );
      expect((await world.collector.call("GET", "/v1/counters?deviceId=raw-1")).body.windows).toMatchObject({ lost: droppedRecords, awaited: 0 });
    } finally {
      await world.close();
    }
  },
);
