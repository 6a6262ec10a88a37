import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { type DialectAdapter, SqliteAdapter, SqliteDialect } from "kysely";
import { storageFault } from "./sqlite-faults.js";

/** SQLite takes back table changes with the rest of a transaction; kysely only does not count on it. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Migrations run in one transaction: a process killed in the middle of one must find the store as it was. */
class TransactionalDialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

type Bound = (string | number | bigint | null | Uint8Array)[];

/** node:sqlite's API in the words of better-sqlite3, which kysely's dialect speaks. Faults come out as ours. */
export function dialectOver(driver: DatabaseSyncInstance, path: string): SqliteDialect {
  function guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageFault(error, `using the database ${path}`, path);
    }
  }
  return new TransactionalDialect({
    database: {
      close() {},
      prepare(sql: string) {
        const statement = guarded(() => driver.prepare(sql));
        return {
          reader: statement.columns().length > 0,
          all: (parameters: readonly unknown[]) => guarded(() => statement.all(...(parameters as Bound))),
          run: (parameters: readonly unknown[]) => guarded(() => statement.run(...(parameters as Bound))),
          iterate: (parameters: readonly unknown[]) => guarded(() => statement.iterate(...(parameters as Bound))) as IterableIterator<unknown>,
        };
      },
    },
  });
}
