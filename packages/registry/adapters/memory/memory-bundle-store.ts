import type { Clock, Kind, Sha256 } from "@kedge/core";
import { z } from "zod";
import {
  type BlobContent,
  type BlobRef,
  type BundleStore,
  type ByteRange,
  blobsOf,
  compareBundles,
  envelopeBytes,
  type Freed,
  type ManifestEnvelope,
  manifestDigest,
  peekManifest,
  type PutBundle,
  type StoredBundle,
} from "../../src/index.js";
import { checkRange, mismatch, notFound, refusedManifest } from "../bundle-faults.js";
import { sha256 } from "../sha256.js";

/** A copy, also of a Buffer, whose own `slice` is none. */
async function gather(content: BlobContent): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return Uint8Array.from(content);
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(Uint8Array.from(part));
  return Uint8Array.from(Buffer.concat(parts));
}

/** Bundles in memory, gone with the process: for tests and trials. */
export class MemoryBundleStore implements BundleStore {
  readonly kind = "memory";
  readonly #clock: Clock;
  readonly #blobs = new Map<Sha256, { readonly content: Uint8Array; readonly atMs: number }>();
  readonly #bundles = new Map<Sha256, StoredBundle>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async putBlob(content: BlobContent, expected: Partial<BlobRef> = {}): Promise<BlobRef> {
    const bytes = await gather(content);
    const blob = { sha256: sha256(bytes), bytes: bytes.length };
    const fault = mismatch(blob, expected, "storing a blob");
    if (fault !== undefined) throw fault;
    this.#blobs.set(blob.sha256, { content: bytes, atMs: this.#clock.nowMs() });
    return blob;
  }

  async findBlob(digest: Sha256): Promise<BlobRef | undefined> {
    const blob = this.#blobs.get(digest);
    return blob === undefined ? undefined : { sha256: digest, bytes: blob.content.length };
  }

  async getBlob(digest: Sha256, range?: ByteRange): Promise<Uint8Array> {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) throw notFound("blob", digest);
    if (range === undefined) return blob.content.slice();
    checkRange(range, { sha256: digest, bytes: blob.content.length });
    return blob.content.slice(range.offset, range.offset + range.length);
  }

  async putBundle(envelope: ManifestEnvelope): Promise<PutBundle> {
    const peeked = peekManifest(envelope);
    if (peeked.kind === "rejected") throw refusedManifest(peeked, "keeping a bundle");
    const { manifest } = peeked;
    const files = Object.values(manifest.files).filter((f) => this.#blobs.get(f.sha256)?.content.length !== f.bytes);
    if (files.length > 0) return { kind: "missing-blobs", files };
    const { sha256: envelopeSha256 } = await this.putBlob(envelopeBytes(envelope));
    const digest = manifestDigest(manifest, sha256);
    this.#bundles.set(digest, { digest, manifest, envelope, envelopeSha256 });
    return { kind: "stored", digest, envelopeSha256 };
  }

  async findBundle(digest: Sha256): Promise<StoredBundle | undefined> {
    return this.#bundles.get(digest);
  }

  async listBundles(): Promise<readonly StoredBundle[]> {
    return [...this.#bundles.values()].sort(compareBundles);
  }

  async removeBundle(digest: Sha256): Promise<boolean> {
    return this.#bundles.delete(digest);
  }

  async deleteUnreferenced(options: { readonly graceMs: number }): Promise<Freed> {
    const kept = new Set([...this.#bundles.values()].flatMap((bundle) => [...blobsOf(bundle)]));
    const before = this.#clock.nowMs() - options.graceMs;
    let freed: Freed = { blobs: 0, bytes: 0 };
    for (const [digest, { content, atMs }] of this.#blobs) {
      if (kept.has(digest) || atMs > before) continue;
      this.#blobs.delete(digest);
      freed = { blobs: freed.blobs + 1, bytes: freed.bytes + content.length };
    }
    return freed;
  }
}

const config = z.strictObject({ kind: z.literal("memory") });

/** Bundles in memory. */
export const memory: Kind<typeof config, z.infer<typeof config>, { readonly clock: Clock }, Promise<BundleStore>> = {
  kind: "memory",
  summary: "Keeps bundles in memory; they are gone when the program ends.",
  config,
  create: async (_config, { clock }) => new MemoryBundleStore(clock),
};
