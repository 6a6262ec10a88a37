import { type Migration, sql } from "kysely";

/** Tables of records; the same in every SQL database. Times in ms since 1970, bodies in JSON. */
export interface RecordTables {
  documents: { collection: string; id: string; version: number; status: string; created_ms: number; updated_ms: number; body: string };
  audit: { seq: number; at_ms: number; actor: string; action: string; subject: string; details: string; hash: string };
}

/**
 * Migrations of records in order, for every SQL database; applied ones never change. `sortedText`: the type of text that sorts by its bytes,
 * as SQLite's does of itself; lists must be in the same order everywhere.
 */
export function recordMigrations(sortedText: "text" | 'text collate "C"'): Readonly<Record<string, Migration>> {
  const text = sql.raw(sortedText);
  return {
    "0001-records": {
      async up(db) {
        await db.schema
          .createTable("documents")
          .addColumn("collection", text, (c) => c.notNull())
          .addColumn("id", text, (c) => c.notNull())
          .addColumn("version", "integer", (c) => c.notNull())
          .addColumn("status", "text", (c) => c.notNull())
          .addColumn("created_ms", "bigint", (c) => c.notNull())
          .addColumn("updated_ms", "bigint", (c) => c.notNull())
          .addColumn("body", "text", (c) => c.notNull())
          .addPrimaryKeyConstraint("documents_key", ["collection", "id"])
          .execute();
        await db.schema.createIndex("documents_by_status").on("documents").columns(["collection", "status", "id"]).execute();
        await db.schema
          .createTable("audit")
          .addColumn("seq", "integer", (c) => c.primaryKey())
          .addColumn("at_ms", "bigint", (c) => c.notNull())
          .addColumn("actor", "text", (c) => c.notNull())
          .addColumn("action", "text", (c) => c.notNull())
          .addColumn("subject", "text", (c) => c.notNull())
          .addColumn("details", "text", (c) => c.notNull())
          .addColumn("hash", "text", (c) => c.notNull())
          .execute();
        await db.schema.createIndex("audit_by_subject").on("audit").columns(["subject", "seq"]).execute();
      },
    },
  };
}
