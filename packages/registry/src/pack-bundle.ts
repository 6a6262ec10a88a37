import type { Labels, Sha256, Sha256Of } from "@kedge/core";
import type { ModelSignature, Preprocessing } from "@kedge/inference";
import type { BundleFile, BundleManifest, Lineage } from "./bundle-manifest.js";
import { envelopeBytes, type ManifestEnvelope } from "./envelope.js";
import { encodeGolden, type Golden } from "./golden.js";
import { noLineage } from "./lineage.js";
import { manifestDigest } from "./parse-manifest.js";
import { signManifest } from "./sign-manifest.js";
import type { Signer } from "./signer.js";

/** What a bundle is made of. */
export interface BundleParts {
  readonly name: string;
  readonly version: string;
  readonly createdAtMs: number;
  readonly securityCounter?: number;
  readonly signature: ModelSignature;
  readonly preprocessing: Preprocessing;
  /** The model file (ONNX). */
  readonly model: Uint8Array;
  /** An encoded reference profile. */
  readonly reference: Uint8Array;
  readonly golden: Golden;
  /** The schema of its readings, as a file (see @kedge/sensor); left out: they are not held against any. */
  readonly schema?: Uint8Array;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly lineage?: Lineage;
  readonly labels?: Labels;
  /** Further files by role: `{ card: { path: "card.md", content } }`. */
  readonly others?: Readonly<Record<string, { readonly path: string; readonly content: Uint8Array }>>;
}

/** A bundle in memory: the signed manifest and the content of its files by their path. */
export interface PackedBundle {
  readonly digest: Sha256;
  readonly manifest: BundleManifest;
  readonly envelope: ManifestEnvelope;
  /** Digest of the envelope's bytes: what a desired state names as the first thing to ask for. */
  readonly envelopeSha256: Sha256;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Makes a signed bundle. KedgeError `registry/invalid-manifest` when the parts make no sense together (see
 * {@link signManifest}).
 */
export async function packBundle(parts: BundleParts, signers: Signer | readonly Signer[], sha256: Sha256Of): Promise<PackedBundle> {
  const files = new Map<string, Uint8Array>();
  const add = (path: string, content: Uint8Array): BundleFile => {
    files.set(path, content);
    return { path, sha256: sha256(content), bytes: content.length };
  };
  const others = Object.entries(parts.others ?? {}).map(([role, { path, content }]) => [role, add(path, content)] as const);
  const manifest: BundleManifest = {
    formatVersion: 1,
    name: parts.name,
    version: parts.version,
    createdAt: new Date(parts.createdAtMs).toISOString(),
    securityCounter: parts.securityCounter ?? 0,
    runtime: "onnx",
    signature: parts.signature,
    preprocessing: parts.preprocessing,
    files: {
      ...Object.fromEntries(others),
      ...(parts.schema === undefined ? {} : { schema: add("schema.json", parts.schema) }),
      model: add("model.onnx", parts.model),
      reference: add("reference.bin", parts.reference),
      golden: add("golden.json", encodeGolden(parts.golden)),
    },
    metrics: parts.metrics ?? {},
    lineage: parts.lineage ?? noLineage,
    labels: parts.labels ?? {},
  };
  const envelope = await signManifest(manifest, ...(Array.isArray(signers) ? (signers as readonly Signer[]) : [signers as Signer]));
  return { digest: manifestDigest(manifest, sha256), manifest, envelope, envelopeSha256: sha256(envelopeBytes(envelope)), files };
}
