import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { FileOperations } from "./file-operations.js";

/** The power is gone: nothing that comes after this happens. */
export class PowerCut extends Error {}

/** What a cut leaves of changes that were not flushed. Names change in the order in which they were asked for, as journals keep them. */
export interface Leftovers {
  /** Names made, renamed or removed: none of them, the earlier half, all. */
  readonly names: "none" | "half" | "all";
  /** File contents: as last flushed, the first half and then zeros, all. */
  readonly contents: "old" | "torn" | "all";
}

/** Every kind of leftovers. */
export const everyLeftovers: readonly Leftovers[] = (["none", "half", "all"] as const).flatMap((names) =>
  (["old", "torn", "all"] as const).map((contents) => ({ names, contents })),
);

interface Inode {
  live: Uint8Array;
  /** As a power cut would leave it; `undefined` when it was never flushed. */
  flushed: Uint8Array | undefined;
}

type Tree = Map<string, Inode | "directory">;
interface NameChange {
  readonly directories: readonly string[];
  apply(tree: Tree): void;
}

function moved(tree: Tree, from: string, to: string): void {
  for (const [path, entry] of [...tree]) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    tree.delete(path);
    tree.set(to + path.slice(from.length), entry);
  }
}

/**
 * A file system in memory that forgets what was not flushed. The power is cut in the middle of operation `cutAt` (from 1): what it was about
 * to do has begun and is not flushed. {@link restarted} gives the disk as the next start finds it.
 */
export class PowerCutFiles implements FileOperations {
  #live: Tree;
  #durable: Tree;
  #pending: NameChange[] = [];
  readonly #cutAt: number;
  #operations = 0;
  freeSpace = 1e12;

  constructor(cutAt = Number.POSITIVE_INFINITY, disk: Tree = new Map([["/", "directory"]])) {
    this.#cutAt = cutAt;
    this.#live = new Map(disk);
    this.#durable = new Map(disk);
  }

  /** Operations asked for so far. */
  get operations(): number {
    return this.#operations;
  }

  get isCut(): boolean {
    return this.#operations >= this.#cutAt;
  }

  /** The same disk after a cut now, in a machine whose power is cut in operation `cutAt`. */
  restarted(leftovers: Leftovers, cutAt = Number.POSITIVE_INFINITY): PowerCutFiles {
    const tree: Tree = new Map(this.#durable);
    const { length } = this.#pending;
    for (const change of this.#pending.slice(0, { none: 0, half: Math.ceil(length / 2), all: length }[leftovers.names])) change.apply(tree);
    for (const [path, entry] of tree) if (entry !== "directory") tree.set(path, this.#leftOf(entry, leftovers.contents));
    return new PowerCutFiles(cutAt, tree);
  }

  /** The same for disks that hold the same. */
  get fingerprint(): string {
    const hash = createHash("sha256");
    for (const [path, entry] of [...this.#live].sort(([p], [q]) => (p < q ? -1 : 1))) {
      hash.update(`\n${path}\n`);
      if (entry !== "directory") hash.update(entry.live);
    }
    return hash.digest("hex");
  }

  #leftOf({ live, flushed }: Inode, contents: Leftovers["contents"]): Inode {
    const torn = (): Uint8Array => {
      const out = new Uint8Array(live.length);
      out.set(live.subarray(0, Math.floor(live.length / 2)));
      return out;
    };
    const left = flushed === live || contents === "all" ? live : contents === "torn" ? torn() : (flushed ?? new Uint8Array(0));
    return { live: left, flushed: left };
  }

  /** Counts an operation; in the one that the power is cut in, `begun` is what has happened of it by then. */
  #operation(begun: () => void): void {
    this.#operations += 1;
    if (this.#operations > this.#cutAt) throw new PowerCut(`after operation ${this.#cutAt}`);
    if (this.#operations === this.#cutAt) {
      begun();
      throw new PowerCut(`in operation ${this.#cutAt}`);
    }
  }

  #change(change: NameChange): void {
    change.apply(this.#live);
    this.#pending.push(change);
  }

  #fault(code: string, path: string): Error {
    return Object.assign(new Error(`${code}: ${path}`), { code });
  }

  async mkdir(path: string): Promise<void> {
    const make = (): void => {
      const missing: string[] = [];
      for (let p = path; !this.#live.has(p); p = dirname(p)) missing.unshift(p);
      for (const p of missing) this.#change({ directories: [dirname(p)], apply: (tree) => void tree.set(p, "directory") });
    };
    this.#operation(make);
    make();
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const entry = this.#live.get(path);
    return entry === undefined || entry === "directory" ? undefined : entry.live;
  }

  async list(path: string): Promise<string[]> {
    const under = `${path}/`;
    return [...this.#live.keys()].filter((p) => p.startsWith(under) && !p.slice(under.length).includes("/")).map((p) => p.slice(under.length));
  }

  #open(path: string, isNew: boolean): Inode {
    const entry = this.#live.get(path);
    if (entry === "directory" || (entry === undefined && !isNew)) throw this.#fault("ENOENT", path);
    if (entry !== undefined) return entry;
    if (this.#live.get(dirname(path)) !== "directory") throw this.#fault("ENOENT", path);
    const inode: Inode = { live: new Uint8Array(0), flushed: undefined };
    this.#change({ directories: [dirname(path)], apply: (tree) => void tree.set(path, inode) });
    return inode;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#operation(() => {
      this.#open(path, true).live = bytes.slice();
    });
    const inode = this.#open(path, true);
    inode.live = bytes.slice();
    inode.flushed = inode.live;
  }

  async writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void> {
    const put = (part: Uint8Array): void => {
      const inode = this.#open(path, offset === 0);
      const out = new Uint8Array(offset === 0 ? part.length : Math.max(inode.live.length, offset + part.length));
      if (offset > 0) out.set(inode.live);
      out.set(part, offset);
      inode.live = out;
    };
    this.#operation(() => put(bytes.subarray(0, Math.floor(bytes.length / 2))));
    put(bytes);
  }

  async sync(path: string): Promise<void> {
    this.#operation(() => {});
    const entry = this.#live.get(path);
    if (entry === undefined) throw this.#fault("ENOENT", path);
    if (entry !== "directory") entry.flushed = entry.live;
    else this.#flushNames(path);
  }

  #flushNames(directory: string): void {
    const last = this.#pending.map((change) => change.directories.includes(directory)).lastIndexOf(true);
    for (const change of this.#pending.splice(0, last + 1)) change.apply(this.#durable);
  }

  async rename(from: string, to: string): Promise<void> {
    const change = (): void => {
      if (!this.#live.has(from)) throw this.#fault("ENOENT", from);
      if ([...this.#live.keys()].some((p) => p.startsWith(`${to}/`))) throw this.#fault("ENOTEMPTY", to);
      this.#change({ directories: [dirname(from), dirname(to)], apply: (tree) => moved(tree, from, to) });
    };
    this.#operation(change);
    change();
  }

  async remove(path: string): Promise<void> {
    const doomed = [...this.#live.keys()].filter((p) => p === path || p.startsWith(`${path}/`)).sort((a, b) => b.length - a.length);
    const unlink = (paths: readonly string[]): void => {
      for (const p of paths) this.#change({ directories: [dirname(p)], apply: (tree) => void tree.delete(p) });
    };
    this.#operation(() => unlink(doomed.slice(0, Math.ceil(doomed.length / 2))));
    unlink(doomed);
  }

  async size(path: string): Promise<number | undefined> {
    return (await this.read(path))?.length;
  }

  async sha256(path: string): Promise<string | undefined> {
    const bytes = await this.read(path);
    return bytes === undefined ? undefined : createHash("sha256").update(bytes).digest("hex");
  }

  async freeBytes(): Promise<number> {
    return this.freeSpace;
  }
}
