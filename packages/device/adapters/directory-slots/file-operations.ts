import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";

/** The file operations that slots are made of; a test puts another one in its place that fails at the n-th. */
export interface FileOperations {
  mkdir(path: string): Promise<void>;
  read(path: string): Promise<Uint8Array | undefined>;
  list(path: string): Promise<string[]>;
  /** Writes and flushes to the disk. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes at an offset; what lies before must be there already. */
  writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void>;
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  size(path: string): Promise<number | undefined>;
  freeBytes(path: string): Promise<number>;
}

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

async function using<T>(path: string, flags: string, act: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await act(file);
  } finally {
    await file.close();
  }
}

/** The operations of the real file system. */
export const realFiles: FileOperations = {
  async mkdir(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  },
  async list(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  },
  write: (path, bytes) =>
    using(path, "w", async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    }),
  async writeAt(path, offset, bytes) {
    await using(path, offset === 0 ? "w" : "r+", async (file) => {
      await file.write(bytes, 0, bytes.length, offset);
    });
  },
  sync: (path) => using(path, "r", (file) => file.sync()),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  async size(path) {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
