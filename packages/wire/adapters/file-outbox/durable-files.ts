import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** The code of a system fault: `ENOENT`, `ENOSPC`, … */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Makes the entries of a folder durable (a new or renamed file is not, until its folder is). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch((error: unknown) => {
    // Windows cannot open folders; its renames are durable enough without.
    if (systemCode(error) === "EISDIR" || systemCode(error) === "EPERM") return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

/** Writes a file so that after any crash either the old or the new content is there, whole. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const draft = `${path}.new`;
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** A file's text; `undefined` when there is none. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes a file; it may be gone already. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
