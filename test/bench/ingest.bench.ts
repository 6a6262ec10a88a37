import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBareBroker } from "./ingest/bare-broker.js";
import type { LoadPlan } from "./ingest/packets.js";
import { forkLoad, runIngest } from "./ingest/run.js";
import { printResult, rounded, say } from "./support/result.js";

/**
 * Windows of 32 features, QoS 1, from a device's socket to a committed and acknowledged row, merged into its hour and taken by the drift monitor. The
 * load generator is a process of its own on the same two cores. `-- DEVICES HOURS` for another size.
 */
const [devices = 500, hours = 6, lookEveryMinutes = 10] = process.argv.slice(2).map(Number);
const hourMs = 3_600_000;
const plan = {
  lookEveryMs: lookEveryMinutes * 60_000,
  ...{ devices, windowsOfEach: hours * 60, features: 32, rows: 1_000, profiles: 500, inFlight: 32, repeatsPerThousand: 5 },
  ...{ startMs: (Math.floor(Date.now() / hourMs) - hours - 1) * hourMs - 500, seed: 1 },
};

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "kedge-bench-ingest-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function brokerOnly(): Promise<number> {
  const broker = await openBareBroker();
  const all = { ...plan, bundleDigest: "b".repeat(64) as LoadPlan["bundleDigest"] };
  const load = await forkLoad(all, { host: "127.0.0.1", port: broker.port, awaits: "puback" });
  const began = performance.now();
  const { pubacks } = await load.run();
  const perSecond = (1_000 * pubacks) / (performance.now() - began);
  await load.close();
  await broker.close();
  return perSecond;
}

const run = await inFolder((folder) => runIngest(folder, plan, { isTls: false, isAlone: false }));
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
say(`${run.windows} windows in ${rounded(run.seconds, 1)} s`);
const brokerOnlyPerSecond = await brokerOnly();
printResult({
  windowsPerSecond: Math.round(run.windowsPerSecond),
  brokerOnlyPerSecond: Math.round(brokerOnlyPerSecond),
  ratio: rounded(run.windowsPerSecond / brokerOnlyPerSecond, 3),
  lost: run.lost,
  duplicated: run.duplicated,
  peakRssMiB,
  bytesPerWindowOnDisk: Math.round(run.bytesOnDisk / run.windows),
  ...{ devices, windows: run.windows, repeatsSent: run.repeated, rolledUp: run.rolledUp, remembered: run.remembered, looks: run.looks },
  cpuMicrosPerWindow: rounded((run.cpuSeconds * 1e6) / run.windows, 1),
  loadCpuMicrosPerWindow: rounded((run.loadCpuSeconds * 1e6) / run.windows, 1),
  lookMicrosPerWindow: rounded((run.lookSeconds * 1e6) / run.windows, 1),
  rollUpMicrosPerWindow: rounded((run.rollUpSeconds * 1e6) / run.windows, 1),
  acknowledgedPerSecond: Math.round(run.windows / run.acknowledgedSeconds),
  refused: run.refused,
  wrongAcks: run.wrongAcks,
});
