import { KedgeError } from "@kedge/core";
import type { BundleManifest } from "./bundle-manifest.js";
import { makeEnvelope, type ManifestEnvelope, manifestPayloadType, preAuthEncoding } from "./envelope.js";
import { manifestBytes, parseManifest } from "./parse-manifest.js";
import type { Signer } from "./signer.js";

/**
 * A manifest under one or more signatures. What no reader would accept is not signed: KedgeError with the code that
 * {@link parseManifest} gives (`registry/invalid-manifest`).
 */
export async function signManifest(manifest: BundleManifest, ...signers: readonly Signer[]): Promise<ManifestEnvelope> {
  const payload = manifestBytes(manifest);
  const parsed = parseManifest(payload);
  if (parsed.kind === "rejected") {
    throw new KedgeError(parsed.code, `signing the manifest of ${manifest.name} ${manifest.version} failed: ${parsed.message}`, {
      hint: "Mend the fields named and pack the bundle again.",
      context: { exit: "usage" },
    });
  }
  const message = preAuthEncoding(manifestPayloadType, payload);
  const signatures = await Promise.all(signers.map(async (s) => ({ keyId: s.keyId, signature: await s.sign(message) })));
  return makeEnvelope(payload, signatures);
}
