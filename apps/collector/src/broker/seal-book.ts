import { createPublicKey, type KeyObject } from "node:crypto";
import type { DeviceId } from "@kedge/core";
import { type Seal, sealBetween } from "@kedge/identity/adapters";

interface Entry {
  readonly key: string;
  readonly seal: Seal;
}

/** The collector's end of every device's seal, made when it is first needed. */
export class SealBook {
  readonly #privateKey: KeyObject;
  readonly #keyOf: (deviceId: DeviceId) => string | undefined;
  readonly #entries = new Map<DeviceId, Entry>();

  /** `keyOf`: a device's public key (SubjectPublicKeyInfo, DER, base64), of members of the fleet only; so there are never more entries than members. */
  constructor(privateKey: KeyObject, keyOf: (deviceId: DeviceId) => string | undefined) {
    this.#privateKey = privateKey;
    this.#keyOf = keyOf;
  }

  /** `undefined` for a device that is no member, or whose key is not known. */
  of(deviceId: DeviceId): Seal | undefined {
    const key = this.#keyOf(deviceId);
    if (key === undefined) {
      this.#entries.delete(deviceId);
      return undefined;
    }
    const known = this.#entries.get(deviceId);
    // A device that enrolled anew has another key.
    if (known?.key === key) return known.seal;
    const publicKey = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    const seal = sealBetween(this.#privateKey, publicKey, deviceId, "collector");
    this.#entries.set(deviceId, { key, seal });
    return seal;
  }
}
