import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import { cliCodes } from "../errors.js";

/** Bytes that a file of text may have; more is not what was meant. */
const maxTextBytes = 64 * 1024 * 1024;

/** The text of a file that somebody named; `what` says what it is for. KedgeError `cli/file-unreadable`, exit storage. */
export async function readText(path: string, what: string, hint: string): Promise<string> {
  try {
    if ((await stat(path)).size > maxTextBytes) throw new RangeError(`it has more than ${maxTextBytes} bytes`);
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new KedgeError(cliCodes.unreadable, `reading ${what} ${path} failed: ${messageOf(cause)}`, { hint, context: { exit: "storage", path }, cause });
  }
}

/** The bytes of a file that somebody named. */
export async function readBytes(path: string, what: string, hint: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new KedgeError(cliCodes.unreadable, `reading ${what} ${path} failed: ${messageOf(cause)}`, { hint, context: { exit: "storage", path }, cause });
  }
}

/** Writes a file of the user's own (mode 0600), wholly or not at all. KedgeError `cli/file-unwritable`, exit storage. */
export async function writePrivate(path: string, text: string, what: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(beside, text, { mode: 0o600, flush: true });
    await chmod(beside, 0o600);
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw new KedgeError(cliCodes.unwritable, `writing ${what} ${path} failed: ${messageOf(cause)}`, {
      hint: "Choose a place that you may write to.",
      context: { exit: "storage", path },
      cause,
    });
  }
}
