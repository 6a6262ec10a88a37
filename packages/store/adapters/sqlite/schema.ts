import { type Migration, sql } from "kysely";
import { recordMigrations } from "../records/record-migrations.js";

/** Migrations in order; applied ones never change, new ones are added at the end. */
export const migrations: Readonly<Record<string, Migration>> = {
  ...recordMigrations("text"),
  "0002-series": {
    async up(db) {
      await db.schema
        .createTable("windows")
        .addColumn("device_id", "text", (c) => c.notNull())
        .addColumn("boot_epoch", "bigint", (c) => c.notNull())
        .addColumn("seq", "bigint", (c) => c.notNull())
        .addColumn("start_ms", "double precision", (c) => c.notNull())
        .addColumn("end_ms", "double precision", (c) => c.notNull())
        .addColumn("bundle_digest", "text", (c) => c.notNull())
        .addColumn("rows", "bigint", (c) => c.notNull())
        .addColumn("body", "blob", (c) => c.notNull())
        .addPrimaryKeyConstraint("windows_key", ["device_id", "boot_epoch", "seq"])
        .execute();
      await db.schema.createIndex("windows_by_time").on("windows").columns(["end_ms"]).execute();
      await db.schema
        .createTable("samples")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("device_id", "text", (c) => c.notNull())
        .addColumn("at_ms", "double precision", (c) => c.notNull())
        .addColumn("body", "blob", (c) => c.notNull())
        .addColumn("label", "text")
        .addColumn("labelled_ms", "double precision")
        .execute();
      await db.schema.createIndex("samples_by_time").on("samples").columns(["at_ms"]).execute();
      await db.schema
        .createTable("ingest_marks")
        .addColumn("device_id", "text", (c) => c.primaryKey())
        .addColumn("state", "text", (c) => c.notNull())
        .execute();
      await db.schema
        .createTable("dead_letters")
        .addColumn("id", "integer", (c) => c.primaryKey())
        .addColumn("at_ms", "double precision", (c) => c.notNull())
        .addColumn("device_id", "text", (c) => c.notNull())
        .addColumn("leaf", "text", (c) => c.notNull())
        .addColumn("reason", "text", (c) => c.notNull())
        .addColumn("message", "text", (c) => c.notNull())
        .addColumn("bytes", "blob", (c) => c.notNull())
        .execute();
    },
  },
  "0003-numbers": {
    async up(db) {
      for (const table of ["device_numbers", "digest_numbers"]) {
        await db.schema
          .createTable(table)
          .addColumn("no", "integer", (c) => c.primaryKey())
          .addColumn("name", "text", (c) => c.notNull().unique())
          .execute();
      }
      await db.schema.dropIndex("windows_by_time").execute();
      await db.schema.alterTable("windows").renameTo("windows_by_name").execute();
      await db.schema
        .createTable("windows")
        .addColumn("device_no", "integer", (c) => c.notNull())
        .addColumn("boot_epoch", "bigint", (c) => c.notNull())
        .addColumn("seq", "bigint", (c) => c.notNull())
        .addColumn("start_ms", "bigint", (c) => c.notNull())
        .addColumn("end_ms", "bigint", (c) => c.notNull())
        .addColumn("bundle_no", "integer", (c) => c.notNull())
        .addColumn("rows", "bigint", (c) => c.notNull())
        .addColumn("body", "blob", (c) => c.notNull())
        .addPrimaryKeyConstraint("windows_key_by_number", ["device_no", "boot_epoch", "seq"])
        .execute();
      await db.schema.createIndex("windows_by_end").on("windows").columns(["device_no", "end_ms", "boot_epoch", "seq"]).execute();
      await db.schema
        .createTable("window_length")
        .addColumn("id", "integer", (c) => c.primaryKey())
        .addColumn("longest_ms", "bigint", (c) => c.notNull())
        .execute();
      await sql`insert into device_numbers (name) select distinct device_id from windows_by_name order by device_id`.execute(db);
      await sql`insert into digest_numbers (name) select distinct bundle_digest from windows_by_name order by bundle_digest`.execute(db);
      await sql`insert into windows select d.no, w.boot_epoch, w.seq, w.start_ms, w.end_ms, b.no, w.rows, w.body
        from windows_by_name w join device_numbers d on d.name = w.device_id join digest_numbers b on b.name = w.bundle_digest`.execute(db);
      await sql`insert into window_length select 1, coalesce(max(end_ms - start_ms), 0) from windows`.execute(db);
      await db.schema.dropTable("windows_by_name").execute();
      await db.schema
        .createTable("dead_letter_totals")
        .addColumn("reason", "text", (c) => c.primaryKey())
        .addColumn("total", "bigint", (c) => c.notNull())
        .execute();
      await sql`insert into dead_letter_totals select reason, count(*) from dead_letters group by reason`.execute(db);
    },
  },
  "0004-roll-ups": {
    async up(db) {
      await db.schema
        .createTable("roll_ups")
        .addColumn("device_no", "integer", (c) => c.notNull())
        .addColumn("level_ms", "integer", (c) => c.notNull())
        .addColumn("at_ms", "bigint", (c) => c.notNull())
        .addColumn("bundle_no", "integer", (c) => c.notNull())
        .addColumn("spec_no", "integer", (c) => c.notNull())
        .addColumn("is_sealed", "integer", (c) => c.notNull())
        .addColumn("windows", "bigint", (c) => c.notNull())
        .addColumn("start_ms", "bigint", (c) => c.notNull())
        .addColumn("end_ms", "bigint", (c) => c.notNull())
        .addColumn("body", "blob", (c) => c.notNull())
        .addPrimaryKeyConstraint("roll_ups_key", ["device_no", "level_ms", "at_ms", "bundle_no", "spec_no"])
        .execute();
      await db.schema.createIndex("roll_ups_by_time").on("roll_ups").columns(["level_ms", "at_ms", "spec_no", "device_no"]).execute();
      await sql`create table roll_ups_due (device_no integer not null, level_ms integer not null, at_ms bigint not null,
        primary key (device_no, level_ms, at_ms)) without rowid`.execute(db);
      await db.schema.createIndex("roll_ups_due_by_time").on("roll_ups_due").columns(["level_ms", "at_ms"]).execute();
      await sql`insert into roll_ups_due select distinct device_no, 3600000, end_ms - end_ms % 3600000 from windows`.execute(db);
      await db.schema.dropTable("window_length").execute();
    },
  },
  "0005-letter-size": {
    async up(db) {
      await sql`alter table dead_letters add column size integer not null default 0`.execute(db);
      await sql`update dead_letters set size = length(bytes)`.execute(db);
    },
  },
  "0006-letters-by-device": {
    async up(db) {
      await db.schema.createIndex("dead_letters_by_device").on("dead_letters").columns(["device_id", "id"]).execute();
    },
  },
};
