import { type Migration, sql } from "kysely";
import { recordMigrations } from "../records/record-migrations.js";

/**
 * What several collectors share: leases by the server's clock, ingest marks, samples, refused messages, and word of documents that changed.
 * Times of leases are the server's; all others in ms since 1970, of whoever wrote them.
 */
export const sharedMigrations: Readonly<Record<string, Migration>> = {
  ...recordMigrations('text collate "C"'),
  "0002-shared": {
    async up(db) {
      const statements = [
        `create table members (id text collate "C" primary key, until timestamptz not null)`,
        `create table leases (name text collate "C" primary key, holder text, epoch bigint not null, until timestamptz not null)`,
        `create table ingest_marks (device_id text collate "C" primary key, shard text not null, state text not null)`,
        `create index ingest_marks_by_shard on ingest_marks (shard)`,
        `create table samples (id text collate "C" primary key, device_id text not null, at_ms double precision not null, body bytea not null,
           label text, labelled_ms double precision)`,
        `create index samples_by_time on samples (at_ms, id)`,
        `create index samples_by_device on samples (device_id, at_ms)`,
        `create table dead_letters (id bigint generated always as identity primary key, at_ms double precision not null, device_id text not null,
           leaf text not null, reason text not null, message text not null, bytes bytea not null)`,
        `create table dead_letter_totals (reason text collate "C" primary key, total bigint not null)`,
        `create function kedge_tell_document() returns trigger language plpgsql as $$
         declare changed record := coalesce(new, old);
         begin
           perform pg_notify('kedge_documents', changed.collection || ' ' || changed.id);
           return null;
         end $$`,
        `create trigger documents_tell after insert or update or delete on documents for each row execute function kedge_tell_document()`,
      ];
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  },
  "0003-letter-size": {
    async up(db) {
      // With a default: in a rolling upgrade collectors of the version before still write.
      await sql`alter table dead_letters add column size bigint not null default 0`.execute(db);
      await sql`update dead_letters set size = length(bytes)`.execute(db);
      await sql`create index dead_letters_by_device on dead_letters (device_id, id)`.execute(db);
    },
  },
};
