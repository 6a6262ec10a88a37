import { createHash, createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import type { Clock, DeviceId, Log, Sha256 } from "@kedge/core";
import { KedgeError, messageOf } from "@kedge/core";
import { DeviceClock, DeviceLoop, DirectorySlots, fileNote } from "@kedge/device/adapters";
import { BrokeredLink, type DeviceIdentity, sealBetween, type TrustedKey as PemKey } from "@kedge/identity/adapters";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import type { TrustedKey } from "@kedge/registry";
import type { SamplingPolicy } from "@kedge/sample";
import { sensorKinds } from "@kedge/sensor/adapters";
import type { SensorSource } from "@kedge/sensor";
import { encodeDeath, type Link, type Outbox, shardOf, topicFor } from "@kedge/wire";
import { openFileOutbox, openMqttLink, ReportLoop } from "@kedge/wire/adapters";
import { BudgetedLink } from "./budgeted-link.js";
import { type AgentConfig, reportingOf } from "./config.js";
import { obtainIdentity } from "./enrolment.js";
import { firstDelayMs } from "./first-delay.js";
import { startHttp } from "./http.js";
import { LinkBudget } from "./link-budget.js";
import { connectWhenValid, IdentityKeeper } from "./renewal.js";
import { RenewableLink } from "./renewable-link.js";
import { lockState } from "./state-lock.js";
import { runSelfTest } from "./self-test.js";
import type { SenseLoop } from "./sense-loop.js";
import { makeSensing, type Sensing } from "./sensing.js";
import { servedBy } from "./served-model.js";
import { Totals } from "./totals.js";
import { vitalsOf } from "./vitals.js";

/** A running agent. */
export interface Agent {
  readonly deviceId: DeviceId;
  readonly httpPort: number;
  stop(): Promise<void>;
}

const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const random = (): number => (webcrypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;

function keysOf(keys: readonly PemKey[]): TrustedKey[] {
  return keys.map(({ keyId, publicKeyPem }) => ({ keyId, publicKey: new Uint8Array(createPublicKey(publicKeyPem).export({ type: "spki", format: "der" })) }));
}

/** What may be sampled: what the collector asks for, within what this device's own configuration allows. */
function samplingWithin(own: SamplingPolicy | null, asked: SamplingPolicy | null): SamplingPolicy | null {
  if (own === null) return null;
  if (asked === null) return own;
  const inputs = own.inputs === "all" ? asked.inputs : asked.inputs === "all" ? own.inputs : own.inputs.filter((name) => asked.inputs.includes(name));
  return {
    ...asked,
    inputs,
    maxPerHour: Math.min(own.maxPerHour, asked.maxPerHour),
    burst: Math.min(own.burst, asked.burst),
    maxBytesPerDay: Math.min(own.maxBytesPerDay, asked.maxBytesPerDay),
    maxBytesPerSample: Math.min(own.maxBytesPerSample, asked.maxBytesPerSample),
  };
}

function openSensor(config: AgentConfig, log: Log): SensorSource | undefined {
  const { sensor } = config;
  if (sensor === null) return undefined;
  for (const known of sensorKinds) if (known.kind === sensor.kind) return known.create(sensor as never, { clock, log });
  return undefined;
}

async function pump(source: SensorSource, sense: SenseLoop, signal: AbortSignal, log: Log): Promise<void> {
  try {
    for await (const reading of source.readings(signal)) await sense.predict(reading);
  } catch (error) {
    log.error({ error: messageOf(error) }, "the sensor ended with a fault; predictions over HTTP go on");
  }
}

async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** What a running agent is made of. */
interface Parts {
  readonly config: AgentConfig;
  readonly agentVersion: string;
  readonly identity: DeviceIdentity;
  readonly slots: DirectorySlots;
  readonly outbox: Outbox;
  readonly clock: DeviceClock;
  /** For an external broker that wants one. */
  readonly brokerPassword: string | undefined;
  /** Absent: bytes on the link are not counted. */
  readonly budget: LinkBudget | undefined;
  readonly log: Log;
}

type LinkParts = Pick<Parts, "config" | "outbox" | "brokerPassword" | "log">;

interface Loops {
  readonly link: Link;
  readonly keeper: IdentityKeeper;
  readonly sensing: Sensing;
  readonly report: ReportLoop;
  readonly device: DeviceLoop;
}

/** A link by the device's certificate: with a will, or for renewal only. Renewal is the collector's, at its own address. */
function linkOf(parts: LinkParts, identity: DeviceIdentity, { isBare = false, firstDelayMs = 0 } = {}): Link {
  const { config, outbox, log } = parts;
  const { deviceId, authoritiesPem: ca, certificatePem: certificate, privateKeyPem: key, broker } = identity;
  const own = { clientId: deviceId, certificate, key, random, firstDelayMs };
  if (isBare) return openMqttLink({ ...own, url: config.server, ca });
  const topic = topicFor(deviceId, "death");
  const death = encodeDeath({ bootEpoch: outbox.bootEpoch });
  if (broker === null) return openMqttLink({ ...own, url: config.server, ca, will: { topic, payload: death, qos: 1 } });
  const seal = sealBetween(createPrivateKey(key), createPublicKey(broker.sealKeyPem), deviceId, "device");
  const { username } = config.broker;
  const inner = openMqttLink({
    ...own,
    url: config.broker.url ?? broker.url,
    ca: broker.authoritiesPem === "" ? ca : broker.authoritiesPem,
    will: { topic, payload: seal.close(topic, death), qos: 1 },
    ...(username === null ? {} : { username }),
    ...(parts.brokerPassword === undefined ? {} : { password: parts.brokerPassword }),
  });
  return new BrokeredLink(inner, { seal, random, log, shard: shardOf(deviceId) });
}

/** The device's link, and who keeps its certificate good. */
function linkAndKeeper(parts: Parts): Pick<Loops, "link" | "keeper"> {
  const { config, agentVersion, identity, budget, clock, log } = parts;
  const first = { firstDelayMs: firstDelayMs(identity.deviceId, { splayMs: config.splayMs, uptimeMs: 1_000 * uptime() }) };
  const renewable = new RenewableLink(linkOf(parts, identity, first));
  const link = budget === undefined ? renewable : new BudgetedLink(renewable, budget);
  link.onFault((fault) => log.warn({ code: fault.code }, fault.message));
  const keeper = new IdentityKeeper(identity, {
    directory: join(config.stateDir, "identity"),
    link,
    openBareLink: (own) => linkOf(parts, own, { isBare: true }),
    async use(own) {
      await renewable.replace(linkOf(parts, own));
      void link.connect().catch(() => undefined);
    },
    labels: config.labels,
    agentVersion,
    clock,
    log,
  });
  return { link, keeper };
}

/** Makes the loops and joins them: readings become windows, windows are reported, the model is kept as it is wanted. */
function joinLoops(parts: Parts): Loops {
  const { config, agentVersion, identity, slots, outbox, clock, log } = parts;
  const { deviceId } = identity;
  const { link, keeper } = linkAndKeeper(parts);
  const { policy, reportEveryMs } = reportingOf(config);
  const sensing = makeSensing({
    deviceId,
    labels: config.labels,
    stateDir: config.stateDir,
    windowMs: config.windowMs,
    policy,
    outbox,
    budget: parts.budget,
    vitals: vitalsOf(clock),
    clock,
    random,
    sha256,
    log,
    onRecord: () => report.wake(),
    onOutcome: (isGood) => device.noteOutcome(isGood),
  });
  const { sense, writer } = sensing;
  const report: ReportLoop = new ReportLoop({
    deviceId,
    outbox,
    link,
    log,
    onTime: (collectorMs) => clock.learn(collectorMs),
    settled: () => writer.settled(),
  });
  sense.setSampling(samplingWithin(config.sampling, null));
  const device: DeviceLoop = new DeviceLoop({
    deviceId,
    labels: config.labels,
    agentVersion,
    slots,
    model: servedBy(sense, new OnnxruntimeNodeRuntime()),
    outbox,
    link,
    directorKeys: () => keysOf(keeper.identity.directorKeys),
    targetsKeys: () => keysOf(keeper.identity.targetsKeys),
    refreshKeys: () => keeper.refreshKeys(),
    probation: config.probation,
    selfTest: (bundle, signal) => runSelfTest(bundle.directory, { signal }),
    onRecord: () => report.wake(),
    reportEveryMs,
    budget: () => sensing.budgetReport(),
    onDesired: (desired) => {
      sense.setWindowMs(desired.windowMs ?? config.windowMs);
      sense.setSampling(samplingWithin(config.sampling, desired.sampling));
    },
    clock,
    uptimeMs: () => clock.uptimeMs(),
    random,
    log,
  });
  return { link, keeper, sensing, report, device };
}

function statusOf({ config, agentVersion, identity, slots, outbox, budget }: Parts, { sensing, report, link }: Loops, totals: Totals): unknown {
  const { sense, windows } = sensing;
  return {
    deviceId: identity.deviceId,
    agentVersion,
    bootEpoch: outbox.bootEpoch,
    labels: config.labels,
    running: sense.model?.digest ?? null,
    record: slots.record,
    counters: sense.counters,
    delivery: report.counters,
    totals: totals.counts,
    reporting: { ...reportingOf(config), heldRows: windows.heldRows, ...windows.counters },
    budget: budget === undefined ? null : { ...sensing.budgetReport(), freeBytes: budget.freeBytes },
    outbox: outbox.stats(),
    link: link.stats(),
  };
}

async function run(parts: Parts, signal: AbortSignal): Promise<Agent> {
  const { config, identity, outbox, clock, log } = parts;
  const { deviceId } = identity;
  if (!clock.isSet) log.warn({ nowMs: clock.nowMs() }, "this machine's clock is not set; times are told by what was last known, and by the collector");
  const loops = joinLoops(parts);
  const { link, keeper, sensing, report, device } = loops;
  const { sense } = sensing;
  const totals = await Totals.open(config.stateDir, () => ({ ...sense.counters, ...report.counters }), log);
  const status = (): unknown => statusOf(parts, loops, totals);
  const http = await startHttp({ ...config.http, sense, status, clock, log });
  await writeWhole(join(config.stateDir, "endpoint.json"), { url: `http://${config.http.host}:${http.port}`, pid: process.pid });
  totals.start();
  clock.start();
  await sensing.windows.open();
  sense.start();
  await report.start();
  await device.start();
  const joining = connectWhenValid(link, keeper, { clock, log });
  keeper.start();
  const source = openSensor(config, log);
  if (source !== undefined) void pump(source, sense, signal, log);
  log.info({ deviceId, http: http.port }, "the agent runs");
  return {
    deviceId,
    httpPort: http.port,
    async stop() {
      clearInterval(joining);
      keeper.stop();
      await source?.close();
      await http.close();
      await sense.stop();
      await report.drain(3_000);
      report.stop();
      await device.stop();
      await totals.close();
      await clock.stop();
      await writeWhole(join(config.stateDir, "status.json"), status()).catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, "the last status could not be written"),
      );
      await link.publish(topicFor(deviceId, "death"), encodeDeath({ bootEpoch: outbox.bootEpoch, graceful: true }), { qos: 1 });
      await link.close();
      await parts.budget?.close();
      await sense.serve(undefined);
      await outbox.close();
    },
  };
}

async function brokerPasswordOf({ broker }: AgentConfig): Promise<string | undefined> {
  if (broker.passwordFile === null) return undefined;
  try {
    return (await readFile(broker.passwordFile, "utf8")).trim();
  } catch (error) {
    throw new KedgeError("agent/config", `reading broker.passwordFile ${broker.passwordFile} failed: ${messageOf(error)}`, {
      hint: "Give the path of a readable file, or leave it out.",
      context: { exit: "config" },
      cause: error,
    });
  }
}

/** Starts an agent by its configuration. Throws KedgeError for whatever keeps it from starting; `undefined` when stopped before it was enrolled. */
export async function startAgent(config: AgentConfig, agentVersion: string, log: Log, signal: AbortSignal): Promise<Agent | undefined> {
  const { stateDir } = config;
  // The state directory comes first: a device that cannot keep its state must not use up a token.
  const slots = await DirectorySlots.open(stateDir);
  const lock = await lockState(stateDir);
  let outbox: Outbox | undefined;
  try {
    outbox = await openFileOutbox({ folder: join(stateDir, "outbox"), maxBytes: config.outbox.maxBytes, sync: config.outbox.fsync });
    const brokerPassword = await brokerPasswordOf(config);
    const identity = await obtainIdentity(config, { directory: join(stateDir, "identity"), agentVersion, clock, random, log }, signal);
    const { bytesPerDay } = config.reporting;
    const budget = bytesPerDay === null ? undefined : await LinkBudget.open({ stateDir, clock, log }, { bytesPerDay });
    const agent =
      identity === undefined
        ? undefined
        : await run(
            { config, agentVersion, identity, slots, outbox, clock: await DeviceClock.open(fileNote(stateDir), identity), brokerPassword, budget, log },
            signal,
          );
    if (agent !== undefined) return { ...agent, stop: () => agent.stop().finally(() => lock.release()) };
  } catch (error) {
    await outbox?.close();
    await lock.release();
    throw error;
  }
  await outbox.close();
  await lock.release();
  return undefined;
}
