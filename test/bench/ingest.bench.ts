import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBareBroker } from "./ingest/bare-broker.js";
import { missingPrograms, runLineProtocol } from "./ingest/line-protocol.js";
import type { LoadPlan } from "./ingest/packets.js";
import { forkLoad, type IngestRun, runIngest } from "./ingest/run.js";
import { printResult, rounded, say } from "./support/result.js";

/**
 * Windows of 32 features, QoS 1, from a device's socket to a committed and acknowledged row that is merged into its hour and taken by the drift
 * monitor, which looks at the fleet after each ten minutes of the devices' time, its default look-back. The load generator is a process of its own on the same cores. Then the same
 * without looks, over TLS, one window in flight a device; the bare broker; and what one would take instead. `-- DEVICES HOURS` for another size.
 */
const [devices = 500, hours = 4] = process.argv.slice(2).map(Number);
const hourMs = 3_600_000;
const plan = {
  ...{ devices, windowsOfEach: hours * 60, features: 32, rows: 1_000, profiles: 500, inFlight: 32, repeatsPerThousand: 5 },
  ...{ startMs: (Math.floor(Date.now() / hourMs) - hours - 1) * hourMs - 500, lookEveryMs: 600_000, seed: 1 },
};
const never = Number.POSITIVE_INFINITY;

async function through(more: Partial<typeof plan>, isTls = false): Promise<IngestRun> {
  const folder = await mkdtemp(join(tmpdir(), "kedge-bench-ingest-"));
  try {
    return await runIngest(folder, { ...plan, ...more }, { isTls, isAlone: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function brokerOnly(): Promise<number> {
  const broker = await openBareBroker();
  const load = await forkLoad(
    { ...plan, bundleDigest: "b".repeat(64) as LoadPlan["bundleDigest"] },
    { host: "127.0.0.1", port: broker.port, awaits: "puback" },
  );
  const began = performance.now();
  const { pubacks } = await load.run();
  const perSecond = (1_000 * pubacks) / (performance.now() - began);
  await load.close();
  await broker.close();
  return perSecond;
}

async function lineProtocol(): Promise<Readonly<Record<string, number | readonly string[]>>> {
  const missing = missingPrograms();
  if (missing.length > 0) return { lineProtocolMissing: missing };
  const short = { ...plan, devices: Math.min(devices, 100), windowsOfEach: 60, inFlight: 8, bundleDigest: "b".repeat(64) as LoadPlan["bundleDigest"] };
  const { perSecond, stored, messageBytes } = await runLineProtocol(short);
  return {
    lineProtocolPerSecond: Math.round(perSecond),
    lineProtocolLost: short.devices * short.windowsOfEach - stored,
    lineProtocolMessageBytes: messageBytes,
  };
}

const micros = (seconds: number, { windows }: IngestRun): number => rounded((seconds * 1e6) / windows, 1);
const perSecond = (run: IngestRun): number => Math.round(run.windowsPerSecond);

const withoutLooks = await through({ lookEveryMs: never });
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
say(`without looks: ${withoutLooks.windows} windows in ${rounded(withoutLooks.seconds, 1)} s`);
const run = await through({ windowsOfEach: 60 });
const peakRssMiBWithLooks = Math.round(process.resourceUsage().maxRSS / 1_024);
say(`with looks: ${run.windows} windows in ${rounded(run.seconds, 1)} s`);
const brokerOnlyPerSecond = await brokerOnly();
say(`the bare broker: ${Math.round(brokerOnlyPerSecond)} a second`);
const overTls = await through({ lookEveryMs: never, windowsOfEach: 60 }, true);
const oneByOne = await through({ lookEveryMs: never, windowsOfEach: 60, inFlight: 1 });
const runs = [withoutLooks, run, overTls, oneByOne];
const sum = (of: (run: IngestRun) => number): number => runs.reduce((total, r) => total + of(r), 0);
printResult({
  windowsPerSecond: perSecond(run),
  windowsPerSecondWithoutLooks: perSecond(withoutLooks),
  brokerOnlyPerSecond: Math.round(brokerOnlyPerSecond),
  ratio: rounded(run.windowsPerSecond / brokerOnlyPerSecond, 3),
  ratioWithoutLooks: rounded(withoutLooks.windowsPerSecond / brokerOnlyPerSecond, 3),
  lost: sum((r) => r.lost),
  duplicated: sum((r) => r.duplicated),
  peakRssMiB,
  peakRssMiBWithLooks,
  bytesPerWindowOnDisk: Math.round(withoutLooks.bytesOnDisk / withoutLooks.windows),
  windowsPerSecondTls: perSecond(overTls),
  windowsPerSecondOneByOne: perSecond(oneByOne),
  ...{ devices, windows: run.windows, repeatsSent: sum((r) => r.repeated), looks: run.looks },
  cpuMicrosPerWindow: micros(withoutLooks.cpuSeconds, withoutLooks),
  loadCpuMicrosPerWindow: micros(withoutLooks.loadCpuSeconds, withoutLooks),
  rollUpMicrosPerWindow: micros(withoutLooks.rollUpSeconds, withoutLooks),
  lookMicrosPerWindow: micros(run.lookSeconds, run),
  lookMillisPerDevice: rounded((1_000 * run.lookSeconds) / (run.looks * devices), 2),
  refused: sum((r) => r.refused),
  wrongAcks: sum((r) => r.wrongAcks),
  ...(await lineProtocol()),
});
