import { type Clock, type DeviceId, type Log, messageOf } from "@kedge/core";
import { mayPublish } from "@kedge/identity";
import { sealBytes } from "@kedge/identity/adapters";
import { type DeviceLeaf, filterFor, hostTopic, leavesFromDevice, type LinkMessage, parseTopic, type SelectiveLink, shardCount } from "@kedge/wire";
import type { Refusal } from "@kedge/ingest";
import type { FaultBoard } from "../fault-board.js";
import type { SealBook } from "./seal-book.js";

/** What came over the broker and what went; each loss has its counter. */
export interface ExternalCounters {
  received: number;
  /** Without the seal of the device that the topic names. */
  unsealed: number;
  oversize: number;
  delivered: number;
  /** There was no connection. What matters is said again on the next one, or when the device asks again. */
  undelivered: number;
}

export interface ExternalDeps {
  /** The collector's own connection; its will is {@link hostGone}. */
  readonly link: SelectiveLink;
  readonly seals: SealBook;
  readonly collectorId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: FaultBoard;
}

/** Who in the collector is told. */
export interface ExternalReceivers {
  /** Settles when the message is dealt with; while too many are not, the broker is read no further. */
  readonly onDevice: (deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array) => void | Promise<void>;
  /** It names this device and is refused; whether it is of it is not known. */
  readonly onRefused: (deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array, reason: Pick<Refusal, "code" | "message">) => Promise<void>;
  /** The broker is there again, and may have forgotten everything: what is retained must be said again. */
  readonly onConnect: () => Promise<void>;
  /** Whose devices are heard now. */
  readonly shards: () => readonly string[];
}

/** What the broker says for a collector that is gone without saying so. */
export const hostGone = Buffer.from('{"state":"offline"}');

const faultName = "broker";

/** The collector's end of an external broker: it trusts nothing there but seals. */
export class ExternalBroker {
  readonly #deps: ExternalDeps;
  readonly #waiting: (() => void)[] = [];
  readonly #filters = new Set<string>();
  #receivers: ExternalReceivers | undefined;
  readonly counters: ExternalCounters = { received: 0, unsealed: 0, oversize: 0, delivered: 0, undelivered: 0 };

  constructor(deps: ExternalDeps) {
    this.#deps = deps;
  }

  /**
   * Takes what devices of these shards say, and of no others, from the next message on. Settles when the broker was told, or cannot be: then it is
   * told on the next connection.
   */
  async hear(shards: readonly string[]): Promise<void> {
    const { link } = this.#deps;
    const which = shards.length === shardCount ? ["+"] : shards;
    const wanted = new Set(which.flatMap((shard) => leavesFromDevice.map((leaf) => filterFor(leaf, shard))));
    const added = [...wanted].filter((filter) => !this.#filters.has(filter));
    const dropped = [...this.#filters].filter((filter) => !wanted.has(filter));
    for (const filter of added) this.#filters.add(filter);
    for (const filter of dropped) this.#filters.delete(filter);
    // First the new ones: what is in both is never out of hearing.
    await Promise.all(added.map((filter) => link.subscribe(filter, { qos: 1 }, (message) => this.#take(message))));
    await Promise.all(dropped.map((filter) => link.unsubscribe(filter)));
  }

  /** Devices of these shards are asked to say again what was not acknowledged. */
  async call(shards: readonly string[]): Promise<void> {
    const { link, collectorId, clock } = this.#deps;
    const online = { state: "online", since: clock.nowMs(), ...(shards.length === shardCount ? {} : { shards }) };
    if (link.stats().state === "connected") await link.publish(hostTopic(collectorId), Buffer.from(JSON.stringify(online)), { qos: 1, retain: true });
  }

  /** Connects, now and whenever it can. Resolves on the first connection. */
  async start(receivers: ExternalReceivers): Promise<void> {
    const { link, log, faults } = this.#deps;
    this.#receivers = receivers;
    link.onFault((fault) => {
      faults.raise(faultName, fault.message);
      log.warn({ code: fault.code }, fault.message);
    });
    link.onConnect(() => void this.#welcomed(receivers));
    await link.connect();
  }

  async #welcomed({ onConnect, shards }: ExternalReceivers): Promise<void> {
    const { log, faults } = this.#deps;
    faults.clear(faultName);
    try {
      await onConnect();
      // Last: devices answer to this by saying what was not acknowledged.
      await this.call(shards());
      log.info({}, "connected to the broker");
    } catch (error) {
      log.error({ error: messageOf(error) }, "what is wanted of devices could not be said to the broker");
    }
  }

  #take({ topic, payload }: LinkMessage): Promise<void> | void {
    const { seals, log } = this.#deps;
    const parsed = parseTopic(topic);
    if (parsed?.kind !== "device" || this.#receivers === undefined) return undefined;
    const { onDevice, onRefused } = this.#receivers;
    this.counters.received += 1;
    const { deviceId, leaf } = parsed;
    const permission = mayPublish({ kind: "device", deviceId, serial: "" }, topic);
    // A leaf that goes to devices: nothing is subscribed there, so a broker that brings it made it up.
    if (permission.kind === "forbidden") return undefined;
    if (payload.length > permission.maxBytes + sealBytes) {
      this.counters.oversize += 1;
      log.warn({ deviceId, leaf, bytes: payload.length, most: permission.maxBytes }, "a message was refused: it is too large");
      return onRefused(deviceId, leaf, payload, {
        code: "ingest/oversize",
        message: `a message of ${payload.length} bytes: at most ${permission.maxBytes} are read`,
      });
    }
    const opened = seals.of(deviceId)?.open(topic, payload);
    if (opened !== undefined) return onDevice(deviceId, leaf, opened);
    this.counters.unsealed += 1;
    return onRefused(deviceId, leaf, payload, { code: "ingest/unsealed", message: `a message that names ${deviceId} does not bear its seal` });
  }

  /** Says something, sealed where it is for one device. Waits while too much is under way; what cannot be said now is counted. */
  async publish(topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }): Promise<void> {
    const parsed = parseTopic(topic);
    let bytes = payload;
    if (parsed?.kind === "device" && payload.length > 0) {
      const seal = this.#deps.seals.of(parsed.deviceId);
      // A device whose key is not known has not been told of this broker either.
      if (seal === undefined) return;
      bytes = seal.close(topic, payload);
    }
    for (;;) {
      const outcome = await this.#deps.link.publish(topic, bytes, options);
      if (outcome.kind === "retryable" && outcome.code === "wire/in-flight-full") {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      this.counters[outcome.kind === "sent" ? "delivered" : "undelivered"] += 1;
      this.#waiting.shift()?.();
      return;
    }
  }

  async close(): Promise<void> {
    const { link, collectorId } = this.#deps;
    if (link.stats().state === "connected") await link.publish(hostTopic(collectorId), hostGone, { qos: 1, retain: true });
    await link.close();
  }
}
