import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Kind, parseSha256, type Sha256 } from "@kedge/core";
import { z } from "zod";
import {
  type BlobContent,
  type BlobRef,
  type BundleFile,
  type BundleStore,
  type ByteRange,
  blobsOf,
  compareBundles,
  envelopeBytes,
  type Freed,
  type ManifestEnvelope,
  manifestDigest,
  parseEnvelope,
  peekManifest,
  type PutBundle,
  type StoredBundle,
} from "../../src/index.js";
import { checkRange, mismatch, notFound, refusedManifest } from "../bundle-faults.js";
import { diskFault, readFault, syncDirectory, systemCode } from "../disk.js";
import { Lock } from "../lock.js";
import { sha256 } from "../sha256.js";
import { replaceFile, writeAll, writeSynced } from "./atomic-file.js";

/**
 * Bundles in a directory: `blobs/<2 digits>/<sha256>`, `bundles/<digest>.json` (the envelope), `tmp/`. Several
 * processes may have it open if each has a folder of its own for what is under way (`temporary`), and none deletes. What a crash leaves is a
 * file there, deleted at the next opening.
 */
export class DirectoryBundleStore implements BundleStore {
  readonly kind = "directory";
  readonly #root: string;
  readonly #clock: Clock;
  readonly #temporary: string;
  /** Between finding that a blob is there already and counting on it, nobody may delete it. */
  readonly #changes = new Lock();

  private constructor(root: string, clock: Clock, temporary: string) {
    this.#root = root;
    this.#temporary = join(root, temporary);
    this.#clock = clock;
  }

  /** Opens the store in `root`, making it where it is not. KedgeError `registry/unwritable`. */
  static async open(root: string, clock: Clock, { temporary = "tmp" }: { readonly temporary?: string } = {}): Promise<DirectoryBundleStore> {
    try {
      await rm(join(root, temporary), { recursive: true, force: true });
      for (const folder of ["blobs", "bundles", temporary]) await mkdir(join(root, folder), { recursive: true });
      await syncDirectory(root);
    } catch (error) {
      throw diskFault(error, `opening the bundle store in ${root}`, root);
    }
    return new DirectoryBundleStore(root, clock, temporary);
  }

  async putBlob(content: BlobContent, expected: Partial<BlobRef> = {}): Promise<BlobRef> {
    const temporary = join(this.#temporary, randomUUID());
    try {
      const blob = await this.#receive(content, temporary, expected);
      await this.#changes.run(() => this.#keep(temporary, blob));
      return blob;
    } catch (error) {
      throw diskFault(error, `storing a blob in ${this.#root}`, this.#root);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async findBlob(digest: Sha256): Promise<BlobRef | undefined> {
    try {
      return { sha256: digest, bytes: (await stat(this.#blobPath(digest))).size };
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw readFault(error, `looking for blob ${digest.slice(0, 12)}`, this.#root);
    }
  }

  async getBlob(digest: Sha256, range?: ByteRange): Promise<Uint8Array> {
    const path = this.#blobPath(digest);
    try {
      if (range !== undefined) return await this.#readRange(digest, range);
      const bytes = new Uint8Array(await readFile(path));
      const fault = mismatch({ sha256: sha256(bytes), bytes: bytes.length }, { sha256: digest }, `reading ${path}`);
      if (fault !== undefined) throw fault;
      return bytes;
    } catch (error) {
      if (systemCode(error) === "ENOENT") throw notFound("blob", digest);
      throw readFault(error, `reading ${path}`, path);
    }
  }

  async putBundle(envelope: ManifestEnvelope): Promise<PutBundle> {
    const peeked = peekManifest(envelope);
    if (peeked.kind === "rejected") throw refusedManifest(peeked, "keeping a bundle");
    const { manifest } = peeked;
    const digest = manifestDigest(manifest, sha256);
    const bytes = envelopeBytes(envelope);
    const { sha256: envelopeSha256 } = await this.putBlob(bytes);
    return this.#changes.run(async () => {
      const files: BundleFile[] = [];
      for (const file of Object.values(manifest.files)) {
        if ((await this.findBlob(file.sha256))?.bytes !== file.bytes) files.push(file);
      }
      if (files.length > 0) return { kind: "missing-blobs", files };
      try {
        await replaceFile(this.#bundlePath(digest), join(this.#temporary, randomUUID()), (file) => writeAll(file, bytes));
      } catch (error) {
        throw diskFault(error, `keeping bundle ${digest.slice(0, 12)} in ${this.#root}`, this.#root);
      }
      return { kind: "stored", digest, envelopeSha256 };
    });
  }

  async findBundle(digest: Sha256): Promise<StoredBundle | undefined> {
    const path = this.#bundlePath(digest);
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw readFault(error, `reading ${path}`, path);
    }
    const parsed = parseEnvelope(bytes);
    if (parsed.kind === "rejected") throw refusedManifest(parsed, `reading ${path}`);
    const peeked = peekManifest(parsed.envelope);
    if (peeked.kind === "rejected") throw refusedManifest(peeked, `reading ${path}`);
    const found = manifestDigest(peeked.manifest, sha256);
    const fault = mismatch({ sha256: found, bytes: bytes.length }, { sha256: digest }, `reading ${path}`);
    if (fault !== undefined) throw fault;
    return { digest, manifest: peeked.manifest, envelope: parsed.envelope, envelopeSha256: sha256(envelopeBytes(parsed.envelope)) };
  }

  /** One bundle that cannot be read fails the listing: deleting by an incomplete one would delete its blobs. */
  async listBundles(): Promise<readonly StoredBundle[]> {
    const folder = join(this.#root, "bundles");
    const names = await readdir(folder).catch((error: unknown) => {
      throw readFault(error, `listing ${folder}`, folder);
    });
    const bundles: StoredBundle[] = [];
    for (const name of names) {
      const digest = name.endsWith(".json") ? parseSha256(name.slice(0, -5)) : undefined;
      const bundle = digest === undefined ? undefined : await this.findBundle(digest);
      if (bundle !== undefined) bundles.push(bundle);
    }
    return bundles.sort(compareBundles);
  }

  removeBundle(digest: Sha256): Promise<boolean> {
    return this.#changes.run(async () => {
      try {
        await rm(this.#bundlePath(digest));
        await syncDirectory(join(this.#root, "bundles"));
        return true;
      } catch (error) {
        if (systemCode(error) === "ENOENT") return false;
        throw diskFault(error, `removing bundle ${digest.slice(0, 12)} from ${this.#root}`, this.#root);
      }
    });
  }

  deleteUnreferenced(options: { readonly graceMs: number }): Promise<Freed> {
    return this.#changes
      .run(async () => {
        const kept = new Set<string>();
        for (const bundle of await this.listBundles()) for (const blob of blobsOf(bundle)) kept.add(blob);
        const before = this.#clock.nowMs() - options.graceMs;
        let freed: Freed = { blobs: 0, bytes: 0 };
        for (const folder of await readdir(join(this.#root, "blobs"))) {
          for (const name of await readdir(join(this.#root, "blobs", folder))) {
            if (kept.has(name)) continue;
            const path = join(this.#root, "blobs", folder, name);
            const { mtimeMs, size } = await stat(path);
            if (mtimeMs > before) continue;
            await rm(path);
            freed = { blobs: freed.blobs + 1, bytes: freed.bytes + size };
          }
        }
        return freed;
      })
      .catch((error: unknown) => {
        throw diskFault(error, `deleting blobs that nothing names from ${this.#root}`, this.#root);
      });
  }

  #blobPath(digest: Sha256): string {
    return join(this.#root, "blobs", digest.slice(0, 2), digest);
  }

  #bundlePath(digest: Sha256): string {
    return join(this.#root, "bundles", `${digest}.json`);
  }

  async #receive(content: BlobContent, temporary: string, expected: Partial<BlobRef>): Promise<BlobRef> {
    const hash = createHash("sha256");
    let bytes = 0;
    await writeSynced(temporary, async (file) => {
      for await (const part of content instanceof Uint8Array ? [content] : content) {
        hash.update(part);
        bytes += part.length;
        if (bytes > (expected.bytes ?? bytes)) break;
        await writeAll(file, part);
      }
    });
    const blob: BlobRef = { sha256: hash.digest("hex") as Sha256, bytes };
    const fault = mismatch(blob, expected, "storing a blob");
    if (fault !== undefined) throw fault;
    return blob;
  }

  /** The new copy always replaces an old one: it heals a blob that the disk has damaged. */
  async #keep(temporary: string, blob: BlobRef): Promise<void> {
    const folder = join(this.#root, "blobs", blob.sha256.slice(0, 2));
    if ((await mkdir(folder, { recursive: true })) !== undefined) await syncDirectory(join(this.#root, "blobs"));
    const now = this.#clock.nowMs() / 1000;
    await utimes(temporary, now, now);
    await rename(temporary, this.#blobPath(blob.sha256));
    await syncDirectory(folder);
  }

  async #readRange(digest: Sha256, range: ByteRange): Promise<Uint8Array> {
    const file = await open(this.#blobPath(digest), "r");
    try {
      checkRange(range, { sha256: digest, bytes: (await file.stat()).size });
      const out = new Uint8Array(range.length);
      let at = 0;
      while (at < out.length) {
        const { bytesRead } = await file.read(out, at, out.length - at, range.offset + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return out.subarray(0, at);
    } finally {
      await file.close();
    }
  }
}

const config = z.strictObject({ kind: z.literal("directory"), path: z.string().min(1) });

/** Bundles in a directory of this machine. */
export const directory: Kind<typeof config, z.infer<typeof config>, { readonly clock: Clock }, Promise<BundleStore>> = {
  kind: "directory",
  summary: "Keeps bundles in a directory, files by their digest.",
  config,
  create: ({ path }, { clock }) => DirectoryBundleStore.open(path, clock),
};
