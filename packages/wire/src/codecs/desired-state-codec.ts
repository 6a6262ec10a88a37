import { type SamplingPolicy, samplingLimits } from "@kedge/sample";
import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import type { DesiredState, SignedDesiredState } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import type { Fields } from "./fields.js";
import { digestBytes } from "./hex.js";

const desiredCodec: Codec<kedge.v1.DesiredState.$Properties, DesiredState> = {
  name: "desired state",
  maxBytes: wireLimits.smallBytes,
  shape: { 1: { most: 1 }, 9: { most: 1, of: { 9: { most: samplingLimits.inputs } } } },
  type: kedge.v1.DesiredState,
  toRaw: (state) => ({
    format: formatVersion,
    deviceId: state.deviceId,
    version: state.version,
    rolloutId: state.rolloutId ?? "",
    bundleDigest: digestBytes(state.bundleDigest),
    manifestDigest: digestBytes(state.manifestDigest),
    issuedAtMs: state.issuedAtMs,
    deadlineMs: state.deadlineMs,
    sampling: state.sampling === null ? null : samplingToRaw(state.sampling),
    windowMs: state.windowMs,
  }),
  fromRaw: (raw, fields) => ({
    deviceId: fields.deviceId(raw.deviceId),
    version: fields.whole(raw.version, "version", { least: 1 }),
    rolloutId: fields.text(raw.rolloutId, "rollout_id") || null,
    bundleDigest: fields.digest(raw.bundleDigest, "bundle_digest"),
    manifestDigest: fields.digest(raw.manifestDigest, "manifest_digest"),
    issuedAtMs: fields.time(raw.issuedAtMs, "issued_at_ms"),
    deadlineMs: typeof raw.deadlineMs === "number" ? fields.time(raw.deadlineMs, "deadline_ms") : null,
    sampling: raw.sampling === null || raw.sampling === undefined ? null : samplingFromRaw(raw.sampling, fields),
    windowMs: typeof raw.windowMs === "number" ? fields.whole(raw.windowMs, "window_ms", windowRange) : null,
  }),
};

/** A window is 100 milliseconds to a day long. */
const windowRange = { least: 100, most: 86_400_000 };

function samplingToRaw(policy: SamplingPolicy): kedge.v1.SamplingPolicy.$Properties {
  return { ...policy, allInputs: policy.inputs === "all", inputs: policy.inputs === "all" ? [] : [...policy.inputs] };
}

function samplingFromRaw(raw: kedge.v1.SamplingPolicy.$Properties, fields: Fields): SamplingPolicy {
  const share = (value: number | null | undefined, name: string): number => {
    const number = fields.amount(value, name);
    fields.check(number <= 1, `${name} is more than 1`);
    return number;
  };
  return {
    maxPerHour: fields.whole(raw.maxPerHour, "max_per_hour", { most: samplingLimits.maxPerHour }),
    burst: fields.whole(raw.burst, "burst", { least: 1, most: samplingLimits.burst }),
    maxBytesPerDay: fields.whole(raw.maxBytesPerDay, "max_bytes_per_day", { most: samplingLimits.maxBytesPerDay }),
    maxBytesPerSample: fields.whole(raw.maxBytesPerSample, "max_bytes_per_sample", { most: samplingLimits.maxBytesPerSample }),
    lowConfidenceBelow: share(raw.lowConfidenceBelow, "low_confidence_below"),
    ordinaryShare: share(raw.ordinaryShare, "ordinary_share"),
    balanceClasses: raw.balanceClasses === true,
    inputs: raw.allInputs === true ? "all" : (raw.inputs ?? []).map((name) => fields.name(name, "name of an input")),
  };
}

/** The payload that is signed. */
export function encodeDesiredState(state: DesiredState): Uint8Array {
  return encodeAs(desiredCodec, state);
}

/** The desired state in a payload; verify the signature first. */
export function decodeDesiredState(bytes: Uint8Array): Decoded<DesiredState> | Rejected {
  return decodeAs(desiredCodec, bytes);
}

const payloadType = "application/vnd.kedge.desired-state.v1+protobuf";

/**
 * What the director signs for a payload: the DSSE pre-authentication encoding, which names the type and both lengths,
 * so that a signature over something else (a manifest, say) never fits a desired state.
 * Source: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
export function desiredSigningBytes(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  const out = new Uint8Array(head.length + payload.length);
  for (let i = 0; i < head.length; i += 1) out[i] = head.charCodeAt(i);
  out.set(payload, head.length);
  return out;
}

const signedCodec: Codec<kedge.v1.SignedDesiredState.$Properties, SignedDesiredState> = {
  name: "signed desired state",
  maxBytes: wireLimits.smallBytes,
  shape: { 1: { most: 1 } },
  type: kedge.v1.SignedDesiredState,
  toRaw: (signed) => ({ format: formatVersion, payload: signed.payload, keyId: signed.keyId, signature: signed.signature }),
  fromRaw: (raw, fields) => ({
    payload: fields.bytes(raw.payload, "payload", { least: 1, most: wireLimits.smallBytes }),
    keyId: fields.name(raw.keyId, "key_id"),
    signature: fields.bytes(raw.signature, "signature", { least: 64, most: 64 }),
  }),
};

/** A signed desired state as the collector publishes it. */
export function encodeSignedDesiredState(signed: SignedDesiredState): Uint8Array {
  return encodeAs(signedCodec, signed);
}

/** The signed desired state in bytes from outside; nothing is verified yet. */
export function decodeSignedDesiredState(bytes: Uint8Array): Decoded<SignedDesiredState> | Rejected {
  return decodeAs(signedCodec, bytes);
}
