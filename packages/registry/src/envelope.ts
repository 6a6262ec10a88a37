import { canonicalJson } from "@kedge/core";
import { z } from "zod";
import { decodeBase64, encodeBase64 } from "./base64.js";
import { registryCodes as codes } from "./errors.js";
import type { ManifestRejected } from "./parse-manifest.js";
import { registryLimits } from "./registry-limits.js";
import { utf8Bytes, utf8Text } from "./utf8.js";

/** What a signed manifest's envelope says it holds. */
export const manifestPayloadType = "application/vnd.kedge.manifest+json";

/** Who signed, and the signature in base64. `keyid` is a hint: it finds the key to try, and proves nothing. */
export interface EnvelopeSignature {
  readonly keyid: string;
  readonly sig: string;
}

/**
 * Signed bytes with their signatures, as JSON: a DSSE envelope.
 * Source: Dead Simple Signing Envelope 1.0, secure-systems-lab/dsse, envelope.md and protocol.md.
 */
export interface ManifestEnvelope {
  readonly payloadType: typeof manifestPayloadType;
  /** Base64 of the manifest's canonical JSON. */
  readonly payload: string;
  readonly signatures: readonly EnvelopeSignature[];
}

/**
 * What is signed: `DSSEv1 <length of type> <type> <length of payload> <payload>`. The type is part of it, so that a
 * signature over one kind of document can never pass for one over another.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8Bytes(payloadType);
  const head = utf8Bytes(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const out = new Uint8Array(head.length + payload.length);
  out.set(head);
  out.set(payload, head.length);
  return out;
}

/** An envelope of a payload and the signatures over {@link preAuthEncoding} of it. */
export function makeEnvelope(payload: Uint8Array, signatures: readonly { readonly keyId: string; readonly signature: Uint8Array }[]): ManifestEnvelope {
  return {
    payloadType: manifestPayloadType,
    payload: encodeBase64(payload),
    signatures: signatures.map((s) => ({ keyid: s.keyId, sig: encodeBase64(s.signature) })),
  };
}

/** The bytes of an envelope as they are stored and sent: canonical JSON in UTF-8. */
export function envelopeBytes(envelope: ManifestEnvelope): Uint8Array {
  const signatures = envelope.signatures.map((s) => ({ keyid: s.keyid, sig: s.sig }));
  return utf8Bytes(canonicalJson({ payloadType: envelope.payloadType, payload: envelope.payload, signatures }));
}

/** The payload of an envelope, or `undefined` when it is no base64. */
export function envelopePayload(envelope: ManifestEnvelope): Uint8Array | undefined {
  return decodeBase64(envelope.payload);
}

const schema = z.object({
  payloadType: z.literal(manifestPayloadType),
  payload: z.string().min(1).max(registryLimits.envelopeBytes),
  signatures: z
    .array(z.object({ keyid: z.string().max(128), sig: z.string().min(1).max(1024) }).readonly())
    .min(1)
    .max(registryLimits.signatures)
    .readonly(),
});

/** An envelope from outside. Nothing is verified yet. */
export function parseEnvelope(bytes: Uint8Array): { readonly kind: "parsed"; readonly envelope: ManifestEnvelope } | ManifestRejected {
  const reject = (message: string): ManifestRejected => ({ kind: "rejected", code: codes.invalidEnvelope, message });
  if (bytes.length > registryLimits.envelopeBytes)
    return reject(`the signed manifest has ${bytes.length} bytes; at most ${registryLimits.envelopeBytes} are read`);
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(bytes) ?? "");
  } catch {
    return reject("the signed manifest is no JSON in UTF-8");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "parsed", envelope: parsed.data };
  const faults = parsed.error.issues.slice(0, 8).map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`);
  return reject(`this is no signed manifest: ${faults.join("; ")}`);
}
