import { readFile } from "node:fs/promises";
import { messageOf } from "@kedge/core";
import { InfluxDB, type IPoolOptions } from "influx";
import type { IngestLedger, TimeSeriesStore } from "../../src/index.js";
import { influxFault } from "./influx-faults.js";
import { InfluxTimeSeriesStore } from "./influx-time-series-store.js";
import { InfluxWindows } from "./influx-windows.js";

/** Where an InfluxDB 1.x database is. */
export interface InfluxPlace {
  readonly host: string;
  readonly port: number;
  readonly protocol: "http" | "https";
  readonly database: string;
  readonly user?: string | undefined;
  /** A file that holds the password alone. */
  readonly passwordFile?: string | undefined;
}

const requestTimeoutMs = 30_000;
/** How long a server that did not answer is left alone; the client's own rule grows to minutes, while devices wait. */
const leftAloneMs = 100;
type BackoffStrategy = NonNullable<IPoolOptions["backoff"]>;
const backoff: BackoffStrategy = { getDelay: () => leftAloneMs, next: () => backoff, reset: () => backoff };

/**
 * Windows in InfluxDB, the rest in `own`. Makes the database where it is not. `isShared`: other processes write to it, so nothing of it is put in
 * order before `adopt`. Throws KedgeError `store/…`.
 */
export async function openInfluxSeries(place: InfluxPlace, own: IngestLedger, { isShared = false } = {}): Promise<TimeSeriesStore> {
  const { host, port, protocol, database, user, passwordFile } = place;
  const name = `${protocol}://${host}:${port}/${database}`;
  try {
    const password = passwordFile === undefined ? undefined : (await readFile(passwordFile, "utf8")).trim();
    const influx = new InfluxDB({
      host,
      port,
      protocol,
      database,
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      pool: { maxRetries: 1, requestTimeout: requestTimeoutMs, backoff },
    });
    if (!(await influx.getDatabaseNames()).includes(database)) await influx.createDatabase(database);
    const store = new InfluxTimeSeriesStore(new InfluxWindows(influx, database), own);
    if (!isShared) await store.adopt();
    return store;
  } catch (error) {
    throw influxFault(new Error(messageOf(error), { cause: error }), `opening ${name}`, name);
  }
}
