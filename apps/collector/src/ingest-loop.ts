import { type Clock, type DeviceId, type Log, messageOf, type Sha256 } from "@kedge/core";
import {
  ackFor,
  admit,
  announce,
  countRefusal,
  decodeIngestState,
  emptyIngestState,
  type IngestState,
  noRefusals,
  placeWindow,
  type Refusal,
  screenMessage,
  screenWindow,
  sizeOf,
} from "@kedge/ingest";
import type { Window } from "@kedge/profile";
import type { TimeSeriesStore } from "@kedge/store";
import {
  type Ack,
  type Birth,
  type DeviceLeaf,
  decodeSample,
  decodeUpdateEvent,
  decodeWindow,
  encodeAck,
  type Sample,
  topicFor,
  type UpdateEvent,
} from "@kedge/wire";
import type { Publish } from "./fleet/director.js";

/** What the loop needs of the program. */
export interface IngestDeps {
  readonly series: TimeSeriesStore;
  readonly publish: Publish;
  readonly clock: Clock;
  readonly log: Log;
  /** The profile spec of a bundle; `undefined` for one that is not registered. */
  readonly specHashOf: (bundle: Sha256) => string | undefined;
  /** These are committed. */
  readonly onCommitted: (windows: readonly Window[], samples: readonly Sample[], events: readonly UpdateEvent[]) => void;
}

interface Arrival {
  readonly deviceId: DeviceId;
  readonly bootEpoch: number;
  /** The device's state with this arrival and all before it taken into account: it is stored with them, never before them. */
  readonly state: IngestState;
  readonly window?: Window;
  readonly sample?: Sample;
  readonly event?: UpdateEvent;
  /** Of a birth: what the device may drop of every epoch that it told of. */
  readonly acks?: readonly Ack[];
}

/** Messages committed in one transaction at most; under load a commit's fsync is shared by this many. */
const maxBatch = 512;

/** wire → ingest → store: admits what devices send, commits it, and only then acknowledges. */
export class IngestLoop {
  readonly #deps: IngestDeps;
  readonly #states = new Map<DeviceId, IngestState>();
  #waiting: Arrival[] = [];
  #isCommitting = false;
  readonly counters = { received: 0, repeated: 0, refused: noRefusals };

  constructor(deps: IngestDeps) {
    this.#deps = deps;
  }

  /** Reads what is known of every device's messages. */
  async load(): Promise<void> {
    for (const { deviceId, state } of await this.#deps.series.ingestMarks()) {
      const known = decodeIngestState(JSON.stringify(state));
      if (known !== undefined) this.#states.set(deviceId, known);
    }
  }

  /** Messages that devices said they lost, and gaps that may still be filled. */
  gaps(deviceId?: DeviceId): { readonly lost: number; readonly awaited: number } {
    let [lost, awaited] = [0, 0];
    for (const [id, state] of this.#states) {
      if (deviceId !== undefined && id !== deviceId) continue;
      lost += state.lostBefore;
      for (const epoch of state.epochs) {
        lost += sizeOf(epoch.lost);
        const last = Math.max(epoch.admitted.at(-1) ?? 0, epoch.lost.at(-1) ?? 0);
        awaited += Math.max(0, last - sizeOf(epoch.admitted) - sizeOf(epoch.lost));
      }
    }
    return { lost, awaited };
  }

  /** Takes a message of a device: a window, a sample or an update event. Never throws. */
  take(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array): void {
    this.counters.received += 1;
    const state = this.#states.get(deviceId) ?? emptyIngestState;
    if (leaf === "stats") {
      const passed = screenMessage(decodeWindow(payload), payload, deviceId);
      if (passed.kind === "refused") return this.#refuse(deviceId, leaf, payload, passed);
      const window = placeWindow(passed.value, state);
      const fault = screenWindow(window, { nowMs: this.#deps.clock.nowMs(), specHashOf: (digest) => this.#deps.specHashOf(digest as Sha256) });
      if (fault !== undefined) return this.#refuse(deviceId, leaf, payload, fault);
      return this.#admit(leaf, payload, { deviceId, bootEpoch: window.key.bootEpoch, window }, window.key.seq);
    }
    const passed = leaf === "sample" ? screenMessage(decodeSample(payload), payload, deviceId) : screenMessage(decodeUpdateEvent(payload), payload, deviceId);
    if (passed.kind === "refused") return this.#refuse(deviceId, leaf, payload, passed);
    const { bootEpoch, seq } = passed.value.key;
    this.#admit(leaf, payload, "inputs" in passed.value ? { deviceId, bootEpoch, sample: passed.value } : { deviceId, bootEpoch, event: passed.value }, seq);
  }

  #admit(leaf: DeviceLeaf, payload: Uint8Array, arrival: Omit<Arrival, "state">, seq: number): void {
    const { deviceId, bootEpoch } = arrival;
    const before = this.#states.get(deviceId) ?? emptyIngestState;
    const admitted = admit(before, { bootEpoch, seq });
    if (admitted.kind === "refused") return this.#refuse(deviceId, leaf, payload, admitted);
    if (admitted.kind === "duplicate") {
      this.counters.repeated += 1;
      // The acknowledgement may have been lost on the way. It is said again, but not before what waits is committed.
      this.#enqueue({ deviceId, bootEpoch, state: before });
      return;
    }
    this.#states.set(deviceId, admitted.state);
    this.#enqueue({ ...arrival, state: admitted.state });
  }

  #refuse(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array, refusal: Refusal): void {
    const { series, clock, log } = this.#deps;
    this.counters.refused = countRefusal(this.counters.refused, refusal.code);
    const letter = { atMs: clock.nowMs(), deviceId, leaf, reason: refusal.code, message: refusal.message, bytes: payload.slice(0, 65_536) };
    log.warn({ deviceId, leaf, code: refusal.code }, refusal.message);
    series.addDeadLetter(letter).catch((error: unknown) => log.error({ error: messageOf(error) }, "a dead letter could not be kept"));
    // A message that can never be taken is settled, or the device would send it for ever and nothing behind it would count.
    const { key } = refusal;
    if (key === null) return;
    const before = this.#states.get(deviceId) ?? emptyIngestState;
    const admitted = admit(before, key);
    const state = admitted.kind === "admitted" ? admitted.state : before;
    this.#states.set(deviceId, state);
    this.#enqueue({ deviceId, bootEpoch: key.bootEpoch, state });
  }

  #enqueue(arrival: Arrival): void {
    this.#waiting.push(arrival);
    if (!this.#isCommitting) void this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // What arrives in the same turn of the event loop shares the commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, maxBatch));
    this.#isCommitting = false;
  }

  async #commit(batch: readonly Arrival[]): Promise<void> {
    const { series, onCommitted, log } = this.#deps;
    const windows = batch.flatMap((a) => a.window ?? []);
    const samples = batch.flatMap((a) => a.sample ?? []);
    const epochs = new Map(batch.map((a) => [`${a.deviceId}/${a.bootEpoch}`, a]));
    const marks = [...new Map(batch.map((a) => [a.deviceId, a.state]))].map(([deviceId, state]) => ({ deviceId, state }));
    try {
      await series.commit({ windows, samples, marks });
    } catch (error) {
      // Nothing is acknowledged, so the devices keep it. What was admitted must be forgotten, or the repeats would be taken for stored.
      log.error({ error: messageOf(error), messages: batch.length }, "a batch could not be stored; the devices will send it again");
      await this.#forget(marks.map((m) => m.deviceId));
      return;
    }
    for (const { deviceId, bootEpoch } of epochs.values()) {
      const ack = ackFor(marks.find((m) => m.deviceId === deviceId)?.state ?? emptyIngestState, bootEpoch);
      if (ack !== undefined) await this.#say(deviceId, ack);
    }
    for (const { deviceId, acks = [] } of batch) for (const ack of acks) await this.#say(deviceId, ack);
    onCommitted(
      windows,
      samples,
      batch.flatMap((a) => a.event ?? []),
    );
  }

  async #forget(deviceIds: readonly DeviceId[]): Promise<void> {
    for (const id of deviceIds) this.#states.delete(id);
    this.#waiting = this.#waiting.filter((a) => !deviceIds.includes(a.deviceId));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await this.load().catch(() => undefined);
  }

  async #say(deviceId: DeviceId, ack: Ack): Promise<void> {
    await this.#deps.publish(topicFor(deviceId, "ack"), encodeAck({ ...ack, collectorMs: this.#deps.clock.nowMs() }), { qos: 0 });
  }

  /** A device said what it still holds: gaps that nothing can fill any more are known to be lost. */
  born(birth: Birth): void {
    const { clock, log } = this.#deps;
    const announced = announce(this.#states.get(birth.deviceId) ?? emptyIngestState, birth, clock.nowMs());
    if (announced.kind === "refused") {
      log.warn({ deviceId: birth.deviceId, code: announced.code }, announced.message);
      return;
    }
    this.#states.set(birth.deviceId, announced.state);
    this.#enqueue({ deviceId: birth.deviceId, bootEpoch: birth.bootEpoch, state: announced.state, acks: announced.acks });
  }
}
