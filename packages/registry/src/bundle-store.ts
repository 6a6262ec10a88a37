import type { Sha256 } from "@kedge/core";
import type { BundleFile, BundleManifest } from "./bundle-manifest.js";
import type { ManifestEnvelope } from "./envelope.js";

/** Content by its digest. */
export interface BlobRef {
  readonly sha256: Sha256;
  readonly bytes: number;
}

/** A part of a blob; `offset + length` may not lie beyond its end. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A bundle that the store keeps. `envelopeSha256`: digest of the envelope's bytes, which are a blob of the store too. */
export interface StoredBundle {
  readonly digest: Sha256;
  readonly manifest: BundleManifest;
  readonly envelope: ManifestEnvelope;
  readonly envelopeSha256: Sha256;
}

/** What came of keeping a bundle. */
export type PutBundle =
  | { readonly kind: "stored"; readonly digest: Sha256; readonly envelopeSha256: Sha256 }
  | { readonly kind: "missing-blobs"; readonly files: readonly BundleFile[] };

/** What deleting freed. */
export interface Freed {
  readonly blobs: number;
  readonly bytes: number;
}

/** A blob's bytes, whole or in parts as they come. */
export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Keeps bundles and the blobs they are made of. Laws:
 * - `putBlob` is durable when it settles, happens wholly or not at all, and is idempotent. With `expected` it refuses
 *   content of another digest or size (`registry/digest-mismatch`) and keeps nothing of it.
 * - `getBlob` of a whole blob checks its digest; of a range it does not (the receiver checks the whole).
 *   A blob that is not there: `registry/not-found`; a range outside of it: `registry/bad-range`.
 * - `putBundle` keeps the envelope under its manifest's digest, and as a blob, once every file is there with the size
 *   the manifest says. It trusts nobody: whoever calls has verified the signatures. Keeping a bundle again replaces
 *   its envelope (more signatures), never its manifest.
 * - `listBundles` gives the bundles by `createdAt`, oldest first, then by digest.
 * - `deleteUnreferenced` deletes the blobs that no bundle names and that are older than the grace time, which covers
 *   blobs whose bundle is still being pushed.
 * - Calls may overlap.
 */
export interface BundleStore {
  readonly kind: string;
  putBlob(content: BlobContent, expected?: Partial<BlobRef>): Promise<BlobRef>;
  findBlob(sha256: Sha256): Promise<BlobRef | undefined>;
  getBlob(sha256: Sha256, range?: ByteRange): Promise<Uint8Array>;
  putBundle(envelope: ManifestEnvelope): Promise<PutBundle>;
  findBundle(digest: Sha256): Promise<StoredBundle | undefined>;
  listBundles(): Promise<readonly StoredBundle[]>;
  /** Forgets a bundle; its blobs stay until {@link deleteUnreferenced}. `false` when it was not there. */
  removeBundle(digest: Sha256): Promise<boolean>;
  deleteUnreferenced(options: { readonly graceMs: number }): Promise<Freed>;
}

/** The blobs that keep a bundle whole: its files and its envelope. */
export function blobsOf(bundle: Pick<StoredBundle, "manifest" | "envelopeSha256">): Set<Sha256> {
  return new Set([bundle.envelopeSha256, ...Object.values(bundle.manifest.files).map((f) => f.sha256)]);
}

/** The order of {@link BundleStore.listBundles}. */
export function compareBundles(a: StoredBundle, b: StoredBundle): number {
  const [x, y] = [`${a.manifest.createdAt} ${a.digest}`, `${b.manifest.createdAt} ${b.digest}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
