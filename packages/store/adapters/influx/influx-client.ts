import { readFile } from "node:fs/promises";
import { InfluxDB, type IPoolOptions } from "influx";

/** Where a server is that takes InfluxDB's lines. */
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

/** The place in words, for messages. */
export function placeName({ protocol, host, port, database }: InfluxPlace): string {
  return `${protocol}://${host}:${port}/${database}`;
}

/** The password, if there is one. */
export async function passwordOf({ passwordFile }: InfluxPlace): Promise<string | undefined> {
  return passwordFile === undefined ? undefined : (await readFile(passwordFile, "utf8")).trim();
}

/** A client. Nothing is asked yet. */
export function influxClient(place: InfluxPlace, password: string | undefined): InfluxDB {
  const { host, port, protocol, database, user } = place;
  return new InfluxDB({
    host,
    port,
    protocol,
    database,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    pool: { maxRetries: 1, requestTimeout: requestTimeoutMs, backoff },
  });
}
