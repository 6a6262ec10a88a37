import { createHmac, createSecretKey, diffieHellman, hkdfSync, type KeyObject, timingSafeEqual } from "node:crypto";
import type { DeviceId } from "@kedge/core";

/** How many bytes a seal adds. */
export const sealBytes = 16;

/**
 * Shows that a message is of the other end and for its topic, whatever broker carried it. It hides nothing, and an old message
 * can be sent again: numbers and versions inside the messages deal with that.
 */
export interface Seal {
  /** The payload with the seal behind it. */
  close(topic: string, payload: Uint8Array): Uint8Array;
  /** The payload, as a view; `undefined` when the seal is missing or is not the other end's. */
  open(topic: string, sealed: Uint8Array): Uint8Array | undefined;
}

function mark(key: KeyObject, topic: string, payload: Uint8Array): Buffer {
  // A topic holds no NUL, so where it ends is certain.
  return createHmac("sha256", key).update(topic, "utf8").update("\0").update(payload).digest().subarray(0, sealBytes);
}

/**
 * The seal between a device and its collector: HMAC-SHA-256, cut to 128 bits (RFC 2104, 5), by keys that both ends derive
 * from their P-256 keys (ECDH, then HKDF of RFC 5869), one for each direction.
 */
export function sealBetween(privateKey: KeyObject, publicKey: KeyObject, deviceId: DeviceId, own: "device" | "collector"): Seal {
  const shared = diffieHellman({ privateKey, publicKey });
  const keyOf = (direction: "up" | "down"): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync("sha256", shared, "kedge seal 1", `${direction} ${deviceId}`, 32)));
  const [outgoing, incoming] = own === "device" ? [keyOf("up"), keyOf("down")] : [keyOf("down"), keyOf("up")];
  return {
    close(topic, payload) {
      const sealed = new Uint8Array(payload.length + sealBytes);
      sealed.set(payload);
      sealed.set(mark(outgoing, topic, payload), payload.length);
      return sealed;
    },
    open(topic, sealed) {
      if (sealed.length < sealBytes) return undefined;
      const payload = sealed.subarray(0, sealed.length - sealBytes);
      return timingSafeEqual(mark(incoming, topic, payload), sealed.subarray(payload.length)) ? payload : undefined;
    },
  };
}
