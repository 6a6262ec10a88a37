import { type DeviceId, KedgeError, type Log, messageOf } from "@kedge/core";
import type { BundleStore } from "@kedge/registry";
import { refusalCodeOf } from "@kedge/ingest";
import {
  type ChunkRequest,
  chunkCountOf,
  chunkLengthOf,
  type Decoded,
  decodeBirth,
  decodeChunkRequest,
  decodeDeath,
  decodeReportedState,
  type DeviceLeaf,
  encodeChunk,
  type Rejected,
  topicFor,
  wireLimits,
} from "@kedge/wire";
import type { ReportedState, Birth } from "@kedge/wire";
import type { Letter } from "../ingest/letter-box.js";
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
  readonly onBirth: (birth: Birth, payload: Uint8Array) => Promise<void>;
  /** A message that is none, or not of this device. */
  readonly onUnreadable: (letter: Letter) => Promise<void>;
  readonly onReported: (report: ReportedState) => void;
  readonly log: Log;
}

/**
 * Takes every message of a device to where it belongs. One bad message stops nothing. What it gives settles when the message
 * is dealt with: the broker reads no further from a device while too many are not.
 */
export class DeviceDesk {
  readonly #deps: DeviceDeskDeps;
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

  #unreadable(deviceId: DeviceId, leaf: DeviceLeaf, payload: Uint8Array, found: Rejected | Decoded<{ readonly deviceId: DeviceId }>): Promise<void> {
    const why =
      found.kind === "rejected"
        ? { code: refusalCodeOf(found.code), message: found.message }
        : { code: "ingest/wrong-device" as const, message: `a message of device ${found.value.deviceId} sent by ${deviceId}` };
    return this.#deps.onUnreadable({ deviceId, leaf, payload, ...why });
  }

  async #born(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const { fleet, director, onBirth } = this.#deps;
    const birth = decodeBirth(payload);
    if (birth.kind === "rejected" || birth.value.deviceId !== deviceId) return this.#unreadable(deviceId, "birth", payload, birth);
    const { bootEpoch, agentVersion, platform } = birth.value;
    // Told at once: what the device sends behind its birth is judged by it.
    const told = onBirth(birth.value, payload);
    // Labels are the collector's to give: a device that could relabel itself could choose its rollouts.
    const device = await fleet.said(deviceId, { bootEpoch, agentVersion, platform });
    if (device !== undefined) await director.say(device);
    await told;
  }

  async #reported(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const { fleet, onReported } = this.#deps;
    const report = decodeReportedState(payload);
    if (report.kind === "rejected" || report.value.deviceId !== deviceId) return this.#unreadable(deviceId, "reported", payload, report);
    await fleet.said(deviceId, { reported: report.value });
    onReported(report.value);
  }

  async #died(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const death = decodeDeath(payload);
    if (death.kind === "rejected") return this.#unreadable(deviceId, "death", payload, death);
    // The will of a connection that was replaced comes late: a device that was born since is not gone.
    if (death.value.bootEpoch === this.#deps.fleet.get(deviceId)?.bootEpoch) await this.#deps.fleet.gone(deviceId);
  }

  async #chunks(deviceId: DeviceId, payload: Uint8Array): Promise<void> {
    const request = decodeChunkRequest(payload);
    if (request.kind === "rejected") return this.#unreadable(deviceId, "art/get", payload, request);
    const { bundles, publish, log } = this.#deps;
    const { digest, index, count }: ChunkRequest = request.value;
    const blob = await bundles.findBlob(digest);
    // The device asks again and then tells that its download failed, so that nothing is lost by saying nothing.
    if (blob === undefined) return log.warn({ deviceId, digest }, "a device asks for a blob that is not there");
    const end = Math.min(index + count, chunkCountOf(blob.bytes));
    for (let i = index; i < end; i += 1) {
      const length = chunkLengthOf(blob.bytes, i);
      if (length <= 0) throw new KedgeError("collector/chunk-range", `chunk ${i} of ${digest.slice(0, 12)} is empty`);
      const bytes = await bundles.getBlob(digest, { offset: i * wireLimits.chunkBytes, length });
      await publish(topicFor(deviceId, "art/blk"), encodeChunk({ digest, index: i, total: blob.bytes, bytes }), { qos: 0 });
    }
  }
}
