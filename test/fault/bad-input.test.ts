import { join } from "node:path";
import type { Sha256 } from "@kedge/core";
import { openSqliteStore } from "@kedge/store/adapters";
import { encodeBirth, encodeWindow, topicFor, type WireWindow, wireLimits } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyProfile } from "../integration/brokers/tiny-model.fixture.js";
import { isInstalled, type RigName } from "../integration/brokers/broker-rig.fixture.js";
import { until } from "../integration/brokers/world.fixture.js";
import type { FaultDevice } from "./rig/device.js";
import { canRun, FaultWorld } from "./rig/fault-world.js";

const isThere = canRun("fault/bad-input");
const brokers: readonly (RigName | "aedes")[] = ["aedes", "mosquitto"];

describe.each(brokers)("what no collector can take, over %s", { timeout: 120_000 }, (broker) => {
  const isRunnable = isThere && (broker === "aedes" || isInstalled(broker));
  const world = new FaultWorld(broker);
  let device: FaultDevice;

  beforeAll(async () => {
    if (!isRunnable) return;
    await world.open();
    await world.register();
    device = await world.faultDevice("raw-1");
    await world.faultDevice("raw-2");
    await device.fill(5, world.digest);
    await world.settled(5);
  }, 60_000);
  afterAll(() => world.close(), 60_000);

  /** A window as the device's next one, but for some of it. It has no place in the outbox: nobody sends it again. */
  const window = (seq: number, change: Partial<WireWindow> = {}): Uint8Array => {
    const endMs = Date.now();
    const key = { deviceId: device.deviceId, bootEpoch: device.outbox.bootEpoch, seq };
    return encodeWindow({
      key,
      startMs: endMs - 1_000,
      endMs,
      bundleDigest: world.digest,
      profile: tinyProfile({ dark: 1, light: 1 }),
      trigger: "interval",
      ...change,
    });
  };
  const unknown = (bytes: Uint8Array): Uint8Array => {
    const newer = Uint8Array.from(bytes);
    // Field 1 of every message is its format's version.
    expect(newer[0]).toBe(0x08);
    newer[1] = 0x7f;
    return newer;
  };

  test.skipIf(!isRunnable)("is counted by reason, kept to be looked at, and stops nothing that comes behind it", async () => {
    const later = Date.now() + 3_600_000;
    const good = window(11);
    const stranger = { deviceId: "raw-2" as never, bootEpoch: 9, labels: {}, agentVersion: "0", bundleDigest: null, platform: "", oldestSeq: 1, nextSeq: 1 };
    const bad: readonly (readonly [reason: string, bytes: Uint8Array, leaf?: "birth" | "sample"])[] = [
      ["ingest/oversize", new Uint8Array(wireLimits.windowBytes + 1).fill(0x0a)],
      ["ingest/truncated", good.subarray(0, Math.floor(good.length / 2))],
      ["ingest/truncated", Uint8Array.of(0xff, 0xff, 0xff)],
      ["ingest/undecodable", new Uint8Array(0)],
      ["ingest/unknown-format", unknown(window(6))],
      ["ingest/wrong-device", window(7, { key: { deviceId: "raw-2" as never, bootEpoch: 1, seq: 7 } })],
      ["ingest/future-timestamp", window(7, { startMs: later - 1_000, endMs: later })],
      ["ingest/past-timestamp", window(8, { startMs: 1_000, endMs: 2_000 })],
      ["ingest/unknown-bundle", window(9, { bundleDigest: "f".repeat(64) as Sha256 })],
      ["ingest/unknown-spec", window(10, { profile: { ...tinyProfile({ dark: 1, light: 1 }), specHash: "e".repeat(64) } })],
      ["ingest/undecodable", Uint8Array.of(1, 2, 3), "birth"],
      ["ingest/wrong-device", encodeBirth(stranger), "birth"],
      ["ingest/undecodable", Uint8Array.of(1, 2, 3), "sample"],
    ];
    const before = await world.windows();
    for (const [reason, bytes, leaf = "stats"] of bad) {
      const outcome = await device.link.publish(topicFor(device.deviceId, leaf), bytes, { qos: 1 });
      // The collector's own broker cuts who sends too much at once, and has kept the beginning of it.
      if (reason !== "ingest/oversize") expect(outcome, reason).toEqual({ kind: "sent" });
      await until(
        "it is connected",
        async () => device.link.stats().state,
        (state) => state === "connected",
      );
    }
    const expected = new Map<string, number>();
    for (const [reason] of bad) expected.set(reason, (expected.get(reason) ?? 0) + 1);
    const after = await until(
      "all of them are counted",
      () => world.windows(),
      (w) => w.deadLetters >= before.deadLetters + bad.length,
    );
    for (const [reason, count] of expected) expect((after.refused[reason] ?? 0) - (before.refused[reason] ?? 0), reason).toBe(count);
    expect(after.stored).toBe(before.stored);

    // Windows 6 to 10 were settled by what could be read of their names; the device goes on behind them.
    for (const { deviceId, outbox, link } of world.devices) expect([deviceId, link.stats().state, outbox.stats().records]).toEqual([deviceId, "connected", 0]);
    await device.fill(10, world.digest);
    await world.devices[1]?.fill(5, world.digest);
    // Of the ten, six bear numbers that what could not be taken has used up.
    await until(
      "what comes behind is stored",
      () => world.windows(),
      (w) => w.stored === before.stored + 4 + 5 && w.awaited === 0,
    );
    const metrics = (await world.collector.call("GET", "/metrics")).body as string;
    for (const [reason] of bad) expect(metrics).toContain(`reason="${reason}"`);
    await world.stopCollector("SIGTERM");
    const store = await openSqliteStore(join(world.dataDir, "kedge.db"), { nowMs: () => Date.now(), monotonicMs: () => performance.now() });
    const letters = await store.series.deadLetters({ limit: 100 });
    await store.close();
    expect(letters.map((l) => l.reason).sort()).toEqual(bad.map(([reason]) => reason).sort());
    expect(letters.every((l) => l.deviceId === "raw-1" && l.message !== "")).toBe(true);
    for (const { bytes, reason } of letters) {
      const sent = bad.filter(([r]) => r === reason).map(([, b]) => Buffer.from(b.subarray(0, bytes.length)).toString("hex"));
      expect(sent, reason).toContain(Buffer.from(bytes).toString("hex"));
    }
  });
});
