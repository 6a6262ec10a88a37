import { type DeviceId, KedgeError, type Log, messageOf } from "@kedge/core";
import type { BundleStore } from "@kedge/registry";
import {
  type ChunkRequest,
  chunkCountOf,
  chunkLengthOf,
  decodeBirth,
  decodeChunkRequest,
  decodeDeath,
  decodeReportedState,
  type DeviceLeaf,
  encodeChunk,
  topicFor,
  wireLimits,
} from "@kedge/wire";
import type { ReportedState, Birth } from "@kedge/wire";
import type { Director, Publish } from "./director.js";
import type { Fleet } from "./fleet.js";

/** What the desk needs of the program. */
export interface DeviceDeskDeps {
  readonly fleet: Fleet;
  readonly director: Director;
  readonly bundles: BundleStore;
  readonly publish: Publish;
  /** Windows, samples and events go on from here. */
  readonly ingest: (deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array) => Promise<void>;
  readonly onBirth: (birth: Birth) => Promise<void>;
  readonly onReported: (report: ReportedState) => void;
  readonly log: Log;
}

/**
 * Takes every message of a device to where it belongs. One bad message stops nothing. What it gives settles when the message
 * is dealt with: the broker reads no further from a device while too many are not.
 */
export class DeviceDesk {
  readonly #deps: DeviceDeskDeps;
  /** Messages that could not be read, by leaf. */
  readonly unreadable = new Map<DeviceLeaf, number>();

  constructor(deps: DeviceDeskDeps) {
    this.#deps = deps;
  }

  async take(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array): Promise<void> {
    const { fleet, ingest, log } = this.#deps;
    fleet.heardOf(deviceId);
    try {
      if (leaf === "stats" || leaf === "sample" || leaf === "evt") await ingest(deviceId, leaf, payload);
      else if (leaf === "birth") await this.#born(deviceId, payload);
      else if (leaf === "reported") await this.#reported(deviceId, payload);
      else if (leaf === "art/get") await this.#chunks(deviceId, payload);
      else if (leaf === "death") await this.#died(deviceId, payload);
    } catch (error) {
      log.error({ deviceId, leaf, error: messageOf(error) }, "a message of a device could not be taken");
    }
  }

  #unreadable(deviceId: DeviceId, leaf: DeviceLeaf, message: string): void {
    this.unreadable.set(leaf, (this.unreadable.get(leaf) ?? 0) + 1);
    this.#deps.log.warn({ deviceId, leaf }, `a message was ignored: ${message}`);
  }

  async #born(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const { fleet, director, onBirth } = this.#deps;
    const birth = decodeBirth(payload);
    if (birth.kind === "rejected" || birth.value.deviceId !== deviceId)
      return this.#unreadable(deviceId, "birth", birth.kind === "rejected" ? birth.message : `it is of ${birth.value.deviceId}`);
    const { bootEpoch, agentVersion, platform } = birth.value;
    // Told at once: what the device sends behind its birth is judged by it.
    const told = onBirth(birth.value);
    // Labels are the collector's to give: a device that could relabel itself could choose its rollouts.
    const device = await fleet.said(deviceId, { bootEpoch, agentVersion, platform });
    if (device !== undefined) await director.say(device);
    await told;
  }

  async #reported(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const { fleet, onReported } = this.#deps;
    const report = decodeReportedState(payload);
    if (report.kind === "rejected" || report.value.deviceId !== deviceId)
      return this.#unreadable(deviceId, "reported", report.kind === "rejected" ? report.message : `it is of ${report.value.deviceId}`);
    await fleet.said(deviceId, { reported: report.value });
    onReported(report.value);
  }

  async #died(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const death = decodeDeath(payload);
    if (death.kind === "rejected") return this.#unreadable(deviceId, "death", death.message);
    // The will of a connection that was replaced comes late: a device that was born since is not gone.
    if (death.value.bootEpoch === this.#deps.fleet.get(deviceId)?.bootEpoch) await this.#deps.fleet.gone(deviceId);
  }

  async #chunks(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const request = decodeChunkRequest(payload);
    if (request.kind === "rejected") return this.#unreadable(deviceId, "art/get", request.message);
    const { bundles, publish } = this.#deps;
    const { digest, index, count }: ChunkRequest = request.value;
    const blob = await bundles.findBlob(digest);
    if (blob === undefined) return this.#unreadable(deviceId, "art/get", `there is no blob ${digest.slice(0, 12)}`);
    const end = Math.min(index + count, chunkCountOf(blob.bytes));
    for (let i = index; i < end; i += 1) {
      const length = chunkLengthOf(blob.bytes, i);
      if (length <= 0) throw new KedgeError("collector/chunk-range", `chunk ${i} of ${digest.slice(0, 12)} is empty`);
      const bytes = await bundles.getBlob(digest, { offset: i * wireLimits.chunkBytes, length });
      await publish(topicFor(deviceId, "art/blk"), encodeChunk({ digest, index: i, total: blob.bytes, bytes }), { qos: 0 });
    }
  }
}
