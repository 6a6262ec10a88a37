import { fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { makeFleet, writeFleet } from "./fleet-files.js";
import type { LoaderAnswer, LoaderAsk } from "./loader.js";
import type { ProbeAnswer } from "./probe.js";
import { Asked, CollectorUnderStorm } from "./program.js";
import { quantile, SteadyDevices, type SteadyFigures } from "./steady-devices.js";

export interface StormPlan {
  readonly devices: number;
  /** Devices whose connections stand while the others are cut. */
  readonly steady: number;
  readonly features: number;
  /** Windows that each device has to send when it comes back. */
  readonly windowsEach: number;
  /** How long all may take. */
  readonly limitSeconds: number;
  /** How long all are connected before they are dropped. */
  readonly stableSeconds: number;
  readonly seed: number;
}

/** What came of dropping all devices at once. */
export interface RoundFigures {
  readonly secondsToAllBack: number;
  readonly backP50Seconds: number;
  readonly backP95Seconds: number;
  readonly handshakesPerSecond: number;
  readonly secondsToAllWindows: number;
  readonly resets: number;
  readonly timedOut: number;
  /** Tries that were told that there is no room just now, or met with no listener. */
  readonly toldToWait: number;
  readonly nobodyThere: number;
  readonly others: Readonly<Record<string, number>>;
  readonly windowsDelivered: number;
  readonly windowsLost: number;
  readonly peakRssMiB: number;
  readonly collector: ProbeAnswer;
  /** What the devices' process took: they share the machine with the collector. */
  readonly loaderCpuSeconds: number;
  readonly steady: SteadyFigures | undefined;
}

type Loader = Asked<LoaderAsk, LoaderAnswer>;

const loaderPath = fileURLToPath(new URL("./loader.js", import.meta.url));

/** Waits until all are connected and nothing waits to be acknowledged; when each of the two was. */
async function settled(loader: Loader, devices: number, untilMs: number): Promise<{ readonly all: LoaderAnswer; readonly deliveredAtMs: number }> {
  for (;;) {
    const { connected, held } = await loader.ask({ kind: "look" });
    if ((connected === devices && held === 0) || Date.now() > untilMs) return { all: await loader.ask({ kind: "look" }), deliveredAtMs: Date.now() };
    await pause(200);
  }
}

/** Has all devices dropped by `drop`, which gives the collector that they come back to, and waits for them. */
async function round(plan: StormPlan, loader: Loader, steady: SteadyDevices, drop: () => Promise<CollectorUnderStorm>): Promise<RoundFigures> {
  // A connection that lasted a minute was good: only then is the agent's next try its first again.
  await pause(plan.stableSeconds * 1_000);
  await loader.ask({ kind: "windows", each: plan.windowsEach });
  const { cpuSeconds } = await loader.ask({ kind: "forget" });
  steady.take();
  const droppedAtMs = Date.now();
  const collector = await drop();
  const { all, deliveredAtMs } = await settled(loader, plan.devices, droppedAtMs + plan.limitSeconds * 1_000);
  const measured = await collector.ask("measure");
  const back = all.connectedAtMs.map((atMs) => (atMs > droppedAtMs ? (atMs - droppedAtMs) / 1_000 : plan.limitSeconds));
  const { reset = 0, timedOut = 0, busy = 0, refused = 0, dropped = 0, ...others } = all.mishaps;
  const windows = plan.devices * plan.windowsEach;
  return {
    secondsToAllBack: quantile(back, 1),
    backP50Seconds: quantile(back, 0.5),
    backP95Seconds: quantile(back, 0.95),
    handshakesPerSecond: Math.round((0.9 * plan.devices) / Math.max(0.001, quantile(back, 0.95) - quantile(back, 0.05))),
    secondsToAllWindows: Number(((deliveredAtMs - droppedAtMs) / 1_000).toFixed(1)),
    // Each device is dropped once; a connection that is lost beyond that is a reset, too.
    resets: reset + Math.max(0, dropped - plan.devices),
    timedOut,
    toldToWait: busy,
    nobodyThere: refused,
    others,
    windowsDelivered: windows - all.held,
    windowsLost: all.held,
    peakRssMiB: collector.peakRssMiB(),
    collector: measured,
    loaderCpuSeconds: Number((all.cpuSeconds - cpuSeconds).toFixed(1)),
    steady: steady.take(),
  };
}

/** What a collector with so many devices goes through. */
export interface StormFigures {
  readonly firstConnect: { readonly seconds: number; readonly resets: number; readonly toldToWait: number };
  readonly quiet: SteadyFigures;
  readonly tlsKibPerConnection: number;
  /** All connections cut, the collector stays. */
  readonly cut: RoundFigures & { readonly steadyLosses: number };
  /** The collector is killed, and started again. */
  readonly kill: RoundFigures & { readonly secondsToListen: number };
  readonly windowsStored: number;
  readonly windowsExpected: number;
}

export async function tlsStorm(dir: string, plan: StormPlan, say: (line: string) => void): Promise<StormFigures> {
  const { devices, steady: standing, features, seed } = plan;
  const dataDir = join(dir, "collector");
  say(`making the certificates of ${devices + standing} devices`);
  const fleet = await makeFleet(dataDir, devices + standing, features);
  const path = join(dir, "fleet.json");
  await writeFleet(path, fleet);
  // A look at a fleet of thousands takes seconds and hundreds of megabytes of its own; `bench sizing` and `bench query` are about that.
  const set = ["drift.tickMs=3600000"];
  let collector = await CollectorUnderStorm.start(dataDir, 0, set);
  const { mqttPort } = collector;
  const url = `mqtts://127.0.0.1:${mqttPort}`;
  const loader: Loader = new Asked(fork(loaderPath));
  const steady = new SteadyDevices(
    fleet,
    Array.from({ length: standing }, (_, i) => devices + i),
    { url, features, seed },
  );
  try {
    await steady.start();
    const empty = await collector.ask("collect");
    await collector.ask("keepThese");
    say("connecting all");
    const begunAtMs = Date.now();
    await loader.ask({ kind: "start", path, from: 0, to: devices, url, features, splayMs: 20_000, seed });
    const first = await settled(loader, devices, begunAtMs + plan.limitSeconds * 1_000);
    const firstSeconds = (first.deliveredAtMs - begunAtMs) / 1_000;
    steady.take();
    await pause(5_000);
    const quiet = steady.take();
    const full = await collector.ask("collect");
    say(`all connected after ${firstSeconds.toFixed(1)} s; cutting all`);
    const cut = await round(plan, loader, steady, async () => {
      await collector.ask("reset");
      await collector.ask("cutOthers");
      return collector;
    });
    const steadyLosses = steady.losses;
    say(`all back after ${cut.secondsToAllBack} s; killing the collector`);
    await steady.stop();
    let secondsToListen = 0;
    const kill = await round(plan, loader, steady, async () => {
      const killedAtMs = Date.now();
      await collector.end("SIGKILL");
      collector = await CollectorUnderStorm.start(dataDir, mqttPort, set);
      secondsToListen = Number(((Date.now() - killedAtMs) / 1_000).toFixed(1));
      return collector;
    });
    say(`all back after ${kill.secondsToAllBack} s`);
    return {
      firstConnect: { seconds: Number(firstSeconds.toFixed(1)), resets: first.all.mishaps["reset"] ?? 0, toldToWait: first.all.mishaps["busy"] ?? 0 },
      quiet,
      tlsKibPerConnection: Number(((full.rssBytes - empty.rssBytes) / 1_024 / devices).toFixed(1)),
      cut: { ...cut, steadyLosses },
      kill: { ...kill, steady: undefined, secondsToListen },
      windowsStored: await collector.storedWindows(dataDir),
      windowsExpected: 2 * plan.devices * plan.windowsEach + steady.windows,
    };
  } finally {
    await steady.stop();
    await loader.end("SIGKILL");
    await collector.end("SIGKILL");
  }
}
