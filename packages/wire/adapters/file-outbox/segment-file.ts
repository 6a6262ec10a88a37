import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { removeFile, syncFolder } from "./durable-files.js";
import { headerBytes, segmentHeader } from "./segment-format.js";

/** What a segment's file is called; names sort by number. */
export function segmentName(number: number): string {
  return `segment-${String(number).padStart(10, "0")}.kob`;
}

/** The number in a segment's name; `undefined` when it is no segment. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^segment-(\d{10})\.kob$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** One file of an outbox. `end` is where the next record goes; what lies behind it does not count. */
export class SegmentFile {
  readonly number: number;
  readonly path: string;
  end: number;
  #handle: FileHandle | undefined;

  constructor(folder: string, number: number, end: number) {
    this.number = number;
    this.path = join(folder, segmentName(number));
    this.end = end;
  }

  /** A new segment; its existence is durable when this resolves. */
  static async create(folder: string, number: number): Promise<SegmentFile> {
    const segment = new SegmentFile(folder, number, headerBytes);
    const handle = await open(segment.path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    segment.#handle = handle;
    try {
      await writeFully(handle, segmentHeader(number), 0);
      await handle.sync();
      await syncFolder(folder);
    } catch (error) {
      await segment.remove().catch(() => {});
      throw error;
    }
    return segment;
  }

  /** Adds bytes at the end, durably if asked. When that fails the segment is as before. */
  async append(bytes: Uint8Array, isDurable: boolean): Promise<number> {
    const handle = await this.#open();
    const at = this.end;
    try {
      await writeFully(handle, bytes, at);
      if (isDurable) await handle.datasync();
    } catch (error) {
      // Even if this fails as well, the next record is written over what lies here, and a reader checks sums.
      await handle.truncate(at).catch(() => {});
      throw error;
    }
    this.end = at + bytes.length;
    return at;
  }

  /** Reads a stretch; shorter when the file ends before. */
  async read(offset: number, length: number): Promise<Buffer> {
    const handle = await this.#open();
    const out = Buffer.alloc(length);
    const { bytesRead } = await handle.read(out, 0, length, offset);
    return out.subarray(0, bytesRead);
  }

  /** Forgets what lies behind `end`. */
  async trim(): Promise<void> {
    const handle = await this.#open();
    await handle.truncate(this.end);
    await handle.sync();
  }

  async sync(): Promise<void> {
    await this.#handle?.datasync();
  }

  /** Frees the file; it is opened again when it is needed. */
  async rest(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async remove(): Promise<void> {
    await this.rest().catch(() => {});
    await removeFile(this.path);
  }

  async #open(): Promise<FileHandle> {
    this.#handle ??= await open(this.path, constants.O_RDWR);
    return this.#handle;
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, at + written);
    written += bytesWritten;
  }
}
