import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory } from "../disk.js";

/** Writes all of `bytes`: one `write` may take less than it is given. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
}

/**
 * A file that is there wholly or not at all, also after power fails: written beside, synced, renamed, directory synced.
 * `fill` writes it; when it throws nothing is left behind.
 */
export async function replaceFile(path: string, temporary: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  await writeSynced(temporary, fill);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Writes and syncs a new file; removes it again when `fill` throws. */
export async function writeSynced(path: string, fill: (file: FileHandle) => Promise<void>, mode = 0o644): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await fill(file);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  await file.close();
}
