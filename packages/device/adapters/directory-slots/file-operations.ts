import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { dirname } from "node:path";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";

/**
 * The file operations that slots are made of; a test puts another one in its place that cuts the power at the n-th. What a power cut may
 * take: everything of a file since its last `sync` (or `write`), and names made, renamed or removed since the last `sync` of their directory.
 */
export interface FileOperations {
  mkdir(path: string): Promise<void>;
  read(path: string): Promise<Uint8Array | undefined>;
  list(path: string): Promise<string[]>;
  /** Writes and flushes to the disk. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes at an offset; what lies before must be there already. */
  writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Flushes a file, or the names in a directory. */
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a directory and all in it, which is not atomic; what is not there is removed already. */
  remove(path: string): Promise<void>;
  size(path: string): Promise<number | undefined>;
  /** SHA-256 of a file in hex, without holding it in memory. */
  sha256(path: string): Promise<string | undefined>;
  freeBytes(path: string): Promise<number>;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";
const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error));

/** Node's own `recursive` never ends where nothing can be made and the system says ENOENT, as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

async function using<T>(path: string, flags: string, act: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await act(file);
  } finally {
    await file.close();
  }
}

async function unlessAbsent<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The operations of the real file system. */
export const realFiles: FileOperations = {
  mkdir: makeDirectory,
  read: (path) => unlessAbsent(() => readFile(path)),
  list: async (path) => (await unlessAbsent(() => readdir(path))) ?? [],
  write: (path, bytes) =>
    using(path, "w", async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    }),
  async writeAt(path, offset, bytes) {
    await using(path, offset === 0 ? "w" : "r+", async (file) => {
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
    });
  },
  sync: (path) => using(path, "r", (file) => file.sync()),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  size: (path) => unlessAbsent(async () => (await stat(path)).size),
  sha256: (path) =>
    unlessAbsent(async () => {
      const hash = createHash("sha256");
      for await (const part of createReadStream(path)) hash.update(part as Buffer);
      return hash.digest("hex");
    }),
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
