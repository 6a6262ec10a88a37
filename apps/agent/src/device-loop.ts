import type { Clock, DeviceId, Labels, Log, Random, Sha256 } from "@kedge/core";
import { messageOf } from "@kedge/core";
import { acceptDesired, activated, committed, type DeviceRecord, type DeviceStep, deviceCodes, judgeProbation, nextStep, type ProbationPolicy, refused, reverted, startedAgain } from "@kedge/device";
import { type ChunkLink, type DirectorySlots, downloadBundle, verifyEd25519 } from "@kedge/device/adapters";
import type { TrustedKey } from "@kedge/registry";
import { type Chunk, type DesiredState, decodeChunk, encodeBirth, encodeChunkRequest, encodeReportedState, type Link, type LinkMessage, type Outbox, topicFor } from "@kedge/wire";
import { ModelSlot } from "./model-slot.js";
import { runSelfTest } from "./self-test.js";
import type { SenseLoop } from "./sense-loop.js";
import type { InferenceRuntime } from "@kedge/inference";

/** What the loop needs of the program. */
export interface DeviceDeps {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly slots: DirectorySlots;
  readonly runtime: InferenceRuntime;
  readonly sense: SenseLoop;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly directorKeys: readonly TrustedKey[];
  readonly targetsKeys: readonly TrustedKey[];
  readonly probation: ProbationPolicy;
  readonly bundleDirectory: (digest: Sha256) => string;
  readonly onDesired: (desired: DesiredState) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** How often the device says what it runs when nothing changes. */
const reportEveryMs = 60_000;
/** A step that failed for want of network or room is tried again after this. */
const retryAfterMs = 20_000;

/** wire → device → inference: follows the desired state step by step, and says where it stands. */
export class DeviceLoop {
  readonly #deps: DeviceDeps;
  readonly #tested = new Set<Sha256>();
  #desired: DesiredState | null = null;
  #isRunning = false;
  #retryAtMs: number | undefined;
  #isDue = false;
  #watch = { good: 0, bad: 0, sinceMs: 0 };
  #onChunk: (chunk: Chunk) => void = () => {};
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(deps: DeviceDeps) {
    this.#deps = deps;
  }

  get record(): DeviceRecord {
    return this.#deps.slots.record;
  }

  /** Brings the current bundle up before anything is heard of the collector: a device works without it. */
  async start(): Promise<void> {
    const { slots, link, deviceId, clock } = this.#deps;
    await slots.save(startedAgain(slots.record));
    this.#watch = { good: 0, bad: 0, sinceMs: clock.monotonicMs() };
    // A trial that crashed the agent too often is gone back from before it is loaded once more.
    const step = nextStep(null, { record: slots.record, shelf: await slots.shelf(), tested: this.#tested });
    if (step?.kind === "Revert") await this.#run(step);
    else await this.#serveCurrent();
    await link.subscribe(topicFor(deviceId, "art/blk"), { qos: 0 }, (message) => this.#takeChunk(message));
    await link.subscribe(topicFor(deviceId, "desired"), { qos: 1 }, (message) => void this.#takeDesired(message));
    link.onConnect(() => void this.#sayBirth().then(() => this.report()));
    this.#timers.push(
      setInterval(() => void this.report(), reportEveryMs),
      setInterval(() => this.#tick(), 500),
    );
  }

  async #serveCurrent(): Promise<void> {
    const { slots, sense, runtime, log } = this.#deps;
    const { current } = slots.record;
    if (current === null) return sense.serve(undefined);
    try {
      const bundle = await slots.bundle(current);
      if (bundle === undefined) throw new Error("it is not on the disk");
      await sense.serve(await ModelSlot.load(bundle, runtime));
    } catch (error) {
      log.error({ bundle: current, error: messageOf(error) }, "the bundle cannot be served");
      if (slots.record.trial !== null) await this.#run({ kind: "Revert", reason: `${deviceCodes.selfTestFailed}: ${messageOf(error)}` });
    }
  }

  async #sayBirth(): Promise<void> {
    const { deviceId, labels, agentVersion, outbox, link, clock } = this.#deps;
    const held = outbox.held();
    const own = held.at(-1) ?? { bootEpoch: outbox.bootEpoch, oldestSeq: 1, nextSeq: 1 };
    const bundleDigest = this.record.current;
    const platform = `${process.platform}-${process.arch} node ${process.versions.node}`;
    const birth = { deviceId, labels, agentVersion, bundleDigest, platform, ...own, backlog: held.slice(0, -1).slice(-64), atMs: clock.nowMs(), uptimeMs: clock.monotonicMs() };
    await link.publish(topicFor(deviceId, "birth"), encodeBirth(birth), { qos: 1 });
  }

  /** Says what the device runs and how its update goes. Lost reports do no harm: the next one says the same. */
  async report(): Promise<void> {
    const { deviceId, outbox, link, sense, clock } = this.#deps;
    const { current, previous, desiredVersion, update, targetDigest, reason } = this.record;
    const { records, bytes, droppedRecords } = outbox.stats();
    const state = { deviceId, bootEpoch: outbox.bootEpoch, atMs: clock.nowMs(), runningDigest: sense.model?.digest ?? null, previousDigest: current === null ? null : previous, desiredVersion, update, targetDigest, reason };
    await link.publish(topicFor(deviceId, "reported"), encodeReportedState({ ...state, outbox: { records, bytes, dropped: droppedRecords }, counters: { ...sense.counters } }), { qos: 1 });
  }

  #takeChunk(message: LinkMessage): void {
    const chunk = decodeChunk(message.payload);
    if (chunk.kind === "decoded") this.#onChunk(chunk.value);
    else this.#deps.log.warn({ code: chunk.code }, `a chunk was ignored: ${chunk.message}`);
  }

  async #takeDesired(message: LinkMessage): Promise<void> {
    const { slots, deviceId, directorKeys, clock, log, onDesired } = this.#deps;
    // An empty retained message only clears what was kept.
    if (message.payload.length === 0) return;
    const accepted = acceptDesired(message.payload, slots.record, { deviceId, directorKeys, verify: verifyEd25519, nowMs: clock.nowMs() });
    if (accepted.kind === "refused") {
      log.warn({ code: accepted.code }, `a desired state was refused: ${accepted.message}`);
      return;
    }
    this.#desired = accepted.desired;
    onDesired(accepted.desired);
    this.wake();
  }

  /** A reading of the served bundle came out well or not; only a bundle on trial is judged by it. */
  noteOutcome(isGood: boolean): void {
    if (this.record.trial === null) return;
    if (isGood) this.#watch.good += 1;
    else this.#watch.bad += 1;
  }

  #tick(): void {
    const isRetryDue = this.#retryAtMs !== undefined && this.#deps.clock.monotonicMs() >= this.#retryAtMs;
    if (isRetryDue) this.#retryAtMs = undefined;
    if (isRetryDue || this.record.trial !== null) this.wake();
  }

  /** There may be a step to take. */
  wake(): void {
    this.#isDue = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#steps().finally(() => {
      this.#isRunning = false;
    });
  }

  async #steps(): Promise<void> {
    const { slots, log } = this.#deps;
    while (this.#isDue) {
      this.#isDue = false;
      try {
        const version = this.#desired?.version ?? 0;
        if (version > slots.record.desiredVersion) await slots.save({ ...slots.record, desiredVersion: version });
        const step = nextStep(this.#desired, { record: slots.record, shelf: await slots.shelf(), tested: this.#tested });
        if (step !== undefined && (await this.#run(step))) this.#isDue = true;
      } catch (error) {
        log.error({ error: messageOf(error) }, "a step of the update failed; it is tried again");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  async #say(change: Partial<DeviceRecord>): Promise<void> {
    await this.#deps.slots.save({ ...this.record, ...change });
    await this.report();
  }

  /** Takes one step; whether the next one may follow at once. */
  async #run(step: DeviceStep): Promise<boolean> {
    const { slots, log, bundleDirectory, clock } = this.#deps;
    log.info({ ...step, step: step.kind }, "update step");
    switch (step.kind) {
      case "Download":
        return this.#download(step);
      case "SelfTest": {
        await this.#say({ update: "SELF_TESTING", targetDigest: step.digest, reason: "" });
        const fault = await runSelfTest(bundleDirectory(step.digest));
        if (fault === undefined) this.#tested.add(step.digest);
        else await this.#say(refused(this.record, step.digest, `${deviceCodes.selfTestFailed}: ${fault}`));
        return true;
      }
      case "Activate":
        await slots.save(activated(this.record, step.digest));
        this.#watch = { good: 0, bad: 0, sinceMs: clock.monotonicMs() };
        await this.#serveCurrent();
        await this.report();
        return true;
      case "Watch":
        return this.#judgeTrial(step.digest);
      case "Revert":
        await slots.save(reverted(this.record, step.reason));
        await this.#serveCurrent();
        await this.report();
        return true;
      case "Delete":
        await slots.remove(step.digest);
        return true;
    }
  }

  async #judgeTrial(digest: Sha256): Promise<boolean> {
    const { slots, probation, clock } = this.#deps;
    const verdict = judgeProbation(this.#watch, probation, clock.monotonicMs());
    if (verdict === "running") return false;
    if (verdict === "failed") return this.#run({ kind: "Revert", reason: `${deviceCodes.probationFailed}: ${this.#watch.bad} of the first ${this.#watch.bad + this.#watch.good} readings failed` });
    const bundle = await slots.bundle(digest);
    await this.#say(committed(this.record, bundle?.manifest.securityCounter ?? 0));
    return true;
  }

  async #download(step: Extract<DeviceStep, { kind: "Download" }>): Promise<boolean> {
    const { slots, targetsKeys, random, link, deviceId } = this.#deps;
    await this.#say({ update: "DOWNLOADING", targetDigest: step.digest, reason: "" });
    const chunks: ChunkLink = {
      request: async (request) => {
        await link.publish(topicFor(deviceId, "art/get"), encodeChunkRequest(request), { qos: 0 });
      },
      onChunk: (listen) => {
        this.#onChunk = listen;
      },
    };
    const outcome = await downloadBundle(slots, step, chunks, { targetsKeys, securityFloor: this.record.securityFloor, random });
    if (outcome.kind === "downloaded") return true;
    const reason = `${outcome.code}: ${outcome.message}`;
    if (!outcome.retryable) await this.#say(refused(this.record, step.digest, reason));
    else {
      await this.#say({ update: "FAILED", reason });
      this.#retryAtMs = this.#deps.clock.monotonicMs() + retryAfterMs;
    }
    return false;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
