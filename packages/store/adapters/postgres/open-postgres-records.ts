import { readFile } from "node:fs/promises";
import { type Clock, KedgeError } from "@kedge/core";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { type Collection, type Documents, type Fence, type IngestLedger, type Leases, type RecordStore, storeCodes } from "../../src/index.js";
import { migrateToNewest } from "../records/migrate-to-newest.js";
import type { RecordTables } from "../records/record-migrations.js";
import { SqlRecordStore } from "../records/sql-record-store.js";
import { ChangeFeed, type SharedChange } from "./change-feed.js";
import { fencedDocuments } from "./fenced-documents.js";
import { postgresFault } from "./postgres-faults.js";
import { PostgresLeases } from "./postgres-leases.js";
import { PostgresLedger } from "./postgres-ledger.js";
import { sharedMigrations } from "./shared-migrations.js";

/** Where a PostgreSQL database is. */
export interface PostgresPlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** A file that holds the password alone; read again for each new connection, so that it can be changed. */
  readonly passwordFile?: string | undefined;
  /** A file of certificates (PEM) that the server's must rest on; without one the connection is in clear. */
  readonly caFile?: string | undefined;
  /** Connections held at most. */
  readonly maxConnections: number;
}

/** Records in PostgreSQL, and what several collectors share beside them. */
export interface OpenRecords {
  readonly records: RecordStore;
  readonly leases: Leases;
  readonly ledger: IngestLedger;
  /** Documents that only the holder of a lease may write: see `fencedDocuments`. */
  fencedDocuments<T>(collection: Collection<T>, fence: () => Fence | undefined): Documents<T>;
  /** Tells of what anybody changes, this process too, from now on. */
  onChange(listener: (change: SharedChange) => void): Promise<void>;
  close(): Promise<void>;
}

/** A statement that takes longer has met a lock or a server that is gone. */
const statementTimeoutMs = 30_000;
const connectTimeoutMs = 10_000;

/** Opens (and makes, and migrates) the tables of records. Several processes may share them. Throws KedgeError `store/…` with exit `storage`. */
export async function openPostgresRecords(place: PostgresPlace, clock: Clock): Promise<OpenRecords> {
  const name = `postgres://${place.user}@${place.host}:${place.port}/${place.database}`;
  const pool = await poolAt(place, name);
  // A connection that dies is replaced, and whoever used it is told by its query's fault; unheard, either event would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const db = new Kysely<RecordTables>({ dialect: new PostgresDialect({ pool: guarded(pool, name) }) });
  try {
    await refuseUnsynced(db, name);
    await migrateToNewest(db, sharedMigrations, { what: `the database ${name}`, path: name });
  } catch (error) {
    await db.destroy();
    throw postgresFault(error, `opening the database ${name}`, name);
  }
  const records = new SqlRecordStore(db, clock);
  const feed = new ChangeFeed(() => clientConfig(place, name));
  return {
    records,
    leases: new PostgresLeases(db),
    ledger: new PostgresLedger(db),
    fencedDocuments: (collection, fence) => fencedDocuments(db, records.documents(collection), { collection, clock, fence }),
    onChange: (listener) => feed.listen(listener),
    async close() {
      await feed.close();
      await db.destroy();
    },
  };
}

async function clientConfig({ host, port, database, user, passwordFile, caFile }: PostgresPlace, name: string): Promise<pg.ClientConfig> {
  const secret = async (path: string): Promise<string> => {
    try {
      return (await readFile(path, "utf8")).trim();
    } catch (error) {
      throw postgresFault(error, `reading ${path}, to open the database ${name},`, name);
    }
  };
  return {
    host,
    port,
    database,
    user,
    ...(passwordFile === undefined ? {} : { password: () => secret(passwordFile) }),
    ...(caFile === undefined ? {} : { ssl: { ca: await secret(caFile) } }),
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    application_name: "kedge",
    // An acknowledgement follows a commit, whatever the database's own setting is.
    options: "-c synchronous_commit=on",
  };
}

async function poolAt(place: PostgresPlace, name: string): Promise<pg.Pool> {
  return new pg.Pool({ ...(await clientConfig(place, name)), max: place.maxConnections });
}

/** The pool, with its faults as ours. */
function guarded(pool: pg.Pool, name: string): ConstructorParameters<typeof PostgresDialect>[0]["pool"] {
  const fault = (error: unknown): never => {
    throw postgresFault(error, `using the database ${name}`, name);
  };
  return {
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect().catch(fault);
      return {
        query: ((text: string, values: unknown[]) => client.query(text, values).catch(fault)) as never,
        release: () => client.release(),
      };
    },
  } as never;
}

/** A server that does not sync forgets at a power cut what it had said was stored. */
async function refuseUnsynced(db: Kysely<RecordTables>, name: string): Promise<void> {
  const { rows } = await sql<{ fsync: string }>`show fsync`.execute(db);
  if (rows[0]?.fsync !== "off") return;
  throw new KedgeError(storeCodes.notDurable, `the server of ${name} runs with fsync = off: what it stores does not survive a power cut`, {
    hint: "Set fsync = on in postgresql.conf and reload the server.",
    context: { path: name, exit: "storage" },
  });
}
