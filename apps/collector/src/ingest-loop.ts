import type { DeviceId, Sha256 } from "@kedge/core";
import {
  admit,
  announce,
  decodeIngestState,
  emptyIngestState,
  isEarly,
  keyIn,
  type IngestState,
  placeWindow,
  type Refusal,
  screenMessage,
  screenWindow,
} from "@kedge/ingest";
import type { Fence } from "@kedge/store";
import { type Birth, type DeviceLeaf, decodeSample, decodeUpdateEvent, ProfileReader, type Sample, shardOf, type UpdateEvent } from "@kedge/wire";
import { type Arrival, CommitQueue, type CommitQueueDeps } from "./ingest/commit-queue.js";
import { gapsIn } from "./ingest/gaps.js";
import { type Letter, LetterBox } from "./ingest/letter-box.js";
import { receivedWindow } from "./ingest/received-window.js";

/** What the loop needs of the program. */
export interface IngestDeps extends Omit<CommitQueueDeps, "reload" | "onUnstorable"> {
  /** The profile spec of a bundle; `undefined` for one that is not registered. */
  readonly specHashOf: (bundle: Sha256) => string | undefined;
  /** The lease of a device's shard; `undefined` for devices that another collector takes from. */
  readonly fenceOf: (deviceId: DeviceId) => Fence | undefined;
  /** The shards that this collector takes from. */
  readonly ownShards: () => readonly string[];
}

/**
 * wire → ingest → store: admits what devices send, commits it, and only then acknowledges. What waits is bounded by those
 * who send: the broker reads no further from a device while too many of its promises are open.
 */
export class IngestLoop {
  readonly #deps: IngestDeps;
  readonly #states = new Map<DeviceId, IngestState>();
  readonly #queue: CommitQueue;
  readonly #letters: LetterBox;
  /** Windows are only looked through here; who wants what is in them reads the stored message. */
  readonly #reader = new ProfileReader();
  readonly #specHashOf = (digest: string): string | undefined => this.#deps.specHashOf(digest as Sha256);
  readonly #counts = { received: 0, repeated: 0, elsewhere: 0, unplaced: 0 };

  constructor(deps: IngestDeps) {
    this.#deps = deps;
    this.#letters = new LetterBox(deps);
    this.#queue = new CommitQueue({ ...deps, reload: () => this.load(), onUnstorable: (arrival, message) => this.#letters.keepUnstorable(arrival, message) });
  }

  /**
   * `elsewhere`: messages of devices that another collector takes from, or none at the moment. `unplaced`: windows before the birth that says where they
   * belong. Both come again.
   */
  get counters(): Readonly<Record<"received" | "repeated" | "elsewhere" | "unplaced", number>> & { readonly refused: LetterBox["refused"] } {
    return { ...this.#counts, refused: this.#letters.refused };
  }

  /** Reads what is known of the messages of devices that are taken from. */
  async load(): Promise<void> {
    // Shards that are gained meanwhile are read by `gain`.
    await this.gain(this.#deps.ownShards());
  }

  /** Reads what is known of the devices of shards, before anything is taken from them. */
  async gain(shards: readonly string[]): Promise<void> {
    const marks = await this.#deps.series.ingestMarks(shards);
    this.lose(shards);
    this.#learn(marks);
  }

  /** Forgets the devices of shards: another collector may take from them, and what is known here is not what was counted any more. */
  lose(shards: readonly string[]): void {
    const gone = new Set(shards);
    for (const deviceId of this.#states.keys()) if (gone.has(shardOf(deviceId))) this.#states.delete(deviceId);
  }

  /** Resolves when everything that was admitted is committed or given up, or after so long. */
  idle(withinMs: number): Promise<void> {
    return this.#queue.idle(withinMs);
  }

  #learn(marks: Awaited<ReturnType<IngestDeps["series"]["ingestMarks"]>>): void {
    for (const { deviceId, state } of marks) {
      const known = decodeIngestState(JSON.stringify(state));
      if (known !== undefined) this.#states.set(deviceId, known);
    }
  }

  #stateOf(deviceId: DeviceId): IngestState {
    return this.#states.get(deviceId) ?? emptyIngestState;
  }

  /** Messages that devices said they lost, and gaps that may still be filled. */
  gaps(deviceIds?: readonly DeviceId[]): { readonly lost: number; readonly awaited: number } {
    return gapsIn(this.#states, deviceIds);
  }

  /**
   * Takes a message of a device: a window, a sample or an update event. Settles when it is committed and acknowledged, or
   * refused, or given up because the store failed (then nothing was acknowledged). Never rejects.
   */
  take(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array): Promise<void> {
    this.#counts.received += 1;
    return this.#queue.isRecovering ? this.#queue.recovered().then(() => this.#takeNow(deviceId, leaf, payload)) : this.#takeNow(deviceId, leaf, payload);
  }

  #takeNow(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array): Promise<void> {
    const fence = this.#deps.fenceOf(deviceId);
    if (fence !== undefined) return leaf === "stats" ? this.#takeWindow(deviceId, payload, fence) : this.#takeOther(deviceId, leaf, payload, fence);
    this.#counts.elsewhere += 1;
    return Promise.resolve();
  }

  #takeWindow(deviceId: DeviceId, payload: Uint8Array, fence: Fence): Promise<void> {
    const passed = screenMessage(this.#reader.window(payload), payload, deviceId);
    if (passed.kind === "refused") return this.#refuse({ deviceId, leaf: "stats", payload, ...passed }, passed.key, fence);
    const state = this.#stateOf(deviceId);
    const window = placeWindow(passed.value, state);
    const fault = screenWindow(window, { nowMs: this.#deps.clock.nowMs(), specHashOf: this.#specHashOf });
    if (fault !== undefined && isEarly(fault, window, state)) {
      // Not admitted, so that no acknowledgement goes beyond it: the device keeps it, and sends it again.
      this.#counts.unplaced += 1;
      return Promise.resolve();
    }
    if (fault !== undefined) return this.#refuse({ deviceId, leaf: "stats", payload, ...fault }, fault.key, fence);
    const { bootEpoch, seq } = window.key;
    return this.#admit("stats", payload, { deviceId, bootEpoch, fence, window: receivedWindow(passed.value, window, payload) }, seq);
  }

  #takeOther(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array, fence: Fence): Promise<void> {
    const decoded = leaf === "sample" ? decodeSample(payload) : decodeUpdateEvent(payload);
    const passed = screenMessage<Sample | UpdateEvent>(decoded, payload, deviceId);
    if (passed.kind === "refused") return this.#refuse({ deviceId, leaf, payload, ...passed }, passed.key, fence);
    const { value } = passed;
    const from = { deviceId, bootEpoch: value.key.bootEpoch, fence };
    return this.#admit(leaf, payload, "inputs" in value ? { ...from, sample: value } : { ...from, event: value }, value.key.seq);
  }

  #admit(leaf: DeviceLeaf, payload: Uint8Array, arrival: Omit<Arrival, "state">, seq: number): Promise<void> {
    const { deviceId, bootEpoch, fence } = arrival;
    const before = this.#stateOf(deviceId);
    const admitted = admit(before, { bootEpoch, seq });
    if (admitted.kind === "refused") return this.#refuse({ deviceId, leaf, payload, ...admitted }, admitted.key, fence);
    if (admitted.kind === "duplicate") {
      this.#counts.repeated += 1;
      // The acknowledgement may have been lost on the way. It is said again, but not before what waits is committed.
      return this.#queue.add({ deviceId, bootEpoch, fence, state: before });
    }
    this.#states.set(deviceId, admitted.state);
    return this.#queue.add({ ...arrival, state: admitted.state });
  }

  async #refuse(letter: Letter, key: Refusal["key"], fence?: Fence): Promise<void> {
    const isKept = await this.#letters.take(letter);
    // A message that can never be taken is settled, or the device would send it for ever and nothing behind it would count. But not before it is
    // kept: the device forgets it then.
    if (isKept && key !== null && fence !== undefined) await this.#settle(letter.deviceId, key, fence);
  }

  #settle(deviceId: DeviceId, key: NonNullable<Refusal["key"]>, fence: Fence): Promise<void> {
    const before = this.#stateOf(deviceId);
    const admitted = admit(before, key);
    const state = admitted.kind === "admitted" ? admitted.state : before;
    this.#states.set(deviceId, state);
    return this.#queue.add({ deviceId, bootEpoch: key.bootEpoch, fence, state });
  }

  /**
   * A message was refused before it came here: it is counted and kept for people to look at. `isOwn`: it came over the device's own
   * connection. Then it is settled where its key can be read, or a device that knows no better would send it for ever.
   */
  async refuse(refused: Letter & { readonly isOwn: boolean }): Promise<void> {
    this.#counts.received += 1;
    const { deviceId, payload, isOwn } = refused;
    // Settled against what was admitted but never stored, that would be marked as stored with it, and acknowledged.
    if (isOwn && this.#queue.isRecovering) await this.#queue.recovered();
    const fence = isOwn ? this.#deps.fenceOf(deviceId) : undefined;
    await this.#refuse(refused, fence === undefined || refused.code !== "ingest/oversize" ? null : keyIn(payload, deviceId), fence);
  }

  /** A device said what it still holds: gaps that nothing can fill any more are known to be lost. Settles as {@link take} does. */
  async born(birth: Birth, payload: Uint8Array): Promise<void> {
    if (this.#queue.isRecovering) await this.#queue.recovered();
    const { deviceId, bootEpoch } = birth;
    const fence = this.#deps.fenceOf(deviceId);
    if (fence === undefined) {
      this.#counts.elsewhere += 1;
      return;
    }
    const announced = announce(this.#stateOf(deviceId), birth, this.#deps.clock.nowMs());
    if (announced.kind === "refused") await this.#refuse({ deviceId, leaf: "birth", payload, ...announced }, null);
    else if (announced.kind === "duplicate") this.#counts.repeated += 1;
    else {
      this.#states.set(deviceId, announced.state);
      await this.#queue.add({ deviceId, bootEpoch, fence, state: announced.state, acks: announced.acks });
    }
  }

  /** Waits for no store any more. */
  stop(): void {
    this.#queue.stop();
  }
}
