import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInfluxSeries, openPostgresRecords, openSqliteStore } from "@kedge/store/adapters";
import { lookCost } from "./sizing/look-cost.js";
import { mergeMicros } from "./sizing/merge-cost.js";
import { takeWindows, type TakePlan } from "./sizing/take-windows.js";
import { printResult, rounded, say } from "./support/result.js";

/**
 * What a window costs a collector and its stores, and a device each look at drift: 32 features of 1,000 rows. With two arguments, the ports of an InfluxDB 1.x and of a PostgreSQL
 * (user `kedge`, no password, on loopback, both empty), also for collectors that share a fleet; else only for the embedded store.
 */
const plan: TakePlan = { devices: 2_000, windowsOfEach: 30, features: 32, rows: 1_000, batch: 512, seed: 1 };
const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const [influxPort, postgresPort] = process.argv.slice(2).map(Number);

const folder = await mkdtemp(join(tmpdir(), "kedge-bench-sizing-"));
try {
  const path = join(folder, "kedge.db");
  const store = await openSqliteStore(path, clock);
  const embedded = await takeWindows(store.series, plan);
  say(`embedded: ${embedded.windows} windows in ${rounded(embedded.seconds, 1)} s; rolling up`);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const rolledUp = await store.series.rollUp(Date.now());
  const rollUpSeconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  await store.close();
  const file = (await stat(path)).size;
  const lookStore = await openSqliteStore(join(folder, "look.db"), clock);
  const look = await lookCost(lookStore.series, { devices: 1_000, looks: 4, features: plan.features, rows: plan.rows, seed: plan.seed });
  await lookStore.close();
  const result = {
    bench: "sizing",
    seed: plan.seed,
    messageBytes: Math.round(embedded.messageBytes),
    windows: embedded.windows,
    windowsPerSecond: Math.round(embedded.windows / embedded.seconds),
    cpuMicrosPerWindow: rounded((embedded.cpuSeconds * 1e6) / embedded.windows, 1),
    bytesPerWindowOnDisk: Math.round(file / embedded.windows),
    rollUpMicrosPerWindow: rounded((rollUpSeconds * 1e6) / embedded.windows, 1),
    rollUpCpuMicrosPerWindow: rounded((user + system) / embedded.windows, 1),
    mergeMicrosPerWindow: rounded(mergeMicros(plan), 1),
    rolledUp,
    lookMicrosPerDevice: Math.round(look.windowsMicros + look.takeMicros + look.judgeMicros),
    lookReadMicrosPerDevice: Math.round(look.windowsMicros),
    lookTakeMicrosPerDevice: Math.round(look.takeMicros),
    lookJudgeMicrosPerDevice: Math.round(look.judgeMicros),
  };
  if (influxPort === undefined || postgresPort === undefined) printResult({ ...result, peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1_024) });
  else {
    const server = await openPostgresRecords({ host: "127.0.0.1", port: postgresPort, user: "kedge", database: "postgres", maxConnections: 5 }, clock);
    const place = { host: "127.0.0.1", port: influxPort, protocol: "http", database: "kedge" } as const;
    const shared = await takeWindows(await openInfluxSeries(place, server.ledger, { isShared: true }), plan);
    await server.close();
    printResult({
      ...result,
      sharedWindowsPerSecond: Math.round(shared.windows / shared.seconds),
      sharedCpuMicrosPerWindow: rounded((shared.cpuSeconds * 1e6) / shared.windows, 1),
      peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
    });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
