import type { DeviceId } from "@kedge/core";
import type { TrustedKey, VerifySignature } from "@kedge/registry";
import { type DesiredState, decodeDesiredState, decodeSignedDesiredState, desiredSigningBytes } from "@kedge/wire";
import type { DeviceRecord } from "./device-record.js";
import { type DeviceCode, deviceCodes } from "./errors.js";

/** A desired state that may be followed, or why not. */
export type Acceptance =
  | { readonly kind: "accepted"; readonly desired: DesiredState }
  | { readonly kind: "refused"; readonly code: DeviceCode | string; readonly message: string };

/** Whom and what to hold a desired state against. */
export interface AcceptOptions {
  readonly deviceId: DeviceId;
  readonly directorKeys: readonly TrustedKey[];
  readonly verify: VerifySignature;
  readonly nowMs: number;
}

/**
 * Whether what came on the `desired` topic may be followed. In this order: signature (arbitrary software), device (wrong software), version
 * (rollback: a recorded message played again), deadline. The version only grows, also when an older bundle is wanted back.
 */
export function acceptDesired(bytes: Uint8Array, record: DeviceRecord, options: AcceptOptions): Acceptance {
  const refuse = (code: DeviceCode | string, message: string): Acceptance => ({ kind: "refused", code, message });
  const signed = decodeSignedDesiredState(bytes);
  if (signed.kind === "rejected") return refuse(signed.code, signed.message);
  const { payload, keyId, signature } = signed.value;
  const signer = options.directorKeys.find((key) => key.keyId === keyId);
  if (signer === undefined)
    return refuse(deviceCodes.untrustedDesired, `the desired state is signed by ${keyId.slice(0, 40)}, which is no director of this device`);
  if (!options.verify(desiredSigningBytes(payload), signature, signer.publicKey))
    return refuse(deviceCodes.untrustedDesired, "the signature under the desired state is not the director's");
  const decoded = decodeDesiredState(payload);
  if (decoded.kind === "rejected") return refuse(decoded.code, decoded.message);
  const desired = decoded.value;
  if (desired.deviceId !== options.deviceId) return refuse(deviceCodes.otherDevice, `the desired state is for ${desired.deviceId}`);
  if (desired.version < record.desiredVersion)
    return refuse(deviceCodes.staleDesired, `version ${desired.version} is older than ${record.desiredVersion}, accepted before`);
  const isNew = desired.bundleDigest !== record.current;
  if (isNew && desired.deadlineMs !== null && options.nowMs > desired.deadlineMs) return refuse(deviceCodes.pastDeadline, "it was to be begun earlier");
  return { kind: "accepted", desired };
}
