import { type FileOperations, realFiles } from "../directory-slots/file-operations.js";

/** The process is gone: nothing that comes after this happens. */
export class Crash extends Error {}

/** Whether the operation that the process dies in has happened or not; of a write, half has. */
export type CrashSide = "begun" | "done";

/** The real file system under a process that dies in its operation `crashAt` (from 1) that changes anything. */
export class CrashingFiles implements FileOperations {
  readonly #crashAt: number;
  readonly #side: CrashSide;
  #operations = 0;

  constructor(crashAt = Number.POSITIVE_INFINITY, side: CrashSide = "begun") {
    this.#crashAt = crashAt;
    this.#side = side;
  }

  /** Changing operations asked for so far. */
  get operations(): number {
    return this.#operations;
  }

  get isCrashed(): boolean {
    return this.#operations >= this.#crashAt;
  }

  async #change(whole: () => Promise<void>, begun: () => Promise<void> = async () => {}): Promise<void> {
    this.#operations += 1;
    if (this.#operations > this.#crashAt) throw new Crash(`after operation ${this.#crashAt}`);
    if (this.#operations < this.#crashAt) return whole();
    await (this.#side === "done" ? whole() : begun());
    throw new Crash(`in operation ${this.#crashAt}`);
  }

  mkdir(path: string): Promise<void> {
    return this.#change(() => realFiles.mkdir(path));
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#change(
      () => realFiles.write(path, bytes),
      () => realFiles.write(path, bytes.subarray(0, bytes.length >> 1)),
    );
  }

  writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void> {
    return this.#change(
      () => realFiles.writeAt(path, offset, bytes),
      () => realFiles.writeAt(path, offset, bytes.subarray(0, bytes.length >> 1)),
    );
  }

  sync(path: string): Promise<void> {
    return this.#change(() => realFiles.sync(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change(() => realFiles.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#change(() => realFiles.remove(path));
  }

  readonly read = realFiles.read;
  readonly list = realFiles.list;
  readonly size = realFiles.size;
  readonly sha256 = realFiles.sha256;
  readonly freeBytes = async (): Promise<number> => 1e12;
}
