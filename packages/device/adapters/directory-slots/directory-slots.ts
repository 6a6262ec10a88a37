import { createHash } from "node:crypto";
import { join } from "node:path";
import { KedgeError, messageOf, parseSha256, type Sha256 } from "@kedge/core";
import { type BundleManifest, envelopePayload, parseEnvelope, peekManifest } from "@kedge/registry";
import { type DeviceRecord, deviceCodes, emptyRecord, readRecord } from "../../src/index.js";
import { type FileOperations, realFiles } from "./file-operations.js";

/** A whole bundle on disk, as `manifest.json` (the signed envelope) and `files/`. */
export interface ShelvedBundle {
  readonly digest: Sha256;
  readonly manifest: BundleManifest;
  readonly directory: string;
  /** Path of a file of the bundle by its role. */
  pathOf(role: string): string;
  /** Content of a file of the bundle by its role. KedgeError `device/state-unusable` when it is not there. */
  read(role: string): Promise<Uint8Array>;
}

const recordFile = "device.json";

/** The name of the signed manifest among a bundle's parts. */
export const envelopeName = "manifest.json";

/** The name of a bundle's file among its parts. */
export function filePartName(path: string): string {
  return `files/${path}`;
}

function unusable(what: string, path: string, cause: unknown): KedgeError {
  return new KedgeError(deviceCodes.stateUnusable, `${what}: ${messageOf(cause)}`, {
    hint: "Give the agent a directory that it may write (--state-dir), with room on its disk.",
    context: { path, exit: "storage" },
    cause,
  });
}

/**
 * The state directory of a device: `device.json` (the record, and with it the pointer to the slots), `bundles/DIGEST/` (whole bundles),
 * `partial/DIGEST/` (what is coming in), `trash/` (what is going out). Everything becomes visible, or disappears, by one rename, and only
 * after it is on the disk: so a cut at any moment leaves the old or the new.
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
      for (const folder of ["bundles", "partial", "trash"]) await files.mkdir(join(root, folder));
      await files.sync(root);
      // A write that can fail should fail now and by name, not in the middle of an update.
      await files.write(join(root, ".writable"), new Uint8Array(0));
      await slots.#emptyTrash();
      await slots.#readRecord();
      return slots;
    } catch (error) {
      throw error instanceof KedgeError ? error : unusable(`the state directory ${root} cannot be used`, root, error);
    }
  }

  async #emptyTrash(): Promise<void> {
    for (const name of await this.#files.list(join(this.#root, "trash"))) await this.#files.remove(join(this.#root, "trash", name));
  }

  async #readRecord(): Promise<void> {
    const path = join(this.#root, recordFile);
    const bytes = await this.#files.read(path);
    if (bytes === undefined) return;
    try {
      const record = readRecord(JSON.parse(new TextDecoder().decode(bytes)));
      if (record === undefined) throw new SyntaxError("it is no record that this version wrote");
      this.#record = record;
    } catch (error) {
      throw new KedgeError(deviceCodes.stateUnusable, `the update record ${path} cannot be used: ${messageOf(error)}`, {
        hint: `Restore it from a backup. Without one, move ${path} away: the device then fetches its bundle anew, and forgets which old bundles it must not run.`,
        context: { path, exit: "storage" },
        cause: error,
      });
    }
  }

  get record(): DeviceRecord {
    return this.#record;
  }

  /** Replaces the record. When it resolves, the new one survives a power cut; until then, the old one does. */
  async save(record: DeviceRecord): Promise<void> {
    if (record === this.#record) return;
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
    const directory = join(this.#root, "bundles", digest);
    const bytes = await this.#files.read(join(directory, envelopeName));
    const parsed = bytes === undefined ? undefined : parseEnvelope(bytes);
    const manifest = parsed?.kind === "parsed" ? peekManifest(parsed.envelope) : undefined;
    if (manifest?.kind !== "parsed") return undefined;
    const { files } = manifest.manifest;
    const pathOf = (role: string): string => join(directory, filePartName(files[role]?.path ?? ""));
    const read = async (role: string): Promise<Uint8Array> => {
      const content = files[role] === undefined ? undefined : await this.#files.read(pathOf(role));
      if (content === undefined) throw unusable(`reading ${role} of bundle ${digest.slice(0, 12)}`, directory, "it is not there");
      return content;
    };
    return { digest, manifest: manifest.manifest, directory, pathOf, read };
  }

  /** What is wrong with a whole bundle: content that is no longer what its name says. `undefined`: nothing. */
  async damageOf(digest: Sha256): Promise<string | undefined> {
    const directory = join(this.#root, "bundles", digest);
    const bytes = await this.#files.read(join(directory, envelopeName));
    const parsed = bytes === undefined ? undefined : parseEnvelope(bytes);
    const payload = parsed?.kind === "parsed" ? envelopePayload(parsed.envelope) : undefined;
    if (payload === undefined || createHash("sha256").update(payload).digest("hex") !== digest) return `${envelopeName} is damaged or missing`;
    const bundle = await this.bundle(digest);
    if (bundle === undefined) return `${envelopeName} cannot be read by this version`;
    for (const file of Object.values(bundle.manifest.files)) {
      if ((await this.#files.sha256(join(directory, filePartName(file.path)))) !== file.sha256) return `${file.path} is damaged or missing`;
    }
    return undefined;
  }

  #partialPath(digest: Sha256, name = ""): string {
    return join(this.#root, "partial", digest, name);
  }

  /** Bytes of a part that are there already, from an earlier try. */
  async partialSize(digest: Sha256, name: string): Promise<number> {
    return (await this.#files.size(this.#partialPath(digest, name))) ?? 0;
  }

  async writePartial(digest: Sha256, name: string, offset: number, bytes: Uint8Array): Promise<void> {
    if (offset === 0) await this.#files.mkdir(this.#partialPath(digest, "files"));
    await this.#files.writeAt(this.#partialPath(digest, name), offset, bytes);
  }

  /** Whether a part is whole and is what was signed; then it is on the disk to stay. */
  async isWhole(digest: Sha256, name: string, sha256: Sha256): Promise<boolean> {
    const path = this.#partialPath(digest, name);
    if ((await this.#files.sha256(path)) !== sha256) return false;
    await this.#files.sync(path);
    return true;
  }

  readPartial(digest: Sha256, name: string): Promise<Uint8Array | undefined> {
    return this.#files.read(this.#partialPath(digest, name));
  }

  /** Forgets one part, or all, of what came in. */
  async dropPartial(digest: Sha256, name = ""): Promise<void> {
    await this.#files.remove(this.#partialPath(digest, name));
  }

  /** Forgets what came in of bundles that nobody waits for any more. */
  async dropOtherPartials(digest: Sha256): Promise<void> {
    for (const name of await this.#files.list(join(this.#root, "partial"))) {
      if (name !== digest) await this.#files.remove(join(this.#root, "partial", name));
    }
  }

  /** Puts a bundle whose parts are all checked onto the shelf, in one rename. A damaged one of that name makes way. */
  async shelve(digest: Sha256): Promise<void> {
    await this.#files.sync(this.#partialPath(digest, "files"));
    await this.#files.sync(this.#partialPath(digest));
    await this.#discard(digest);
    await this.#files.rename(this.#partialPath(digest), join(this.#root, "bundles", digest));
    await this.#files.sync(join(this.#root, "bundles"));
  }

  /** Takes a bundle off the shelf. Those in a slot stay. */
  async remove(digest: Sha256): Promise<void> {
    if (digest !== this.#record.current && digest !== this.#record.previous) await this.#discard(digest);
  }

  /** By a rename, since removing what is in a directory takes many steps, and half a bundle must not lie on the shelf. */
  async #discard(digest: Sha256): Promise<void> {
    const bundles = join(this.#root, "bundles");
    if (!(await this.#files.list(bundles)).includes(digest)) return;
    await this.#files.remove(join(this.#root, "trash", digest));
    await this.#files.rename(join(bundles, digest), join(this.#root, "trash", digest));
    await this.#files.sync(bundles);
    await this.#emptyTrash();
  }

  freeBytes(): Promise<number> {
    return this.#files.freeBytes(this.#root);
  }
}
