import type { Sha256, Sha256Of } from "@kedge/core";
import { decodeBase64 } from "./base64.js";
import type { BundleManifest } from "./bundle-manifest.js";
import { envelopePayload, type ManifestEnvelope, manifestPayloadType, parseEnvelope, preAuthEncoding } from "./envelope.js";
import { type RegistryCode, registryCodes as codes } from "./errors.js";
import { type ManifestParsed, type ManifestRejected, parseManifest } from "./parse-manifest.js";
import { registryLimits } from "./registry-limits.js";
import { belowFloor } from "./security-counter.js";
import type { TrustedKey, VerifySignature } from "./signer.js";

/** A manifest that may be believed: enough trusted keys have signed exactly these bytes. `keyId` is the first of them. */
export interface Verified {
  readonly kind: "verified";
  readonly manifest: BundleManifest;
  readonly digest: Sha256;
  readonly keyId: string;
  readonly keyIds: readonly string[];
}

/** Why a bundle must not be used, and what its owner can do about it. */
export interface Untrusted {
  readonly kind: "untrusted";
  readonly code: RegistryCode;
  readonly message: string;
  readonly hint: string;
}

export interface VerifyOptions {
  readonly verify: VerifySignature;
  readonly sha256: Sha256Of;
  /** The bundle that was asked for. Without it any bundle that is signed is accepted. */
  readonly expectedDigest?: Sha256;
  /** The lowest security counter that may be installed (see `security-counter.ts`); 0 when not given. */
  readonly securityFloor?: number;
  /** How many different trusted keys must have signed; 1 when not given. */
  readonly threshold?: number;
}

const hints = {
  damaged: "Get the bundle again; when it comes damaged again, push it again from where it was packed.",
  key: "Sign the bundle with a trusted key, or have the signer's public key trusted here first.",
  forged: "Do not use this bundle: it was altered after it was signed. Get it again from where it was packed.",
} as const;

const untrusted = (code: RegistryCode, message: string, hint: string): Untrusted => ({ kind: "untrusted", code, message, hint });

interface Tally {
  readonly good: readonly string[];
  /** Key ids that are trusted, but whose signature is not theirs. */
  readonly bad: readonly string[];
}

/** Several keys may share an id (it is only a hint), so all are tried; one key counts once, however often it signed. */
function tally(envelope: ManifestEnvelope, keys: readonly TrustedKey[], message: Uint8Array, verify: VerifySignature): Tally {
  const good = new Set<TrustedKey>();
  const bad = new Set<string>();
  for (const { keyid, sig } of envelope.signatures.slice(0, registryLimits.signatures)) {
    const signature = decodeBase64(sig);
    const named = keys.filter((key) => key.keyId === keyid);
    const signer = signature === undefined ? undefined : named.find((key) => verify(message, signature, key.publicKey));
    if (signer !== undefined) good.add(signer);
    else if (named.length > 0) bad.add(keyid);
  }
  return { good: [...good].map((key) => key.keyId), bad: [...bad] };
}

function judge({ good, bad }: Tally, envelope: ManifestEnvelope, threshold: number): Untrusted | undefined {
  if (good.length >= threshold) return undefined;
  if (good.length > 0) return untrusted(codes.tooFewSignatures, `${good.length} trusted keys have signed the manifest, ${threshold} must`, hints.key);
  if (bad.length > 0) return untrusted(codes.badSignature, `the signature under the manifest is not that of key ${bad.join(", ")}`, hints.forged);
  const names = envelope.signatures.map((s) => JSON.stringify(s.keyid.slice(0, 40))).join(", ") || "nobody";
  return untrusted(codes.unknownKey, `the manifest is signed by ${names}, and none of these keys is trusted here`, hints.key);
}

/**
 * Whether a signed manifest may be used. Signatures come before anything of the payload is looked at (DSSE: "verify,
 * then parse"), so a parser's flaw is open only to who holds a trusted key.
 */
export function verifyManifest(envelope: ManifestEnvelope, trustedKeys: readonly TrustedKey[], options: VerifyOptions): Verified | Untrusted {
  const payload = envelopePayload(envelope);
  if (payload === undefined) return untrusted(codes.invalidEnvelope, "the payload of the signed manifest is no base64", hints.damaged);
  if (envelope.payloadType !== manifestPayloadType) return untrusted(codes.invalidEnvelope, "the envelope holds no manifest", hints.damaged);
  const signed = tally(envelope, trustedKeys, preAuthEncoding(envelope.payloadType, payload), options.verify);
  const refused = judge(signed, envelope, Math.max(1, options.threshold ?? 1));
  if (refused !== undefined) return refused;

  const parsed = parseManifest(payload);
  if (parsed.kind === "rejected") return untrusted(parsed.code, parsed.message, "Upgrade Kedge here, or pack the bundle with the version that runs here.");
  const digest = options.sha256(payload);
  if (options.expectedDigest !== undefined && digest !== options.expectedDigest) {
    return untrusted(
      codes.digestMismatch,
      `the signed manifest is of bundle ${digest.slice(0, 12)}, not of ${options.expectedDigest.slice(0, 12)} that was asked for`,
      hints.damaged,
    );
  }
  const floor = options.securityFloor ?? 0;
  if (belowFloor(parsed.manifest, floor)) {
    const { name, version, securityCounter } = parsed.manifest;
    return untrusted(
      codes.belowSecurityFloor,
      `bundle ${name} ${version} has security counter ${securityCounter}, and ${floor} is the least that may run here`,
      "Choose a bundle with that counter or a higher one.",
    );
  }
  return { kind: "verified", manifest: parsed.manifest, digest, keyId: signed.good[0] ?? "", keyIds: signed.good };
}

/** {@link verifyManifest} of an envelope's bytes, as they come over the link or from disk. */
export function verifyManifestBytes(bytes: Uint8Array, trustedKeys: readonly TrustedKey[], options: VerifyOptions): Verified | Untrusted {
  const parsed = parseEnvelope(bytes);
  if (parsed.kind === "rejected") return untrusted(parsed.code, parsed.message, hints.damaged);
  return verifyManifest(parsed.envelope, trustedKeys, options);
}

/** The manifest in an envelope that nobody has verified: for listings, never for running. */
export function peekManifest(envelope: ManifestEnvelope): ManifestParsed | ManifestRejected {
  const payload = envelopePayload(envelope);
  return payload === undefined
    ? { kind: "rejected", code: codes.invalidEnvelope, message: "the payload of the signed manifest is no base64" }
    : parseManifest(payload);
}
