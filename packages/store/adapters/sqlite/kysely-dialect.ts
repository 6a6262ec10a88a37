import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { SqliteDialect } from "kysely";
import { storageFault } from "./sqlite-faults.js";

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
  return new SqliteDialect({
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
