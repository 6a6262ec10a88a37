import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { KedgeError } from "@kedge/core";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { storeCodes } from "../../src/index.js";

/** "Kedg" in ASCII, in the header of every database of ours (`file` shows it too). */
const applicationId = 0x4b65_6467;

/** Says that one process holds a database. */
export interface FileLock {
  release(): void;
}

/**
 * Two collectors on one file would both acknowledge, so one process holds it: by an open transaction on a lock file, which the system gives up
 * when the process dies, however it dies. (SQLite's own exclusive mode would be held until the last statement is collected.)
 */
function takeLock(path: string): FileLock {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec("begin exclusive");
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    release() {
      lock.exec("rollback");
      lock.close();
    },
  };
}

/** Makes the directory and the file where they are not, for their owner alone: in the file are readings and hashes of tokens. */
export function holdFile(path: string): FileLock | undefined {
  if (path === ":memory:") return undefined;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  return takeLock(path);
}

function pragma(driver: DatabaseSyncInstance, name: string): unknown {
  return Object.values((driver.prepare(`pragma ${name}`).get() ?? {}) as Record<string, unknown>)[0];
}

/**
 * Sets a connection up, and claims the file as ours. Pages of 8 KiB hold five windows of 32 features, against two in
 * pages of 4 (a fifth more disk, a third fewer windows a second); they can only be chosen while the file is empty.
 */
export function claimFile(driver: DatabaseSyncInstance, path: string): void {
  const isOurs = pragma(driver, "application_id") === applicationId;
  if (!isOurs && !hasOurTables(driver)) {
    throw new KedgeError(storeCodes.foreign, `opening the database ${path} failed: it belongs to another program`, {
      hint: "Give Kedge a path of its own.",
      context: { path, exit: "storage" },
    });
  }
  // FULL: an acknowledgement follows a commit, so a commit must survive a power cut.
  driver.exec(
    `pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -65536; pragma application_id = ${applicationId};`,
  );
}

/** Whether a file without our mark may be taken: it is empty, or from before there was a mark. */
function hasOurTables(driver: DatabaseSyncInstance): boolean {
  const names = driver.prepare("select name from sqlite_schema where type = 'table'").all() as { name: string }[];
  return names.length === 0 || ["kysely_migration", "documents", "audit"].every((ours) => names.some(({ name }) => name === ours));
}
