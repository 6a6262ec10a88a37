import { open } from "node:fs/promises";
import { KedgeError, messageOf } from "@kedge/core";
import { registryCodes as codes } from "../src/index.js";

/** The code that Node gave a fault of the file system, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A fault of the file system as one of ours. `doing` says what was being done with which path. */
export function diskFault(error: unknown, doing: string, path: string): KedgeError {
  if (error instanceof KedgeError) return error;
  const system = systemCode(error);
  const isFull = system === "ENOSPC" || system === "EDQUOT";
  return new KedgeError(isFull ? codes.diskFull : codes.unwritable, `${doing} failed: ${messageOf(error)}`, {
    hint: isFull ? "Free space on that disk; nothing that was stored is harmed." : "See that the directory exists and that this user may write to it.",
    context: { path, exit: "storage" },
    retryable: isFull,
    cause: error,
  });
}

/** As {@link diskFault}, for reading. */
export function readFault(error: unknown, doing: string, path: string): KedgeError {
  if (error instanceof KedgeError) return error;
  return new KedgeError(codes.unreadable, `${doing} failed: ${messageOf(error)}`, {
    hint: "See that the path exists and that this user may read it.",
    context: { path, exit: "storage" },
    cause: error,
  });
}

/** Makes the names in a directory durable: a rename is not until its directory is synced. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } catch (error) {
    // Some file systems (and Windows) cannot sync a directory; there a rename is as durable as it gets.
    if (!["EINVAL", "EPERM", "EISDIR", "ENOTSUP"].includes(systemCode(error) ?? "")) throw error;
  } finally {
    await directory.close();
  }
}
