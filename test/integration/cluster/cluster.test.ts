import { join } from "node:path";
import { type DeviceId, type Sha256, shuffled, seededRandom } from "@kedge/core";
import { shardOf } from "@kedge/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresFolder } from "../../support/running-server.js";
import { hasProgram } from "../../support/services.js";
import { isInstalled } from "../brokers/broker-rig.fixture.js";
import { type RawDevice, until } from "../brokers/world.fixture.js";
import { type CollectorProgram, isBuilt } from "../collector-program.fixture.js";
import { Cluster, type Standing } from "./cluster.fixture.js";

const isThere =
  isBuilt && hasProgram(join(postgresFolder(), "postgres"), "PostgreSQL") && hasProgram("/usr/bin/influxd", "InfluxDB") && isInstalled("mosquitto");
const deviceCount = 36;
const takeOverWithinMs = 15_000;

describe.skipIf(!isThere)("two collectors share a fleet", { timeout: 150_000 }, () => {
  const cluster = new Cluster();
  const devices: RawDevice[] = [];
  const made = new Map<DeviceId, number>();
  let [a, b] = [undefined, undefined] as unknown as [CollectorProgram, CollectorProgram];
  let [dirA, dirB] = ["", ""];
  let digest = "" as Sha256;
  let load: NodeJS.Timeout | undefined;

  /** Every device makes a window ten times a second. */
  const startLoad = () => {
    load = setInterval(() => {
      for (const device of devices) {
        made.set(device.deviceId, (made.get(device.deviceId) ?? 0) + 1);
        void device.fill(1, digest).then(() => device.report.wake());
      }
    }, 100);
  };
  const shared = (at: CollectorProgram, isDone: (standing: Standing) => boolean) =>
    until(
      "the shards are shared out",
      () => cluster.standing(at),
      (s) => s !== undefined && isDone(s),
      30_000,
    );
  const evenly = ({ members, unowned, evaluator }: Standing) =>
    unowned === 0 && evaluator !== null && members.length === 2 && members.every((m) => m.shards === 32);
  const allAt = ({ members, unowned, evaluator }: Standing) =>
    unowned === 0 && members.length === 1 && members[0]?.shards === 64 && evaluator === members[0].collectorId;

  /** How long it takes from now until every device has had something acknowledged, and until one collector has every shard. */
  const takeOver = async (at: CollectorProgram): Promise<{ readonly leasesMs: number; readonly acknowledgedMs: number }> => {
    const sinceMs = performance.now();
    const before = new Map(devices.map((d) => [d.deviceId, d.report.counters.acknowledged]));
    const served = until(
      "every device is served again",
      async () => devices.filter((d) => d.report.counters.acknowledged <= (before.get(d.deviceId) ?? 0)).length,
      (waiting) => waiting === 0,
      40_000,
    ).then(() => performance.now() - sinceMs);
    await shared(at, allAt);
    const leasesMs = performance.now() - sinceMs;
    return { leasesMs, acknowledgedMs: await served };
  };

  /** Stops the load; everything that was made is stored, once, and nothing else. */
  const settled = async (at: CollectorProgram) => {
    clearInterval(load);
    await until(
      "every outbox is empty",
      async () => devices.reduce((sum, d) => sum + d.outbox.stats().records, 0),
      (records) => records === 0,
      70_000,
    );
    const total = [...made.values()].reduce((sum, n) => sum + n, 0);
    const stored = await cluster.stored();
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries([...made].map(([id, n]) => [id, { windows: n, numbers: n }])));
    expect((await at.call("GET", "/v1/counters")).body.windows).toMatchObject({ stored: total, distinct: total, lost: 0, awaited: 0, deadLetters: 0 });
    return total;
  };

  beforeAll(async () => {
    await cluster.open();
    [dirA, dirB] = [await cluster.directory(), await cluster.directory()];
    [a, b] = await Promise.all([cluster.start(dirA), cluster.start(dirB)]);
    await shared(a, evenly);
    digest = await cluster.register(a);
    for (let i = 0; i < deviceCount; i += 1) devices.push(await cluster.device(i % 2 === 0 ? a : b, `cam-${i}`));
  }, 90_000);
  afterAll(async () => {
    clearInterval(load);
    await cluster.close();
  }, 60_000);

  test("each takes half of the shards, and both say that they are ready", async () => {
    for (const one of [a, b]) expect((await one.call("GET", "/readyz")).body).toEqual({ ready: true, faults: [] });
    const metrics = (await b.call("GET", "/metrics")).body as string;
    expect(metrics).toContain("kedge_shards_owned 32");
    expect(new Set(shuffled(devices, seededRandom(1)).map((d) => shardOf(d.deviceId))).size).toBeGreaterThan(16);
  });

  test("kill -9 of one under load: the other takes over within 15 s, nothing is lost, nothing counted twice", async () => {
    startLoad();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await a.stop("SIGKILL");
    const { leasesMs, acknowledgedMs } = await takeOver(b);
    const total = await settled(b);
    process.stderr.write(
      `kill -9: leases taken over in ${Math.round(leasesMs)} ms, every device served in ${Math.round(acknowledgedMs)} ms, ${total} windows\n`,
    );
    expect(leasesMs).toBeLessThanOrEqual(takeOverWithinMs);
  });

  test("one that comes back gets its share, and one that was stopped past its leases writes nothing more under them", async () => {
    a = await cluster.start(dirA);
    await shared(a, evenly);
    startLoad();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    b.signal("SIGSTOP");
    const { leasesMs, acknowledgedMs } = await takeOver(a);
    // In the midst of its work it goes on, not knowing that it was away.
    b.signal("SIGCONT");
    await shared(a, evenly);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const total = await settled(a);
    process.stderr.write(
      `SIGSTOP: leases taken over in ${Math.round(leasesMs)} ms, every device served in ${Math.round(acknowledgedMs)} ms, ${total} windows\n`,
    );
    expect(leasesMs).toBeLessThanOrEqual(takeOverWithinMs);
    expect((await b.call("GET", "/readyz")).body).toEqual({ ready: true, faults: [] });
  });

  test("PostgreSQL is away for longer than a lease: both say that they are not ready, and go on where they were", async () => {
    startLoad();
    const readiness = (ready: boolean) =>
      until(
        `both say ${ready}`,
        async () => await Promise.all([a, b].map(async (one) => (await one.call("GET", "/readyz")).body.ready as boolean)),
        (said) => said.every((one) => one === ready),
        30_000,
      );
    await cluster.withoutRecords(async () => {
      await readiness(false);
      await new Promise((resolve) => setTimeout(resolve, 9_000));
    });
    await readiness(true);
    await shared(a, evenly);
    await settled(a);
  });

  test("one that is asked to stop hands over at once", async () => {
    startLoad();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const sinceMs = performance.now();
    await b.stop("SIGTERM");
    await shared(a, allAt);
    const handedMs = performance.now() - sinceMs;
    const total = await settled(a);
    process.stderr.write(`SIGTERM: handed over in ${Math.round(handedMs)} ms, ${total} windows\n`);
    expect(handedMs).toBeLessThanOrEqual(8_000);
  });
});
