import type { Clock } from "@kedge/core";
import type { RecordStore, TimeSeriesStore } from "../src/index.js";
import { openDatabase } from "./sqlite/open-database.js";
import { SqliteRecordStore } from "./sqlite/sqlite-record-store.js";
import { SqliteTimeSeriesStore } from "./sqlite/sqlite-time-series-store.js";

/** Both stores over one database. */
export interface OpenStore {
  readonly records: RecordStore;
  readonly series: TimeSeriesStore;
  close(): Promise<void>;
}

/** Records and series in one SQLite file, or in memory with the path `:memory:`. Throws KedgeError `store/…` with exit `storage`. */
export async function openSqliteStore(path: string, clock: Clock): Promise<OpenStore> {
  const database = await openDatabase(path);
  const series = new SqliteTimeSeriesStore(database);
  return {
    records: new SqliteRecordStore(database.records, clock),
    series,
    async close() {
      await series.close();
      await database.close();
    },
  };
}
