import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { KedgeError, messageOf, parseSha256, type Sha256 } from "@kedge/core";
import { type BundleManifest, parseEnvelope, peekManifest } from "@kedge/registry";
import { type DeviceRecord, deviceCodes, emptyRecord, readRecord } from "../../src/index.js";
import { type FileOperations, realFiles } from "./file-operations.js";

/** A whole bundle on disk. */
export interface ShelvedBundle {
  readonly digest: Sha256;
  readonly manifest: BundleManifest;
  /** Path of a file of the bundle by its role. */
  pathOf(role: string): string;
}

const recordFile = "device.json";
const envelopeFile = "manifest.json";

/**
 * The state directory of a device: `device.json` (the record), `bundles/DIGEST/` (whole bundles), `partial/DIGEST/` (what is coming in).
 * Everything becomes visible by a rename after a flush, so a cut at any moment leaves the old or the new.
 */
export class DirectorySlots {
  readonly #root: string;
  readonly #files: FileOperations;
  #record: DeviceRecord = emptyRecord;

  private constructor(root: string, files: FileOperations) {
    this.#root = root;
    this.#files = files;
  }

  /** Opens (and makes) the directory. A record that cannot be read is a fault, not an empty record: forgetting the floor would undo protection. */
  static async open(root: string, files: FileOperations = realFiles): Promise<DirectorySlots> {
    const slots = new DirectorySlots(root, files);
    try {
      await files.mkdir(join(root, "bundles"));
      await files.mkdir(join(root, "partial"));
      // A write that can fail should fail now and by name, not in the middle of an update.
      await files.write(join(root, ".writable"), new Uint8Array(0));
      const bytes = await files.read(join(root, recordFile));
      if (bytes !== undefined) {
        const record = readRecord(JSON.parse(new TextDecoder().decode(bytes)));
        if (record === undefined) throw new SyntaxError("it is no record that this version wrote");
        slots.#record = record;
      }
    } catch (error) {
      throw new KedgeError(deviceCodes.stateUnusable, `the state directory ${root} cannot be used: ${messageOf(error)}`, {
        hint: "Give the agent a directory that it may write (--state-dir), with room on its disk.",
        context: { path: root, exit: "storage" },
        cause: error,
      });
    }
    return slots;
  }

  get record(): DeviceRecord {
    return this.#record;
  }

  /** Replaces the record. When it resolves, the new one survives a power cut; until then, the old one does. */
  async save(record: DeviceRecord): Promise<void> {
    const path = join(this.#root, recordFile);
    await this.#files.write(`${path}.new`, new TextEncoder().encode(JSON.stringify(record)));
    await this.#files.rename(`${path}.new`, path);
    await this.#files.sync(this.#root);
    this.#record = record;
  }

  /** Digests of the whole bundles. */
  async shelf(): Promise<Set<Sha256>> {
    const names = await this.#files.list(join(this.#root, "bundles"));
    return new Set(names.flatMap((name) => parseSha256(name) ?? []));
  }

  /** A whole bundle; `undefined` when it is not there or its manifest cannot be read. */
  async bundle(digest: Sha256): Promise<ShelvedBundle | undefined> {
    const folder = join(this.#root, "bundles", digest);
    const bytes = await this.#files.read(join(folder, envelopeFile));
    const parsed = bytes === undefined ? undefined : parseEnvelope(bytes);
    const manifest = parsed?.kind === "parsed" ? peekManifest(parsed.envelope) : undefined;
    if (manifest?.kind !== "parsed") return undefined;
    const { files } = manifest.manifest;
    return { digest, manifest: manifest.manifest, pathOf: (role) => join(folder, files[role]?.path ?? envelopeFile) };
  }

  /** The envelope's bytes of a whole bundle. */
  envelope(digest: Sha256): Promise<Uint8Array | undefined> {
    return this.#files.read(join(this.#root, "bundles", digest, envelopeFile));
  }

  /** Where the parts of a bundle come in. */
  partialPath(digest: Sha256, name: string): string {
    return join(this.#root, "partial", digest, name);
  }

  /** Bytes of a part that are there already, from an earlier try. */
  async partialSize(digest: Sha256, name: string): Promise<number> {
    return (await this.#files.size(this.partialPath(digest, name))) ?? 0;
  }

  async writePartial(digest: Sha256, name: string, offset: number, bytes: Uint8Array): Promise<void> {
    const path = this.partialPath(digest, name);
    if (offset === 0) await this.#files.mkdir(dirname(path));
    await this.#files.writeAt(path, offset, bytes);
  }

  /** Whether a part from an earlier try is whole and is what was signed. */
  async isWhole(digest: Sha256, name: string, sha256: Sha256): Promise<boolean> {
    const bytes = await this.#files.read(this.partialPath(digest, name));
    return bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === sha256;
  }

  /** Whether a part is whole and is what was signed; a wrong one is removed, so that the next try begins anew. */
  async checkPartial(digest: Sha256, name: string, sha256: Sha256): Promise<boolean> {
    const path = this.partialPath(digest, name);
    if (await this.isWhole(digest, name, sha256)) {
      await this.#files.sync(path);
      return true;
    }
    await this.#files.remove(path);
    return false;
  }

  readPartial(digest: Sha256, name: string): Promise<Uint8Array | undefined> {
    return this.#files.read(this.partialPath(digest, name));
  }

  async dropPartial(digest: Sha256): Promise<void> {
    await this.#files.remove(join(this.#root, "partial", digest));
  }

  /** Puts a bundle whose parts are all checked onto the shelf, in one rename. */
  async shelve(digest: Sha256): Promise<void> {
    const partial = join(this.#root, "partial", digest);
    await this.#files.sync(partial);
    await this.#files.remove(join(this.#root, "bundles", digest));
    await this.#files.rename(partial, join(this.#root, "bundles", digest));
    await this.#files.sync(join(this.#root, "bundles"));
  }

  /** Takes a bundle off the shelf. Those in a slot stay. */
  async remove(digest: Sha256): Promise<void> {
    if (digest === this.#record.current || digest === this.#record.previous) return;
    await this.#files.remove(join(this.#root, "bundles", digest));
  }

  freeBytes(): Promise<number> {
    return this.#files.freeBytes(this.#root);
  }
}
