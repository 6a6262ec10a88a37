import { createHash } from "node:crypto";
import { canonicalJson, type Clock, type Json } from "@kedge/core";
import type { Kysely } from "kysely";
import {
  type AuditEntry,
  type AuditFact,
  type AuditLog,
  type Collection,
  type Documents,
  jsonText,
  type ListQuery,
  type RecordStore,
  type SaveOutcome,
  type Stored,
} from "../../src/index.js";
import type { RecordTables } from "./record-migrations.js";

type Row = RecordTables["documents"];

/** A row as a document. */
export function storedOf<T>(row: Row): Stored<T> {
  return { id: row.id, version: row.version, createdMs: Number(row.created_ms), updatedMs: Number(row.updated_ms), body: JSON.parse(row.body) as T };
}

/** Documents as JSON in one table. Each save is one statement, so nothing can come between compare and set. */
class SqlDocuments<T> implements Documents<T> {
  readonly #db: Kysely<RecordTables>;
  readonly #collection: Collection<T>;
  readonly #clock: Clock;

  constructor(db: Kysely<RecordTables>, collection: Collection<T>, clock: Clock) {
    this.#db = db;
    this.#collection = collection;
    this.#clock = clock;
  }

  async get(id: string): Promise<Stored<T> | undefined> {
    const row = await this.#db.selectFrom("documents").selectAll().where("collection", "=", this.#collection.name).where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : storedOf<T>(row);
  }

  async insert(id: string, body: T): Promise<SaveOutcome<T>> {
    const now = this.#clock.nowMs();
    const text = this.#text(id, body);
    const row = await this.#db
      .insertInto("documents")
      .values({ collection: this.#collection.name, id, version: 1, status: this.#collection.statusOf(body), created_ms: now, updated_ms: now, body: text })
      .onConflict((c) => c.doNothing())
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? { kind: "conflict", current: await this.get(id) } : { kind: "saved", stored: storedOf<T>(row) };
  }

  async save(id: string, body: T, expectedVersion: number): Promise<SaveOutcome<T>> {
    const text = this.#text(id, body);
    const row = await this.#db
      .updateTable("documents")
      .set({ version: expectedVersion + 1, status: this.#collection.statusOf(body), updated_ms: this.#clock.nowMs(), body: text })
      .where("collection", "=", this.#collection.name)
      .where("id", "=", id)
      .where("version", "=", expectedVersion)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? { kind: "conflict", current: await this.get(id) } : { kind: "saved", stored: storedOf<T>(row) };
  }

  async list(query: ListQuery = {}): Promise<Stored<T>[]> {
    const { status, after, limit = 1_000, newestFirst = false } = query;
    // PostgreSQL takes no empty list.
    if (status?.length === 0) return [];
    let select = this.#db.selectFrom("documents").selectAll().where("collection", "=", this.#collection.name);
    if (status !== undefined) select = select.where("status", "in", status.slice());
    if (after !== undefined) select = select.where("id", newestFirst ? "<" : ">", after);
    const rows = await select
      .orderBy("id", newestFirst ? "desc" : "asc")
      .limit(limit)
      .execute();
    return rows.map((row) => storedOf<T>(row));
  }

  async count(status?: string): Promise<number> {
    let select = this.#db
      .selectFrom("documents")
      .select((e) => e.fn.countAll().as("n"))
      .where("collection", "=", this.#collection.name);
    if (status !== undefined) select = select.where("status", "=", status);
    return Number((await select.executeTakeFirst())?.n ?? 0);
  }

  async delete(id: string): Promise<boolean> {
    const done = await this.#db.deleteFrom("documents").where("collection", "=", this.#collection.name).where("id", "=", id).executeTakeFirst();
    return Number(done.numDeletedRows) > 0;
  }

  #text(id: string, body: T): string {
    return jsonText(body, `${this.#collection.name} ${id}`);
  }
}

function hashOf(previous: string, fact: AuditFact): string {
  return createHash("sha256")
    .update(previous)
    .update("\n")
    .update(canonicalJson(fact as unknown as Json))
    .digest("hex");
}

class SqlAuditLog implements AuditLog {
  readonly #db: Kysely<RecordTables>;
  /** Appends wait for one another, since each hash rests on the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: Kysely<RecordTables>) {
    this.#db = db;
  }

  append(fact: AuditFact): Promise<AuditEntry> {
    // What JSON cannot carry must not be part of the hash either.
    const plain = JSON.parse(JSON.stringify(fact)) as AuditFact;
    const append = async (): Promise<AuditEntry> => {
      // Where several processes append, another may take the number first: then the chain goes on behind its entry.
      for (;;) {
        const entry = await this.#appendOnce(plain);
        if (entry !== undefined) return entry;
      }
    };
    const result = this.#last.then(append, append);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #appendOnce(plain: AuditFact): Promise<AuditEntry | undefined> {
    const before = await this.#db.selectFrom("audit").select(["seq", "hash"]).orderBy("seq", "desc").limit(1).executeTakeFirst();
    const entry = { ...plain, seq: (before?.seq ?? 0) + 1, hash: hashOf(before?.hash ?? "", plain) };
    const row = await this.#db
      .insertInto("audit")
      .values({
        seq: entry.seq,
        at_ms: entry.atMs,
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject,
        details: JSON.stringify(entry.details),
        hash: entry.hash,
      })
      .onConflict((c) => c.doNothing())
      .returning("seq")
      .executeTakeFirst();
    return row === undefined ? undefined : entry;
  }

  async list(query: { readonly subject?: string; readonly afterSeq?: number; readonly limit?: number } = {}): Promise<AuditEntry[]> {
    let select = this.#db
      .selectFrom("audit")
      .selectAll()
      .where("seq", ">", query.afterSeq ?? 0);
    if (query.subject !== undefined) select = select.where("subject", "=", query.subject);
    const rows = await select
      .orderBy("seq")
      .limit(query.limit ?? 1_000)
      .execute();
    return rows.map((r) => ({
      seq: r.seq,
      atMs: Number(r.at_ms),
      actor: r.actor,
      action: r.action,
      subject: r.subject,
      details: JSON.parse(r.details) as Record<string, unknown>,
      hash: r.hash,
    }));
  }

  async firstBroken(): Promise<AuditEntry | undefined> {
    let previous = "";
    let expected = 1;
    for (;;) {
      const page = await this.list({ afterSeq: expected - 1, limit: 1_000 });
      if (page.length === 0) return undefined;
      for (const { seq, hash, ...fact } of page) {
        if (seq !== expected || hash !== hashOf(previous, fact)) return { seq, hash, ...fact };
        previous = hash;
        expected += 1;
      }
    }
  }
}

/** Records in the tables of `record-migrations.ts`, in any SQL database that kysely speaks. */
export class SqlRecordStore implements RecordStore {
  readonly #db: Kysely<RecordTables>;
  readonly #clock: Clock;
  readonly audit: AuditLog;

  constructor(db: Kysely<RecordTables>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.audit = new SqlAuditLog(db);
  }

  documents<T>(collection: Collection<T>): Documents<T> {
    return new SqlDocuments(this.#db, collection, this.#clock);
  }
}
