import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CollectorUnderLoad } from "./collector.js";
import { countedIn } from "./counted-in.js";
import { type LoadSeen, type LoadTarget, openLoad } from "./load.js";
import type { LoadPlan } from "./packets.js";

/** A fleet that is connected. */
export interface Load {
  run(): Promise<LoadSeen>;
  close(): void | Promise<void>;
}

/** The load in a process of its own: its work does not stand in the way of the collector's. */
export async function forkLoad(plan: LoadPlan, target: LoadTarget): Promise<Load> {
  const child: ChildProcess = fork(fileURLToPath(new URL("./load-process.js", import.meta.url)), { execArgv: [] });
  const answer = async (): Promise<unknown> => {
    const gone = once(child, "exit").then(() => {
      throw new Error("the load generator ended early");
    });
    return (await Promise.race([once(child, "message"), gone]))[0];
  };
  child.send({ plan, target });
  await answer();
  return {
    async run() {
      child.send("run");
      return (await answer()) as LoadSeen;
    },
    async close() {
      child.send("close");
      await once(child, "exit");
    },
  };
}

/** What a run through the whole path came to. */
export interface IngestRun {
  readonly windows: number;
  /** From the first packet to the last acknowledgement, roll-up and look. */
  readonly seconds: number;
  readonly windowsPerSecond: number;
  /** Until the last acknowledgement alone. */
  readonly acknowledgedSeconds: number;
  /** Acknowledged and not stored. */
  readonly lost: number;
  /** Stored more than once, or taken by a roll-up or a device's memory more than once. */
  readonly duplicated: number;
  readonly rolledUp: number;
  readonly remembered: number;
  readonly repeated: number;
  readonly refused: number;
  readonly wrongAcks: number;
  readonly looks: number;
  readonly lookSeconds: number;
  readonly rollUpSeconds: number;
  readonly cpuSeconds: number;
  readonly loadCpuSeconds: number;
  readonly bytesOnDisk: number;
}

/** Sends what is planned through a collector whose files lie in `folder`. `isAlone`: the load shares this process (tests). */
export async function runIngest(
  folder: string,
  plan: Omit<LoadPlan, "bundleDigest"> & { readonly lookEveryMs: number },
  { isTls, isAlone }: { readonly isTls: boolean; readonly isAlone: boolean },
): Promise<IngestRun> {
  const collector = await CollectorUnderLoad.open(folder, { ...plan, isTls });
  const target: LoadTarget = {
    ...{ host: "127.0.0.1", port: collector.port, awaits: "ack" },
    ...(isTls ? { papers: collector.papers, authority: collector.authority } : { hasPreface: true }),
  };
  const full = { ...plan, bundleDigest: collector.bundleDigest };
  const load = isAlone ? await openLoad(full, target) : await forkLoad(full, target);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const seen = await load.run();
  const acknowledgedSeconds = (performance.now() - began) / 1_000;
  await collector.finished();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const taken = await collector.taken();
  const { lookSeconds, rollUpSeconds } = collector;
  await load.close();
  await collector.close();
  const { stored, distinct, rolledUp } = countedIn(folder);
  const windows = plan.devices * plan.windowsOfEach;
  // Without looks nobody is asked to remember.
  const remembered = Number.isFinite(plan.lookEveryMs) ? taken.remembered : windows;
  return {
    windows,
    seconds,
    windowsPerSecond: windows / seconds,
    acknowledgedSeconds,
    lost: Math.max(0, seen.acknowledged - distinct, windows - rolledUp, windows - remembered),
    duplicated: stored - distinct + Math.max(0, distinct - windows, rolledUp - windows, remembered - windows),
    rolledUp,
    ...taken,
    wrongAcks: seen.wrongAcks,
    lookSeconds,
    rollUpSeconds,
    cpuSeconds: (user + system) / 1e6,
    loadCpuSeconds: seen.cpuSeconds,
    bytesOnDisk: statSync(join(folder, "kedge.db")).size,
  };
}
