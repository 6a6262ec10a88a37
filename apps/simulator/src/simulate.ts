import { seededRandom, type Log } from "@kedge/core";
import { KedgeError, type Labels } from "@kedge/core";
import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { firstEpochAt } from "@kedge/wire";
import type { DevicePlan } from "./device/virtual-device.js";
import { BrokerKiller, refuseForeignBroker } from "./broker-killer.js";
import { arrangeBundle } from "./collector/arrange-bundle.js";
import { type Ledger, ledgerOf, type StoredWindows, storedWindows } from "./collector/ledger.js";
import type { FoundCollector } from "./collector/open-collector.js";
import { simulatorCodes } from "./errors.js";
import { enrolFleet } from "./fleet/enrol-fleet.js";
import { type Fleet, startFleet } from "./fleet/fleet.js";
import { IdentityFile } from "./fleet/identity-file.js";
import type { PartCounts } from "./fleet/part-counts.js";
import type { Voice } from "./progress.js";
import { type Report, reportOf } from "./report.js";
import type { Scenario } from "./scenario/scenario.js";

/** How the fleet is to be run. */
export interface SimulationPlan {
  readonly scenario: Scenario;
  readonly collector: FoundCollector;
  readonly tokenFile: string | null;
  readonly stateDir: string;
  readonly processes: number;
  readonly model: string | null;
  readonly features: number | null;
  /** Whether a bundle is rolled out to devices that have none. */
  readonly isArranging: boolean;
  readonly voice: Voice;
  readonly log: Log;
  /** Aborted by Ctrl-C: windows end, and what waits is still sent. */
  readonly signal: AbortSignal;
}

const progressEveryMs = 5_000;
/** How long devices may take to connect and to get their bundle before windows begin without the others. */
const bundleWaitMs = 120_000;

/** The label that all devices of a fleet have. */
export const fleetLabel = "simulation";

function labelsOf({ labels, name }: Scenario, index: number): Labels {
  const own = Object.entries(labels).map(([key, value]) => [key, typeof value === "string" ? value : (value[index % value.length] ?? "")] as const);
  return { [fleetLabel]: name, ...Object.fromEntries(own) };
}

function deviceName({ name, devices }: Scenario, index: number): string {
  return `${name}-${String(index + 1).padStart(Math.max(5, String(devices).length), "0")}`;
}

async function tokenOf({ tokenFile, collector: { client }, voice, scenario }: SimulationPlan, missing: number): Promise<string> {
  if (tokenFile !== null) {
    try {
      return await readFile(tokenFile, "utf8");
    } catch (cause) {
      throw new KedgeError(simulatorCodes.notEnrolled, `reading the enrolment token ${tokenFile} failed`, {
        hint: "Check the path and its permissions.",
        context: { exit: "auth" },
        cause,
      });
    }
  }
  if (client === undefined)
    throw new KedgeError(simulatorCodes.notEnrolled, `${missing} devices are not enrolled, and no enrolment token was given`, {
      hint: `On the collector's side: kedge token create --uses ${missing} > token.txt; then --token-file token.txt.`,
      context: { exit: "auth" },
    });
  const { secret } = await client.tokens.create({ uses: missing, ttlMs: 3_600_000, labels: { [fleetLabel]: scenario.name }, note: "kedge simulate" });
  voice.say(`made an enrolment token for ${missing} devices`);
  return secret;
}

async function enrolAll(plan: SimulationPlan, file: IdentityFile): Promise<DevicePlan[]> {
  const { scenario, collector, voice, signal } = plan;
  const devices = Array.from({ length: scenario.devices }, (_, index) => ({ index, deviceId: deviceName(scenario, index), labels: labelsOf(scenario, index) }));
  let toldAtMs = performance.now();
  const random = seededRandom(scenario.seed);
  await enrolFleet(
    {
      server: collector.server,
      token: (missing) => tokenOf(plan, missing),
      devices,
      random,
      signal,
      onProgress(done, of) {
        if (done !== of && performance.now() - toldAtMs < progressEveryMs) return;
        toldAtMs = performance.now();
        voice.say(`enrolled ${done} of ${of} devices`);
      },
    },
    file,
  );
  const bootEpoch = firstEpochAt(Date.now());
  return devices.flatMap(({ index, labels }) => {
    const identity = file.identity(index);
    return identity === undefined ? [] : [{ index, labels, identity, bootEpoch }];
  });
}

/** Waits until `isDone`, or `ms` are over, or somebody wants to end; says how it stands meanwhile. */
async function until(
  plan: SimulationPlan,
  fleet: Fleet,
  ms: number,
  { isDone, startMs }: { readonly isDone: (counts: PartCounts) => boolean; readonly startMs: number },
): Promise<boolean> {
  const endsAtMs = performance.now() + ms;
  let tellAtMs = performance.now() + progressEveryMs;
  for (;;) {
    const counts = fleet.counts();
    if (isDone(counts)) return true;
    const nowMs = performance.now();
    if (nowMs >= tellAtMs) {
      plan.voice.progress(counts, Date.now() - startMs);
      // From now: a program that was held up does not say the same many times.
      tellAtMs = nowMs + progressEveryMs;
    }
    if (nowMs >= endsAtMs || plan.signal.aborted) return false;
    await sleep(Math.max(1, Math.min(200, endsAtMs - nowMs, tellAtMs - nowMs)));
  }
}

async function waitForBundles(plan: SimulationPlan, fleet: Fleet): Promise<void> {
  const { scenario, collector, voice, isArranging } = plan;
  const selector = `${fleetLabel}=${scenario.name}`;
  const startMs = Date.now();
  const { ramp, devices } = scenario;
  const isConnected = await until(plan, fleet, bundleWaitMs + (ramp ?? devices * 5), { isDone: (c) => c.online === devices, startMs });
  const { online, complaints } = fleet.counts();
  if (!isConnected && !plan.signal.aborted)
    voice.say(`${online} of ${devices} devices are online (${JSON.stringify(complaints)}); going on without the others`);
  if (collector.client !== undefined && isArranging)
    await arrangeBundle(collector.client, {
      model: plan.model,
      features: plan.features,
      selector,
      devices,
      stateDir: plan.stateDir,
      say: (text) => voice.say(text),
    });
  else voice.say(`waiting for bundles; have one rolled out: kedge rollout start MODEL -l ${selector}`);
  const { selfTest } = scenario.faults.update;
  const enough = Math.floor(online * (1 - selfTest) * (selfTest > 0 ? 0.9 : 1));
  const runningOf = (counts: PartCounts): number => Object.values(counts.running).reduce((sum, n) => sum + n, 0);
  const isServed = await until(plan, fleet, bundleWaitMs + devices * 20, { isDone: (c) => runningOf(c) >= Math.max(1, enough), startMs });
  if (!isServed && !plan.signal.aborted) voice.say(`${runningOf(fleet.counts())} of ${devices} devices run a bundle; windows begin on these`);
}

/** Makes windows for as long as is wanted, and waits until what they brought is acknowledged. */
async function makeWindows(
  plan: SimulationPlan,
  fleet: Fleet,
  killer: BrokerKiller | undefined,
): Promise<{ readonly startedAtMs: number; readonly madeForMs: number }> {
  const { scenario, voice, signal } = plan;
  const startedAtMs = Date.now() + 200;
  fleet.begin(startedAtMs);
  killer?.begin();
  const { duration, interval, devices, drain } = scenario;
  voice.say(`windows begin: ${devices} devices, one each ${interval / 1_000} s${duration === null ? ", until Ctrl-C" : ""}`);
  await until(plan, fleet, duration ?? 365 * 86_400_000, { isDone: () => false, startMs: startedAtMs });
  fleet.end();
  killer?.end();
  const madeForMs = Date.now() - startedAtMs;
  const patient = { ...plan, signal: new AbortController().signal };
  // Counts of other processes are a second old: what they made last must be in them.
  await sleep(plan.processes === 1 ? 50 : 1_500);
  const isEmpty = (counts: PartCounts): boolean => counts.awaiting === 0;
  if (!isEmpty(fleet.counts())) voice.say(`no more windows${signal.aborted ? " (as you wish)" : ""}; waiting for what is not acknowledged`);
  await until(patient, fleet, drain, { isDone: isEmpty, startMs: startedAtMs });
  return { startedAtMs, madeForMs };
}

async function accountBefore({ collector: { client }, scenario }: SimulationPlan): Promise<StoredWindows | undefined> {
  return client === undefined ? undefined : storedWindows(client, `${fleetLabel}=${scenario.name}`);
}

async function accountAfter(
  { collector: { client }, scenario }: SimulationPlan,
  before: StoredWindows | undefined,
  counts: PartCounts,
): Promise<Ledger | null> {
  if (client === undefined || before === undefined) return null;
  return ledgerOf(before, await storedWindows(client, `${fleetLabel}=${scenario.name}`), counts.windows.acknowledged);
}

/** Enrols (or finds) the devices, gets them a bundle, makes windows, and says what became of them. */
export async function simulate(plan: SimulationPlan): Promise<Report> {
  const { scenario, collector, stateDir, processes, voice, log } = plan;
  const { brokerKill } = scenario.faults;
  if (brokerKill !== null) refuseForeignBroker(brokerKill);
  const killer = brokerKill === null ? undefined : new BrokerKiller(brokerKill, (text) => voice.say(text));
  const file = await IdentityFile.open(stateDir);
  let fleet: Fleet | undefined;
  try {
    killer?.open();
    const devices = await enrolAll(plan, file);
    const before = await accountBefore(plan);
    let onBroken: (error: KedgeError) => void = () => {};
    const broken = new Promise<never>((_, reject) => {
      onBroken = reject;
    });
    broken.catch(() => {});
    fleet = startFleet({ scenario, server: collector.server, devices, processes }, { note: (text) => voice.say(text), onBroken, log });
    const running = fleet;
    const work = async (): Promise<Report> => {
      await waitForBundles(plan, running);
      const atBegin = running.counts();
      const { startedAtMs, madeForMs } = await makeWindows(plan, running, killer);
      const counts = running.counts();
      const ledger = await accountAfter(plan, before, counts);
      return reportOf({ scenario, counts, atBegin, startedAtMs, madeForMs, seconds: (Date.now() - startedAtMs) / 1_000, ledger, processes });
    };
    return await Promise.race([work(), broken]);
  } finally {
    await fleet?.stop();
    killer?.stop();
    await file.close();
  }
}

/** Where a fleet's keys and certificates are kept when nothing else is said: one place for each collector and name. */
export function usualStateDir(env: Readonly<Record<string, string | undefined>>, home: string, server: string, name: string): string {
  const at = new URL(server);
  return join(
    env["XDG_DATA_HOME"] || join(home, ".local", "share"),
    "kedge-simulator",
    `${at.hostname}_${at.port || "8883"}`.replace(/[^A-Za-z0-9_.-]/g, "_"),
    name,
  );
}
