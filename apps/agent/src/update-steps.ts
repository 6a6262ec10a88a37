import type { Clock, DeviceId, Log, Random, Sha256 } from "@kedge/core";
import { messageOf } from "@kedge/core";
import { activated, committed, type DeviceRecord, type DeviceStep, deviceCodes, judgeProbation, type ProbationPolicy, refused, reverted } from "@kedge/device";
import { type ChunkLink, type DirectorySlots, downloadBundle } from "@kedge/device/adapters";
import type { InferenceRuntime } from "@kedge/inference";
import type { TrustedKey } from "@kedge/registry";
import { type Chunk, decodeChunk, encodeChunkRequest, type Link, type LinkMessage, topicFor } from "@kedge/wire";
import { ModelSlot } from "./model-slot.js";
import { runSelfTest } from "./self-test.js";
import type { SenseLoop } from "./sense-loop.js";

/** What taking a step needs of the program. */
export interface StepDeps {
  readonly deviceId: DeviceId;
  readonly slots: DirectorySlots;
  readonly runtime: InferenceRuntime;
  readonly sense: SenseLoop;
  readonly link: Link;
  readonly targetsKeys: readonly TrustedKey[];
  readonly probation: ProbationPolicy;
  readonly bundleDirectory: (digest: Sha256) => string;
  readonly report: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A step that failed for want of network or room is tried again after this. */
const retryAfterMs = 20_000;

/** Takes the steps of an update, each of which may be begun again after a crash. */
export class UpdateSteps {
  readonly #deps: StepDeps;
  /** Bundles whose golden inputs gave the signed outputs since this start. */
  readonly tested = new Set<Sha256>();
  #watch = { good: 0, bad: 0, sinceMs: 0 };
  #onChunk: (chunk: Chunk) => void = () => {};
  #retryAtMs: number | undefined;

  constructor(deps: StepDeps) {
    this.#deps = deps;
  }

  get #record(): DeviceRecord {
    return this.#deps.slots.record;
  }

  takeChunk(message: LinkMessage): void {
    const chunk = decodeChunk(message.payload);
    if (chunk.kind === "decoded") this.#onChunk(chunk.value);
    else this.#deps.log.warn({ code: chunk.code }, `a chunk was ignored: ${chunk.message}`);
  }

  /** A reading of the served bundle came out well or not; only a bundle on trial is judged by it. */
  noteOutcome(isGood: boolean): void {
    if (this.#record.trial === null) return;
    if (isGood) this.#watch.good += 1;
    else this.#watch.bad += 1;
  }

  beginWatch(): void {
    this.#watch = { good: 0, bad: 0, sinceMs: this.#deps.clock.monotonicMs() };
  }

  /** Whether it is time to look again without being asked: a trial runs, or a retry is due. */
  isDue(): boolean {
    const isRetryDue = this.#retryAtMs !== undefined && this.#deps.clock.monotonicMs() >= this.#retryAtMs;
    if (isRetryDue) this.#retryAtMs = undefined;
    return isRetryDue || this.#record.trial !== null;
  }

  /** Serves the current slot. A bundle on trial that cannot even be loaded is gone back from. */
  async serveCurrent(): Promise<void> {
    const { slots, sense, runtime, log } = this.#deps;
    const { current, trial } = this.#record;
    if (current === null) return sense.serve(undefined);
    try {
      const bundle = await slots.bundle(current);
      if (bundle === undefined) throw new Error("it is not on the disk");
      await sense.serve(await ModelSlot.load(bundle, runtime));
    } catch (error) {
      log.error({ bundle: current, error: messageOf(error) }, "the bundle cannot be served");
      if (trial !== null) await this.run({ kind: "Revert", reason: `${deviceCodes.selfTestFailed}: ${messageOf(error)}` });
    }
  }

  async #say(change: Partial<DeviceRecord>): Promise<void> {
    await this.#deps.slots.save({ ...this.#record, ...change });
    await this.#deps.report();
  }

  async #serveAndSay(record: DeviceRecord): Promise<boolean> {
    await this.#deps.slots.save(record);
    await this.serveCurrent();
    await this.#deps.report();
    return true;
  }

  /** Takes one step; whether the next one may follow at once. */
  async run(step: DeviceStep): Promise<boolean> {
    const { slots, log, bundleDirectory } = this.#deps;
    if (step.kind !== "Watch") log.info({ ...step }, "a step of an update");
    switch (step.kind) {
      case "Download":
        return this.#download(step);
      case "SelfTest": {
        await this.#say({ update: "SELF_TESTING", targetDigest: step.digest, reason: "" });
        const fault = await runSelfTest(bundleDirectory(step.digest));
        if (fault === undefined) this.tested.add(step.digest);
        else await this.#say(refused(this.#record, step.digest, `${deviceCodes.selfTestFailed}: ${fault}`));
        return true;
      }
      case "Activate":
        this.beginWatch();
        return this.#serveAndSay(activated(this.#record, step.digest));
      case "Watch":
        return this.#judgeTrial(step.digest);
      case "Revert":
        log.warn({ reason: step.reason }, "going back to the bundle before");
        return this.#serveAndSay(reverted(this.#record, step.reason));
      case "Delete":
        await slots.remove(step.digest);
        return true;
    }
  }

  async #judgeTrial(digest: Sha256): Promise<boolean> {
    const { slots, probation, clock } = this.#deps;
    const { good, bad } = this.#watch;
    const verdict = judgeProbation(this.#watch, probation, clock.monotonicMs());
    if (verdict === "running") return false;
    if (verdict === "failed") return this.run({ kind: "Revert", reason: `${deviceCodes.probationFailed}: ${bad} of the first ${bad + good} readings failed` });
    const bundle = await slots.bundle(digest);
    await this.#say(committed(this.#record, bundle?.manifest.securityCounter ?? 0));
    return true;
  }

  async #download(step: Extract<DeviceStep, { kind: "Download" }>): Promise<boolean> {
    const { slots, targetsKeys, random, link, deviceId, clock } = this.#deps;
    await this.#say({ update: "DOWNLOADING", targetDigest: step.digest, reason: "" });
    const chunks: ChunkLink = {
      request: async (request) => {
        await link.publish(topicFor(deviceId, "art/get"), encodeChunkRequest(request), { qos: 0 });
      },
      onChunk: (listen) => {
        this.#onChunk = listen;
      },
    };
    const outcome = await downloadBundle(slots, step, chunks, { targetsKeys, securityFloor: this.#record.securityFloor, random });
    if (outcome.kind === "downloaded") return true;
    const reason = `${outcome.code}: ${outcome.message}`;
    if (!outcome.retryable) {
      await this.#say(refused(this.#record, step.digest, reason));
      return false;
    }
    // A slow or broken line is no failure of the update: it goes on when the line is back. Want of room is, until somebody makes some.
    await this.#say({ update: outcome.code === deviceCodes.noSpace ? "FAILED" : "DOWNLOADING", reason });
    this.#retryAtMs = clock.monotonicMs() + retryAfterMs;
    return false;
  }
}
