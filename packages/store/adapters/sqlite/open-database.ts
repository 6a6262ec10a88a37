import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { KedgeError, messageOf } from "@kedge/core";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { Kysely, Migrator, SqliteDialect } from "kysely";
import { storeCodes } from "../../src/index.js";
import { migrations, type RecordTables } from "./schema.js";

/** An open database: the driver for the hot path, kysely for records. */
export interface OpenDatabase {
  readonly driver: DatabaseSyncInstance;
  readonly records: Kysely<RecordTables>;
  close(): Promise<void>;
}

/** node:sqlite's API in the words of better-sqlite3, which kysely's dialect speaks. */
function dialectOver(driver: DatabaseSyncInstance): SqliteDialect {
  return new SqliteDialect({
    database: {
      close() {},
      prepare(sql: string) {
        const statement = driver.prepare(sql);
        const bind = (parameters: readonly unknown[]): (string | number | bigint | null | Uint8Array)[] => parameters as (string | number | bigint | null | Uint8Array)[];
        return {
          reader: statement.columns().length > 0,
          all: (parameters: readonly unknown[]) => statement.all(...bind(parameters)),
          run: (parameters: readonly unknown[]) => {
            const { changes, lastInsertRowid } = statement.run(...bind(parameters));
            return { changes, lastInsertRowid };
          },
          iterate: (parameters: readonly unknown[]) => statement.iterate(...bind(parameters)) as IterableIterator<unknown>,
        };
      },
    },
  });
}

function unusable(path: string, error: unknown): KedgeError {
  const message = messageOf(error);
  const fault = (code: string, what: string, hint: string): KedgeError => new KedgeError(code, `opening the database ${path} failed: ${what}`, { hint, context: { path, exit: "storage" }, cause: error });
  if (/locked|busy/i.test(message)) return fault(storeCodes.locked, "another process holds it", "End the other collector, or give this one another data directory.");
  if (/not a database|malformed|corrupt/i.test(message)) return fault(storeCodes.corrupt, message, "Restore the file from a backup, or move it away to begin with an empty one.");
  return fault(storeCodes.unavailable, message, "Check that the directory exists, is writable and has room.");
}

/**
 * Two collectors on one file would both acknowledge, so one process holds it: by an open transaction on a lock file, which the system gives up
 * when the process dies, however it dies. (SQLite's own exclusive mode would be held until the last statement is collected.)
 */
function takeLock(path: string): { release(): void } {
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

/** Opens (and makes, and migrates) the database at `path`, or `:memory:`. Held by one process at a time. Throws {@link KedgeError} `store/…`. */
export async function openDatabase(path: string): Promise<OpenDatabase> {
  let driver: DatabaseSyncInstance;
  let lock: { release(): void } | undefined;
  try {
    if (path !== ":memory:") {
      mkdirSync(dirname(path), { recursive: true });
      lock = takeLock(path);
    }
    driver = new DatabaseSync(path, { timeout: 1_000 });
  } catch (error) {
    lock?.release();
    throw unusable(path, error);
  }
  const records = new Kysely<RecordTables>({ dialect: dialectOver(driver) });
  try {
    // FULL: an acknowledgement follows a commit, so a commit must survive a power cut.
    driver.exec("pragma journal_mode = wal; pragma synchronous = full; begin immediate; commit;");
    const { error } = await new Migrator({ db: records, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } }).migrateToLatest();
    if (error !== undefined) throw error;
  } catch (error) {
    driver.close();
    lock?.release();
    if (/corrupted migrations/i.test(messageOf(error))) {
      throw new KedgeError(storeCodes.newerSchema, `the database ${path} was written by a newer Kedge`, { hint: "Run that version or a newer one; data is never downgraded.", context: { path, exit: "storage" }, cause: error });
    }
    throw unusable(path, error);
  }
  return {
    driver,
    records,
    async close() {
      await records.destroy();
      driver.exec("pragma wal_checkpoint(truncate)");
      driver.close();
      lock?.release();
    },
  };
}
