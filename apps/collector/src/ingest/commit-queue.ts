import { type Clock, type DeviceId, InvariantError, KedgeError, type Log, messageOf } from "@kedge/core";
import { ackFor, type IngestState } from "@kedge/ingest";
import { type Fence, type ReceivedWindow, storeCodes, type TimeSeriesStore } from "@kedge/store";
import { type Ack, encodeAck, type Sample, topicFor, type UpdateEvent } from "@kedge/wire";
import type { Publish } from "../fleet/director.js";

/** What the queue needs of the program. */
export interface CommitQueueDeps {
  readonly series: TimeSeriesStore;
  readonly publish: Publish;
  readonly clock: Clock;
  readonly log: Log;
  /** These are committed. */
  readonly onEvents: (events: readonly UpdateEvent[]) => void;
  readonly onWindows: (windows: readonly ReceivedWindow[]) => void;
  /** Forgets what was admitted and reads again what the store holds. */
  readonly reload: () => Promise<void>;
  /** Why nothing can be stored; `undefined`: it can again. */
  readonly onFault: (message: string | undefined) => void;
  /** A message that no store takes; it is kept as a dead letter and the device need not send it again. */
  readonly onUnstorable: (arrival: Arrival, message: string) => Promise<void>;
  /** How long to leave a store alone that refused a batch; a second by default. */
  readonly retryMs?: number;
}

/** An admitted message on its way into the store. */
export interface Arrival {
  readonly deviceId: DeviceId;
  readonly bootEpoch: number;
  /** The lease that it was admitted under. */
  readonly fence: Fence;
  /** The device's state with this arrival and all before it taken into account: it is stored with them, never before them. */
  readonly state: IngestState;
  readonly window?: ReceivedWindow;
  readonly sample?: Sample;
  readonly event?: UpdateEvent;
  /** Of a birth: what the device may drop of every epoch that it told of. */
  readonly acks?: readonly Ack[];
}

interface Waiting {
  readonly arrival: Arrival;
  /** Committed, or given up: the device may send on. */
  readonly settle: () => void;
}

/** What a batch has of one device. */
interface OfDevice {
  state: IngestState;
  readonly epochs: Set<number>;
  readonly acks: Ack[];
  readonly settles: (() => void)[];
}

/**
 * Messages committed in one transaction at most. Under load they share its sync, and the pages of the indexes that lie by device. At 2 KiB each
 * they are 4 MiB.
 */
const maxBatch = 2_048;

function isFenced(error: unknown): boolean {
  return error instanceof KedgeError && error.code === storeCodes.fenced;
}

function byDevice(batch: readonly Waiting[]): Map<DeviceId, OfDevice> {
  const devices = new Map<DeviceId, OfDevice>();
  for (const { arrival, settle } of batch) {
    const { deviceId, state, bootEpoch, acks } = arrival;
    let of = devices.get(deviceId);
    if (of === undefined) {
      of = { state, epochs: new Set(), acks: [], settles: [] };
      devices.set(deviceId, of);
    }
    of.state = state;
    of.epochs.add(bootEpoch);
    of.settles.push(settle);
    if (acks !== undefined) of.acks.push(...acks);
  }
  return devices;
}

function existing<T>(arrivals: readonly Arrival[], of: (arrival: Arrival) => T | undefined): T[] {
  const found: T[] = [];
  for (const arrival of arrivals) {
    const one = of(arrival);
    if (one !== undefined) found.push(one);
  }
  return found;
}

/** Commits admitted messages in batches and acknowledges them. Bounded by those who wait for its promises. */
export class CommitQueue {
  readonly #deps: CommitQueueDeps;
  #waiting: Waiting[] = [];
  #isCommitting = false;
  #isStopped = false;
  #recovery: Promise<void> | undefined;

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps;
  }

  /** While the store is asked what it holds, nothing may be admitted: against a state that is not known it would be judged wrongly. */
  async recovered(): Promise<void> {
    while (this.#recovery !== undefined) await this.#recovery;
  }

  get isRecovering(): boolean {
    return this.#recovery !== undefined;
  }

  /** Settles when the message is committed and acknowledged, or given up because the store failed. Never rejects. */
  add(arrival: Arrival): Promise<void> {
    return new Promise((settle) => {
      this.#waiting.push({ arrival, settle });
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
    const { log, onFault, onEvents, onWindows } = this.#deps;
    const devices = byDevice(batch);
    const arrivals = batch.map(({ arrival }) => arrival);
    try {
      await this.#store(arrivals, devices);
    } catch (error) {
      log.error({ error: messageOf(error), messages: batch.length }, "a batch could not be stored; the devices will send it again");
      // That its devices are another's now is no fault of the store.
      if (!isFenced(error)) onFault(messageOf(error));
      await this.#startOver(batch);
      return;
    }
    onFault(undefined);
    onEvents(existing(arrivals, (a) => a.event));
    onWindows(existing(arrivals, (a) => a.window));
    for (const [deviceId, of] of devices) void this.#acknowledge(deviceId, of);
  }

  /** Stores a batch; if what it holds cannot be stored, as against a store that cannot store, each message by itself. */
  async #store(batch: readonly Arrival[], devices: ReadonlyMap<DeviceId, Pick<OfDevice, "state">>): Promise<void> {
    const fences = [...new Set(batch.map((a) => a.fence))];
    try {
      await this.#write(batch, devices, fences);
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      for (const arrival of batch) await this.#storeAlone(arrival);
      // A message by itself was stored under the state of its device then; the last state stands for all of them.
      await this.#write([], devices, fences);
    }
  }

  #write(arrivals: readonly Arrival[], devices: ReadonlyMap<DeviceId, Pick<OfDevice, "state">>, fences: readonly Fence[]): Promise<unknown> {
    const windows = existing(arrivals, (a) => a.window);
    const samples = existing(arrivals, (a) => a.sample);
    return this.#deps.series.commit({ windows, samples, marks: [...devices].map(([deviceId, { state }]) => ({ deviceId, state })), fences });
  }

  async #storeAlone(arrival: Arrival): Promise<void> {
    try {
      await this.#write([arrival], new Map([[arrival.deviceId, arrival]]), [arrival.fence]);
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      await this.#deps.onUnstorable(arrival, messageOf(error));
    }
  }

  /** Not waited for by the next commit: a device that reads slowly holds up itself. */
  async #acknowledge(deviceId: DeviceId, { state, epochs, acks, settles }: OfDevice): Promise<void> {
    try {
      for (const epoch of epochs) {
        const ack = ackFor(state, epoch);
        if (ack !== undefined) await this.#say(deviceId, ack);
      }
      for (const ack of acks) await this.#say(deviceId, ack);
    } catch (error) {
      this.#deps.log.warn({ deviceId, error: messageOf(error) }, "an acknowledgement could not be sent; the device will ask by sending again");
    }
    for (const settle of settles) settle();
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
        if (!this.#isStopped) await this.#deps.reload();
        return;
      } catch (error) {
        log.error({ error: messageOf(error) }, "the store cannot be read; nothing is taken from devices until it can");
      }
    }
  }

  async #say(deviceId: DeviceId, ack: Ack): Promise<void> {
    await this.#deps.publish(topicFor(deviceId, "ack"), encodeAck({ ...ack, collectorMs: this.#deps.clock.nowMs() }), { qos: 0 });
  }

  /** Resolves when nothing waits to be committed, or after so long: what waits then is committed under its lease, or refused. */
  async idle(withinMs: number): Promise<void> {
    const untilMs = this.#deps.clock.monotonicMs() + withinMs;
    while ((this.#isCommitting || this.#recovery !== undefined) && this.#deps.clock.monotonicMs() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Waits for no store any more. */
  stop(): void {
    this.#isStopped = true;
  }
}
