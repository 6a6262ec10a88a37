import type { Clock } from "@kedge/core";
import type { RecordStore, TimeSeriesStore } from "../src/index.js";
import { SqlRecordStore } from "./records/sql-record-store.js";
import { openDatabase } from "./sqlite/open-database.js";
import { SqliteTimeSeriesStore } from "./sqlite/sqlite-time-series-store.js";

export type { InfluxPlace } from "./influx/influx-client.js";
export { InfluxMetricStore } from "./influx/influx-metric-store.js";
export { openInfluxSeries } from "./influx/open-influx-series.js";
export { MemoryLeases } from "./memory/memory-leases.js";
export { MemoryMetricStore } from "./memory/memory-metric-store.js";
export { MemoryTimeSeriesStore } from "./memory/memory-time-series-store.js";
export type { SharedChange } from "./postgres/change-feed.js";
export { type OpenRecords, openPostgresRecords, type PostgresPlace } from "./postgres/open-postgres-records.js";

export { VictoriaMetricStore } from "./victoria/victoria-metric-store.js";
export { checkDatabase, snapshotDatabase } from "./sqlite/snapshot.js";

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
    records: new SqlRecordStore(database.records, clock),
    series,
    async close() {
      await series.close();
      await database.close();
    },
  };
}
