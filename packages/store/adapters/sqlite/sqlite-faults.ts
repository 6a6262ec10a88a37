import { KedgeError, messageOf } from "@kedge/core";
import { type StoreCode, storeCodes as codes } from "../../src/index.js";

/** SQLite's primary result codes that mean something to us. Source: sqlite.org/rescode.html */
const byResult: Readonly<Record<number, StoreCode>> = {
  5: codes.locked,
  6: codes.locked,
  11: codes.corrupt,
  13: codes.diskFull,
  26: codes.corrupt,
};

/** The driver leaves the result code out of faults it meets while stepping through rows; SQLite's words are always there. */
const byMessage: readonly (readonly [RegExp, StoreCode])[] = [
  [/database (table )?is locked|database schema is locked/i, codes.locked],
  [/malformed|file is not a database/i, codes.corrupt],
  [/database or disk is full/i, codes.diskFull],
  [/not open|connection is closed|finalized/i, codes.closed],
];

const hints: Readonly<Record<string, string>> = {
  [codes.locked]: "End the other collector, or give this one another data directory.",
  [codes.corrupt]: "Restore the file from a backup, or move it away (with its -wal and -shm) to begin with an empty one.",
  [codes.diskFull]: "Free space on that disk; nothing that was stored is harmed, and devices keep what was not acknowledged.",
  [codes.unavailable]: "Check that the directory exists, is writable and has room.",
  [codes.closed]: "This is a fault of Kedge: something went on after the store was closed.",
};

const words: Readonly<Record<string, string>> = { [codes.locked]: "another process holds it" };

function codeOf(error: unknown): StoreCode {
  const result = (error as { errcode?: unknown } | null)?.errcode;
  const known = typeof result === "number" ? byResult[result & 0xff] : undefined;
  if (known !== undefined) return known;
  const message = messageOf(error);
  return byMessage.find(([pattern]) => pattern.test(message))?.[1] ?? codes.unavailable;
}

/** A fault of SQLite as one of ours. `doing` says what was being done with which file. */
export function storageFault(error: unknown, doing: string, path: string): Error {
  // Our own faults, and those of whoever gave us a value that cannot be stored, keep their names.
  if (error instanceof Error && (error.name === "KedgeError" || error.name === "InvariantError")) return error;
  const code = codeOf(error);
  return new KedgeError(code, `${doing} failed: ${words[code] ?? messageOf(error)}`, {
    hint: hints[code] ?? "",
    context: { path, exit: "storage" },
    retryable: code === codes.diskFull || code === codes.locked,
    cause: error,
  });
}
