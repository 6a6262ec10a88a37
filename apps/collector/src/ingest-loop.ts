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
import type { ReceivedWindow, TimeSeriesStore } from "@kedge/store";
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
  readonly onEvents: (events: readonly UpdateEvent[]) => void;
  /** How long to leave a store alone that refused a batch. */
  readonly retryMs?: number;
}

interface Arrival {
  readonly deviceId: DeviceId;
  readonly bootEpoch: number;
  /** The device's state with this arrival and all before it taken into account: it is stored with them, never before them. */
  readonly state: IngestState;
  readonly window?: ReceivedWindow;
  readonly sample?: Sample;
  readonly event?: UpdateEvent;
  /** Of a birth: what the device may drop of every epoch that it told of. */
  readonly acks?: readonly Ack[];
}

interface Waiting extends Arrival {
  /** Committed, or given up: the device may send on. */
  readonly settle: () => void;
}

/** Messages committed in one transaction at most; under load a commit's fsync is shared by this many. */
const maxBatch = 512;
const letterBytes = 65_536;

/**
 * wire → ingest → store: admits what devices send, commits it, and only then acknowledges. What waits is bounded by those
 * who send: the broker reads no further from a device while too many of its promises are open.
 */
export class IngestLoop {
  readonly #deps: IngestDeps;
  readonly #states = new Map<DeviceId, IngestState>();
  #waiting: Waiting[] = [];
  #isCommitting = false;
  #isStopped = false;
  /** While the store is asked what it holds, nothing is admitted: against a state that is not known it would be judged wrongly. */
  #recovery: Promise<void> | undefined;
  readonly counters = { received: 0, repeated: 0, refused: noRefusals };

  constructor(deps: IngestDeps) {
    this.#deps = deps;
  }

  /** Reads what is known of every device's messages. */
  async load(): Promise<void> {
    const marks = await this.#deps.series.ingestMarks();
    this.#states.clear();
    for (const { deviceId, state } of marks) {
      const known = decodeIngestState(JSON.stringify(state));
      if (known !== undefined) this.#states.set(deviceId, known);
    }
  }

  #stateOf(deviceId: DeviceId): IngestState {
    return this.#states.get(deviceId) ?? emptyIngestState;
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

  /**
   * Takes a message of a device: a window, a sample or an update event. Settles when it is committed and acknowledged, or
   * refused, or given up because the store failed (then nothing was acknowledged). Never rejects.
   */
  async take(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array): Promise<void> {
    this.counters.received += 1;
    while (this.#recovery !== undefined) await this.#recovery;
    await (leaf === "stats" ? this.#takeWindow(deviceId, payload) : this.#takeOther(deviceId, leaf, payload));
  }

  #takeWindow(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const passed = screenMessage(decodeWindow(payload), payload, deviceId);
    if (passed.kind === "refused") return this.#refuse(deviceId, "stats", payload, passed);
    const window = placeWindow(passed.value, this.#stateOf(deviceId));
    const fault = screenWindow(window, { nowMs: this.#deps.clock.nowMs(), specHashOf: (digest) => this.#deps.specHashOf(digest as Sha256) });
    if (fault !== undefined) return this.#refuse(deviceId, "stats", payload, fault);
    // A window that was put at another time differs from its message, so that must be encoded anew.
    const received = window === passed.value ? { ...window, encoded: payload } : window;
    return this.#admit("stats", payload, { deviceId, bootEpoch: window.key.bootEpoch, window: received }, window.key.seq);
  }

  #takeOther(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array): Promise<void> {
    const decoded = leaf === "sample" ? decodeSample(payload) : decodeUpdateEvent(payload);
    const passed = screenMessage<Sample | UpdateEvent>(decoded, payload, deviceId);
    if (passed.kind === "refused") return this.#refuse(deviceId, leaf, payload, passed);
    const { value } = passed;
    const { bootEpoch, seq } = value.key;
    return this.#admit(leaf, payload, "inputs" in value ? { deviceId, bootEpoch, sample: value } : { deviceId, bootEpoch, event: value }, seq);
  }

  #admit(leaf: DeviceLeaf, payload: Uint8Array, arrival: Omit<Arrival, "state">, seq: number): Promise<void> {
    const { deviceId, bootEpoch } = arrival;
    const before = this.#stateOf(deviceId);
    const admitted = admit(before, { bootEpoch, seq });
    if (admitted.kind === "refused") return this.#refuse(deviceId, leaf, payload, admitted);
    if (admitted.kind === "duplicate") {
      this.counters.repeated += 1;
      // The acknowledgement may have been lost on the way. It is said again, but not before what waits is committed.
      return this.#enqueue({ deviceId, bootEpoch, state: before });
    }
    this.#states.set(deviceId, admitted.state);
    return this.#enqueue({ ...arrival, state: admitted.state });
  }

  async #refuse(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array, refusal: Refusal): Promise<void> {
    const { series, clock, log } = this.#deps;
    this.counters.refused = countRefusal(this.counters.refused, refusal.code);
    log.warn({ deviceId, leaf, code: refusal.code }, refusal.message);
    // A message that can never be taken is settled, or the device would send it for ever and nothing behind it would count.
    const settled = refusal.key === null ? undefined : this.#settle(deviceId, refusal.key);
    const letter = {
      atMs: clock.nowMs(),
      deviceId,
      leaf,
      reason: refusal.code,
      message: refusal.message,
      bytes: new Uint8Array(payload.subarray(0, letterBytes)),
    };
    await series.addDeadLetter(letter).catch((error: unknown) => log.error({ error: messageOf(error) }, "a dead letter could not be kept"));
    await settled;
  }

  #settle(deviceId: DeviceId, key: NonNullable<Refusal["key"]>): Promise<void> {
    const before = this.#stateOf(deviceId);
    const admitted = admit(before, key);
    const state = admitted.kind === "admitted" ? admitted.state : before;
    this.#states.set(deviceId, state);
    return this.#enqueue({ deviceId, bootEpoch: key.bootEpoch, state });
  }

  #enqueue(arrival: Arrival): Promise<void> {
    return new Promise((settle) => {
      this.#waiting.push({ ...arrival, settle });
      if (!this.#isCommitting) void this.#commitAll();
    });
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // What arrives in the same turn of the event loop shares the commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, maxBatch));
    this.#isCommitting = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const { series, log } = this.#deps;
    const windows = batch.flatMap((a) => a.window ?? []);
    const samples = batch.flatMap((a) => a.sample ?? []);
    const marks = [...new Map(batch.map((a) => [a.deviceId, a.state]))].map(([deviceId, state]) => ({ deviceId, state }));
    try {
      await series.commit({ windows, samples, marks });
    } catch (error) {
      log.error({ error: messageOf(error), messages: batch.length }, "a batch could not be stored; the devices will send it again");
      await this.#startOver(batch);
      return;
    }
    this.#deps.onEvents(batch.flatMap((a) => a.event ?? []));
    for (const { deviceId, state } of marks)
      void this.#acknowledge(
        deviceId,
        state,
        batch.filter((a) => a.deviceId === deviceId),
      );
  }

  /** Not waited for by the next commit: a device that reads slowly holds up itself. */
  async #acknowledge(deviceId: DeviceId, state: IngestState, arrivals: readonly Waiting[]): Promise<void> {
    const epochs = new Set(arrivals.map((a) => a.bootEpoch));
    const acks = [...[...epochs].flatMap((epoch) => ackFor(state, epoch) ?? []), ...arrivals.flatMap((a) => a.acks ?? [])];
    try {
      for (const ack of acks) await this.#say(deviceId, ack);
    } catch (error) {
      this.#deps.log.warn({ deviceId, error: messageOf(error) }, "an acknowledgement could not be sent; the device will ask by sending again");
    }
    for (const { settle } of arrivals) settle();
  }

  /**
   * Nothing was acknowledged, so the devices keep what they sent. What was admitted since the last good commit is forgotten,
   * or the repeats would be taken for stored.
   */
  async #startOver(batch: readonly Waiting[]): Promise<void> {
    const given = [...batch, ...this.#waiting.splice(0)];
    this.#recovery = this.#reload();
    for (const { settle } of given) settle();
    await this.#recovery;
    this.#recovery = undefined;
  }

  async #reload(): Promise<void> {
    const { retryMs = 1_000, log } = this.#deps;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      try {
        if (!this.#isStopped) await this.load();
        return;
      } catch (error) {
        log.error({ error: messageOf(error) }, "the store cannot be read; nothing is taken from devices until it can");
      }
    }
  }

  async #say(deviceId: DeviceId, ack: Ack): Promise<void> {
    await this.#deps.publish(topicFor(deviceId, "ack"), encodeAck({ ...ack, collectorMs: this.#deps.clock.nowMs() }), { qos: 0 });
  }

  /** A device said what it still holds: gaps that nothing can fill any more are known to be lost. Settles as {@link take} does. */
  async born(birth: Birth): Promise<void> {
    while (this.#recovery !== undefined) await this.#recovery;
    const { clock, log } = this.#deps;
    const announced = announce(this.#stateOf(birth.deviceId), birth, clock.nowMs());
    if (announced.kind === "refused") {
      log.warn({ deviceId: birth.deviceId, code: announced.code }, announced.message);
      return;
    }
    this.#states.set(birth.deviceId, announced.state);
    await this.#enqueue({ deviceId: birth.deviceId, bootEpoch: birth.bootEpoch, state: announced.state, acks: announced.acks });
  }

  /** Waits for no store any more. */
  stop(): void {
    this.#isStopped = true;
  }
}
