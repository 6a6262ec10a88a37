import { createHash } from "node:crypto";
import type { FileOperations } from "@kedge/device/adapters";

/** Contents that many devices have, each kept once. Bounded: what nobody has any more is forgotten when it grows. */
export class SharedContents {
  readonly #byDigest = new Map<string, WeakRef<Uint8Array>>();

  /** The bytes by which everybody who has them knows them. */
  one(digest: string, bytes: Uint8Array): Uint8Array {
    const known = this.#byDigest.get(digest)?.deref();
    if (known !== undefined) return known;
    this.#byDigest.set(digest, new WeakRef(bytes));
    if (this.#byDigest.size > 4_096) for (const [key, ref] of this.#byDigest) if (ref.deref() === undefined) this.#byDigest.delete(key);
    return bytes;
  }
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** The files of one virtual device, in memory: a restart finds them, the end of the process does not. Files of the same content share it. */
export class MemoryFiles implements FileOperations {
  readonly #shared: SharedContents;
  readonly #files = new Map<string, { bytes: Uint8Array; digest: string | undefined }>();
  readonly #folders = new Set<string>();

  constructor(shared: SharedContents) {
    this.#shared = shared;
  }

  async mkdir(path: string): Promise<void> {
    for (let at = path; at !== ""; at = parentOf(at)) this.#folders.add(at);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#files.get(path)?.bytes;
  }

  async list(path: string): Promise<string[]> {
    const names = new Set<string>();
    for (const known of [...this.#files.keys(), ...this.#folders])
      if (known.startsWith(`${path}/`)) names.add(known.slice(path.length + 1).split("/", 1)[0] ?? "");
    return [...names];
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(path, { bytes: new Uint8Array(bytes), digest: undefined });
  }

  async writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void> {
    const before = offset === 0 ? undefined : this.#files.get(path)?.bytes;
    const grown = new Uint8Array(offset + bytes.length);
    if (before !== undefined) grown.set(before.subarray(0, offset));
    grown.set(bytes, offset);
    this.#files.set(path, { bytes: grown, digest: undefined });
  }

  async sync(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    for (const [path, file] of [...this.#files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#files.delete(path);
      this.#files.set(to + path.slice(from.length), file);
    }
    for (const path of [...this.#folders]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#folders.delete(path);
      this.#folders.add(to + path.slice(from.length));
    }
  }

  async remove(path: string): Promise<void> {
    for (const known of [...this.#files.keys()]) if (known === path || known.startsWith(`${path}/`)) this.#files.delete(known);
    for (const known of [...this.#folders]) if (known === path || known.startsWith(`${path}/`)) this.#folders.delete(known);
  }

  async size(path: string): Promise<number | undefined> {
    return this.#files.get(path)?.bytes.length;
  }

  async sha256(path: string): Promise<string | undefined> {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    if (file.digest === undefined) {
      file.digest = createHash("sha256").update(file.bytes).digest("hex");
      file.bytes = this.#shared.one(file.digest, file.bytes);
    }
    return file.digest;
  }

  async freeBytes(): Promise<number> {
    return 2 ** 40;
  }
}
