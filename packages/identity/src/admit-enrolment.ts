import { type DeviceId, isLabelKey, isLabelValue, type Labels, parseDeviceId, type Random, type Sha256 } from "@kedge/core";
import type { EnrolmentRecord } from "./enrolment-token.js";
import { type Denied, denied, identityErrors } from "./errors.js";

/** What a device asks for, as far as the policy looks at it. */
export interface EnrolmentWish {
  readonly requestedId: DeviceId | null;
  readonly labels: Labels;
  /** SHA-256 of the public key (SPKI, DER) in its certificate request. */
  readonly publicKeySha256: Sha256;
}

/** What is known of a device that has been enrolled before. */
export interface EnrolledDevice {
  readonly deviceId: DeviceId;
  readonly publicKeySha256: Sha256;
}

/** Who may be enrolled, under which name; `record` is to be stored in the same transaction as the device. */
export interface Admission {
  readonly kind: "admitted";
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  readonly record: EnrolmentRecord;
  /** The device had asked before and did not get the answer: it gets the same name again, and no use is consumed. */
  readonly repeated: boolean;
}

/** More labels than this are a mistake or an attack. */
const maxLabels = 64;

function labelFault(record: EnrolmentRecord, asked: Labels): Denied | undefined {
  const entries = Object.entries(asked);
  if (entries.length > maxLabels) return denied(identityErrors.labelInvalid, `a device has at most ${maxLabels} labels, not ${entries.length}`);
  for (const [key, value] of entries) {
    if (!isLabelKey(key) || !isLabelValue(value)) return denied(identityErrors.labelInvalid, "a label asked for is none: keys like site, values like oslo-2");
    const granted = Object.hasOwn(record.labels, key) ? record.labels[key] : undefined;
    if (granted !== undefined && granted !== value) return denied(identityErrors.labelNotGranted, `the token gives ${key}=${granted}, not ${key}=${value}`);
    if (granted === undefined && record.freeLabelKeys !== "any" && !record.freeLabelKeys.includes(key))
      return denied(identityErrors.labelNotGranted, `the token does not let a device set the label ${key} itself`);
  }
  return undefined;
}

function freeId(allowed: readonly DeviceId[] | null, isTaken: (id: DeviceId) => boolean, random: Random): DeviceId | undefined {
  if (allowed !== null) return allowed.find((id) => !isTaken(id));
  for (let i = 0; i < 16; i += 1) {
    const digits = Array.from({ length: 10 }, () => Math.floor(random() * 32).toString(32)).join("");
    const id = parseDeviceId(`dev-${digits}`);
    if (id !== undefined && !isTaken(id)) return id;
  }
  return undefined;
}

/**
 * Decides on a request made with a valid token: the device's name and labels, and what becomes of the token.
 * A device that asks again with the same key gets the same name without using the token up, so an answer lost on the
 * way costs nothing; a name that another key holds is refused, so a token cannot be used to take over a device.
 * `byKey` is the device that was enrolled with this very key *and this token*, if any.
 */
export function admitEnrolment(
  record: EnrolmentRecord,
  wish: EnrolmentWish,
  context: { readonly byKey: EnrolledDevice | undefined; readonly isTaken: (id: DeviceId) => boolean; readonly random: Random },
): Admission | Denied {
  const fault = labelFault(record, wish.labels);
  if (fault !== undefined) return fault;
  const labels = { ...wish.labels, ...record.labels };
  const { byKey } = context;
  if (byKey !== undefined && byKey.publicKeySha256 === wish.publicKeySha256 && (wish.requestedId === null || wish.requestedId === byKey.deviceId)) {
    return { kind: "admitted", deviceId: byKey.deviceId, labels, record, repeated: true };
  }
  if (record.uses >= record.maxUses) return denied(identityErrors.tokenUsedUp, `the enrolment token was used ${record.uses} of ${record.maxUses} times`);
  if (wish.requestedId !== null && record.allowedIds !== null && !record.allowedIds.includes(wish.requestedId))
    return denied(identityErrors.idNotAllowed, `the token is not for a device of the name ${wish.requestedId}`);
  const deviceId = wish.requestedId ?? freeId(record.allowedIds, context.isTaken, context.random);
  if (deviceId === undefined) return denied(identityErrors.idNotAllowed, "no name that the token allows is free");
  if (context.isTaken(deviceId))
    return denied(identityErrors.idTaken, `there is a device ${deviceId} with another key; retire it first, or ask for another name`);
  return { kind: "admitted", deviceId, labels, record: { ...record, uses: record.uses + 1 }, repeated: false };
}
