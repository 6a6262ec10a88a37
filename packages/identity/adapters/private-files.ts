import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import { identityErrors } from "../src/index.js";

const hint = "Give the directory to the user that this program runs as, and see that the disk is not full.";

/** Makes the directory (0700) with its parents. Throws `identity/files-unwritable`. */
export async function makePrivateDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(directory, error);
  }
}

/**
 * Writes a file that only its owner can read (0600), in whole or not at all: temporary file, fsync, rename, fsync of
 * the directory. Throws `identity/files-unwritable`.
 */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${process.pid}.${Date.now().toString(36)}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const folder = await open(directory, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw unwritable(path, error);
  }
}

/** The file's text; `undefined` when there is none. Throws `identity/files-unreadable`. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new KedgeError(identityErrors.filesUnreadable, `reading ${path} failed: ${messageOf(error)}`, {
      hint,
      context: { path, exit: "storage" },
      cause: error,
    });
  }
}

function unwritable(path: string, cause: unknown): KedgeError {
  return new KedgeError(identityErrors.filesUnwritable, `writing ${path} failed: ${messageOf(cause)}`, { hint, context: { path, exit: "storage" }, cause });
}
