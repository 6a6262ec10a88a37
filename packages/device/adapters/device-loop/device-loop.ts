import { type Clock, KedgeError, type Log, messageOf, type Random } from "@kedge/core";
import type { TrustedKey } from "@kedge/registry";
import { type Chunk, type DesiredState, decodeChunk, encodeChunkRequest, type LinkMessage, topicFor } from "@kedge/wire";
import { acceptDesired, type DeviceRecord, type ProbationPolicy } from "../../src/index.js";
import type { DirectorySlots, ShelvedBundle } from "../directory-slots/directory-slots.js";
import type { ChunkLink } from "../download/pull-part.js";
import { verifyEd25519 } from "../download/verify-ed25519.js";
import { Updater } from "../updater/updater.js";
import { type StandingDeps, type Standing, sayBirth, sayReported, sayStep } from "./device-reports.js";

/** What answers readings on the device. */
export interface ServedModel {
  /** Serves a bundle (or none) from now on. Throws when it cannot be loaded; then what was served before still is. */
  serve(bundle: ShelvedBundle | undefined): Promise<void>;
  standing(): Standing;
}

/** What the loop needs of the program. */
export interface DeviceDeps extends Omit<StandingDeps, "record" | "standing"> {
  readonly slots: DirectorySlots;
  readonly model: ServedModel;
  /** Who may say what is wanted, and who may sign bundles. */
  readonly directorKeys: () => readonly TrustedKey[];
  readonly targetsKeys: () => readonly TrustedKey[];
  /** Asks who may sign bundles now; whether that changed. */
  readonly refreshKeys: () => Promise<boolean>;
  readonly probation: ProbationPolicy;
  /** Runs a bundle's golden inputs in a process of its own; why it must not be served, or `undefined`. */
  readonly selfTest: (bundle: ShelvedBundle, signal: AbortSignal) => Promise<string | undefined>;
  readonly onDesired: (desired: DesiredState) => void;
  /** Something was put into the outbox. */
  readonly onRecord: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const tickMs = 500;

/** wire → device → inference: follows the desired state, and says where the device stands. */
export class DeviceLoop {
  readonly #deps: DeviceDeps;
  readonly #reports: StandingDeps;
  readonly #updater: Updater;
  #onChunk: (chunk: Chunk) => void = () => {};
  /** Records that the outbox had dropped when the last birth was said. */
  #toldDropped = 0;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(deps: DeviceDeps) {
    const { slots, targetsKeys, refreshKeys, probation, selfTest, model, clock, random, log } = deps;
    this.#deps = deps;
    this.#reports = { ...deps, record: () => slots.record, standing: () => model.standing() };
    this.#updater = new Updater({
      slots,
      chunks: this.#chunks(),
      targetsKeys,
      refreshKeys,
      probation,
      selfTest,
      serve: async (bundle) => {
        await model.serve(bundle);
        this.#report();
      },
      onChange: (record, before) => this.#tell(record, before),
      clock,
      random,
      log,
    });
  }

  get record(): DeviceRecord {
    return this.#deps.slots.record;
  }

  #chunks(): ChunkLink {
    const { link, deviceId } = this.#deps;
    return {
      request: async (request) => {
        const outcome = await link.publish(topicFor(deviceId, "art/get"), encodeChunkRequest(request), { qos: 0 });
        if (outcome.kind !== "sent") throw new KedgeError(outcome.code, outcome.message, { retryable: true });
      },
      onChunk: (listen) => {
        this.#onChunk = listen;
      },
    };
  }

  /** Brings the current bundle up before anything is heard of the collector: a device works without it. */
  async start(): Promise<void> {
    const { link, deviceId } = this.#deps;
    await this.#updater.start();
    await link.subscribe(topicFor(deviceId, "art/blk"), { qos: 0 }, (message) => this.#takeChunk(message));
    await link.subscribe(topicFor(deviceId, "desired"), { qos: 1 }, (message) => this.#takeDesired(message));
    link.onConnect(() => this.#introduce());
    this.#timers.push(
      setInterval(() => this.#report(), this.#deps.reportEveryMs),
      setInterval(() => this.#tick(), tickMs),
    );
  }

  #introduce(): void {
    this.#toldDropped = this.#deps.outbox.stats().droppedRecords;
    void sayBirth(this.#reports).then((outcome) => {
      // Said as soon as there are bytes for it.
      if (outcome.kind === "retryable" && outcome.code === "wire/over-budget") {
        this.#toldDropped = -1;
        return;
      }
      this.#report();
      this.#updater.retryNow();
    });
  }

  #report(): void {
    sayReported(this.#reports).catch((error: unknown) => this.#deps.log.error({ error: messageOf(error) }, "a report could not be said"));
  }

  /** The report says where the update is; the event, kept until it is acknowledged, how it got there. */
  #tell(record: DeviceRecord, before: DeviceRecord): void {
    const { outbox, clock, log, onRecord } = this.#deps;
    this.#report();
    if (record.update === before.update && record.targetDigest === before.targetDigest) return;
    const noted = sayStep(record, before, this.#reports.deviceId, { outbox, clock });
    noted.then(onRecord, (error: unknown) => log.error({ error: messageOf(error) }, "a step of the update could not be noted"));
  }

  #takeChunk(message: LinkMessage): void {
    const chunk = decodeChunk(message.payload);
    if (chunk.kind === "decoded") this.#onChunk(chunk.value);
    else this.#deps.log.warn({ code: chunk.code }, `a chunk was ignored: ${chunk.message}`);
  }

  #takeDesired(message: LinkMessage): void {
    const { slots, deviceId, directorKeys, clock, log, onDesired } = this.#deps;
    // An empty retained message only clears what was kept.
    if (message.payload.length === 0) return;
    const accepted = acceptDesired(message.payload, slots.record, { deviceId, directorKeys: directorKeys(), verify: verifyEd25519, nowMs: clock.nowMs() });
    if (accepted.kind === "refused") {
      log.warn({ code: accepted.code }, `a desired state was refused: ${accepted.message}`);
      this.#updater
        .noteRefusal(`${accepted.code}: ${accepted.message}`)
        .catch((error: unknown) => log.error({ error: messageOf(error) }, "the refusal could not be noted"));
      return;
    }
    onDesired(accepted.desired);
    this.#updater.follow(accepted.desired);
  }

  /** A reading of the served bundle came out well or not. */
  noteOutcome(isGood: boolean): void {
    const { running } = this.#deps.model.standing();
    if (running !== null) this.#updater.noteOutcome(isGood, running);
  }

  #tick(): void {
    this.#updater.tick();
    // What the outbox had to drop is lost; the collector need not wait for it once it knows.
    if (this.#deps.outbox.stats().droppedRecords > this.#toldDropped) this.#introduce();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#updater.stop();
  }
}
