import { messageOf } from "@kedge/core";
import type { IngestLedger, TimeSeriesStore } from "../../src/index.js";
import { type InfluxPlace, influxClient, passwordOf, placeName } from "./influx-client.js";
import { influxFault } from "./influx-faults.js";
import { InfluxTimeSeriesStore } from "./influx-time-series-store.js";
import { InfluxWindows } from "./influx-windows.js";

/**
 * Windows in InfluxDB, the rest in `own`. Makes the database where it is not. `isShared`: other processes write to it, so nothing of it is put in
 * order before `adopt`. Throws KedgeError `store/…`.
 */
export async function openInfluxSeries(place: InfluxPlace, own: IngestLedger, { isShared = false } = {}): Promise<TimeSeriesStore> {
  const { database } = place;
  const name = placeName(place);
  try {
    const influx = influxClient(place, await passwordOf(place));
    if (!(await influx.getDatabaseNames()).includes(database)) await influx.createDatabase(database);
    const store = new InfluxTimeSeriesStore(new InfluxWindows(influx, database), own);
    if (!isShared) await store.adopt();
    return store;
  } catch (error) {
    throw influxFault(new Error(messageOf(error), { cause: error }), `opening ${name}`, name);
  }
}
