import type { DeviceId } from "@kedge/core";
import { type DeviceLeaf, parseTopic } from "@kedge/wire";
import type { Publish } from "../fleet/director.js";
import type { Broker } from "./broker.js";
import type { ExternalBroker } from "./external-broker.js";

/**
 * Where each device is heard: at the collector's own port, or over an external broker. Devices that enrolled before there was
 * one come by the own port until they renew; new ones only to enrol. So both are always open, and an answer goes the way its
 * question came.
 */
export class DeviceChannels {
  readonly #embedded: Pick<Broker, "publish">;
  readonly #external: Pick<ExternalBroker, "publish">;
  readonly #afar = new Set<DeviceId>();

  constructor(embedded: Pick<Broker, "publish">, external: Pick<ExternalBroker, "publish">) {
    this.#embedded = embedded;
    this.#external = external;
  }

  /** Whether a device was last heard over the external broker. Its connections at the own port say nothing of its presence. */
  isAfar(deviceId: DeviceId): boolean {
    return this.#afar.has(deviceId);
  }

  heardAfar(deviceId: DeviceId): void {
    this.#afar.add(deviceId);
  }

  /** Anything but enrolment and its answer. */
  heardHere(deviceId: DeviceId, leaf: DeviceLeaf): void {
    // The will of a connection that a device left for the external broker comes late.
    if (leaf !== "death") this.#afar.delete(deviceId);
  }

  readonly publish: Publish = async (topic, payload, options) => {
    const parsed = parseTopic(topic);
    const isForAll = options.retain === true || parsed?.kind === "alert" || parsed?.kind === "host";
    const isAfar = parsed?.kind === "device" && this.#afar.has(parsed.deviceId);
    await Promise.all([
      isForAll || !isAfar ? this.#embedded.publish(topic, payload, options) : undefined,
      isForAll || isAfar ? this.#external.publish(topic, payload, options) : undefined,
    ]);
  };
}
