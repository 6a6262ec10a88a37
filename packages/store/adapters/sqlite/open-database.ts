import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { Kysely } from "kysely";
import { claimFile, type FileLock, holdFile } from "./database-file.js";
import { dialectOver } from "./kysely-dialect.js";
import { migrateToNewest } from "../records/migrate-to-newest.js";
import type { RecordTables } from "../records/record-migrations.js";
import { migrations } from "./schema.js";
import { storageFault } from "./sqlite-faults.js";

/** An open database: the driver for the hot path, kysely for records. */
export interface OpenDatabase {
  readonly path: string;
  readonly driver: DatabaseSyncInstance;
  readonly records: Kysely<RecordTables>;
  close(): Promise<void>;
}

/** Opens (and makes, and migrates) the database at `path`, or `:memory:`. Held by one process at a time. Throws KedgeError `store/…`. */
export async function openDatabase(path: string): Promise<OpenDatabase> {
  let lock: FileLock | undefined;
  let driver: DatabaseSyncInstance | undefined;
  try {
    lock = holdFile(path);
    driver = new DatabaseSync(path, { timeout: 1_000 });
    claimFile(driver, path);
    const records = new Kysely<RecordTables>({ dialect: dialectOver(driver, path) });
    await migrateToNewest(records, migrations, { what: `the database ${path}`, path });
    return opened({ path, driver, records, lock });
  } catch (error) {
    driver?.close();
    lock?.release();
    throw storageFault(error, `opening the database ${path}`, path);
  }
}

function opened(parts: Omit<OpenDatabase, "close"> & { readonly lock: FileLock | undefined }): OpenDatabase {
  const { path, driver, records, lock } = parts;
  let isOpen = true;
  return {
    path,
    driver,
    records,
    async close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        await records.destroy();
        driver.exec("pragma wal_checkpoint(truncate)");
      } finally {
        driver.close();
        lock?.release();
      }
    },
  };
}
