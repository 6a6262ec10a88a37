import type { Window } from "@kedge/profile";
import { decodeSample, decodeWindow, encodeSample, encodeWindow } from "@kedge/wire";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import {
  type Batch,
  type Committed,
  type DeadLetter,
  type IngestMark,
  type SampleQuery,
  type StoreCounts,
  type StoredSample,
  sampleId,
  type TimeSeriesStore,
  type WindowQuery,
} from "../../src/index.js";

/** Dead letters kept; the oldest go first. */
const maxDeadLetters = 10_000;

type Parameter = string | number | Uint8Array | null;

/** `(sql, parameters)` of the conditions that are asked for. */
class Conditions {
  readonly parts: string[] = ["1 = 1"];
  readonly parameters: Parameter[] = [];

  add(sql: string, ...parameters: readonly (Parameter | undefined)[]): this {
    const known = parameters.filter((p): p is Parameter => p !== undefined);
    if (known.length < parameters.length) return this;
    this.parts.push(sql);
    this.parameters.push(...known);
    return this;
  }

  /** The ids go as one JSON array: SQLite bounds the number of parameters, a fleet does not. */
  addOneOf(column: string, values: readonly string[] | undefined): this {
    return values === undefined ? this : this.add(`${column} in (select value from json_each(?))`, JSON.stringify(values));
  }

  get sql(): string {
    return this.parts.join(" and ");
  }
}

function text(row: Record<string, unknown>, column: string): string {
  return String(row[column]);
}

/** Windows, samples, ingest marks and dead letters in SQLite; windows are kept as the bytes that the wire has, which are small and checked. */
export class SqliteTimeSeriesStore implements TimeSeriesStore {
  readonly #db: DatabaseSyncInstance;
  readonly #insertWindow: StatementSyncInstance;
  readonly #insertSample: StatementSyncInstance;
  readonly #saveMark: StatementSyncInstance;

  constructor(db: DatabaseSyncInstance) {
    this.#db = db;
    this.#insertWindow = db.prepare("insert into windows values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing");
    this.#insertSample = db.prepare("insert into samples values (?, ?, ?, ?, null, null) on conflict do nothing");
    this.#saveMark = db.prepare("insert into ingest_marks values (?, ?) on conflict (device_id) do update set state = excluded.state");
  }

  async commit(batch: Batch): Promise<Committed> {
    let inserted = 0;
    this.#db.exec("begin immediate");
    try {
      for (const w of batch.windows) {
        const { changes } = this.#insertWindow.run(w.key.deviceId, w.key.bootEpoch, w.key.seq, w.startMs, w.endMs, w.bundleDigest, w.profile.rows, encodeWindow(w));
        inserted += Number(changes);
      }
      for (const s of batch.samples) inserted += Number(this.#insertSample.run(sampleId(s), s.key.deviceId, s.atMs, encodeSample(s)).changes);
      for (const mark of batch.marks) this.#saveMark.run(mark.deviceId, JSON.stringify(mark.state));
      this.#db.exec("commit");
    } catch (error) {
      this.#db.exec("rollback");
      throw error;
    }
    return { inserted, repeated: batch.windows.length + batch.samples.length - inserted };
  }

  async ingestMarks(): Promise<IngestMark[]> {
    const rows = this.#db.prepare("select device_id, state from ingest_marks").all() as Record<string, unknown>[];
    return rows.map((r) => ({ deviceId: text(r, "device_id") as IngestMark["deviceId"], state: JSON.parse(text(r, "state")) as unknown }));
  }

  async windows(query: WindowQuery): Promise<Window[]> {
    const where = new Conditions().addOneOf("device_id", query.deviceIds).add("bundle_digest = ?", query.bundleDigest).add("end_ms > ?", query.fromMs).add("start_ms < ?", query.toMs);
    const rows = this.#db.prepare(`select body from windows where ${where.sql} order by start_ms, device_id, boot_epoch, seq limit ?`).all(...where.parameters, query.limit ?? 1_000_000) as Record<string, unknown>[];
    return rows.flatMap((r) => {
      const decoded = decodeWindow(r["body"] as Uint8Array);
      return decoded.kind === "decoded" ? [decoded.value] : [];
    });
  }

  #samplesWhere(where: Conditions, limit: number): StoredSample[] {
    const rows = this.#db.prepare(`select id, body, label, labelled_ms from samples where ${where.sql} order by at_ms, id limit ?`).all(...where.parameters, limit) as Record<string, unknown>[];
    return rows.flatMap((r) => {
      const decoded = decodeSample(r["body"] as Uint8Array);
      if (decoded.kind !== "decoded") return [];
      return [{ id: text(r, "id"), sample: decoded.value, label: r["label"] === null ? null : text(r, "label"), labelledMs: r["labelled_ms"] === null ? null : Number(r["labelled_ms"]) }];
    });
  }

  async samples(query: SampleQuery): Promise<StoredSample[]> {
    const where = new Conditions().addOneOf("device_id", query.deviceIds).add("at_ms >= ?", query.fromMs).add("at_ms < ?", query.toMs);
    if (query.isLabelled !== undefined) where.add(query.isLabelled ? "label is not null" : "label is null");
    if (query.after !== undefined) where.add("(at_ms, id) > (select at_ms, id from samples where id = ?)", query.after);
    return this.#samplesWhere(where, query.limit ?? 100_000);
  }

  async sample(id: string): Promise<StoredSample | undefined> {
    return this.#samplesWhere(new Conditions().add("id = ?", id), 1)[0];
  }

  async label(labels: readonly { readonly id: string; readonly label: string }[], atMs: number): Promise<number> {
    const update = this.#db.prepare("update samples set label = ?, labelled_ms = ? where id = ?");
    let changed = 0;
    this.#db.exec("begin immediate");
    try {
      for (const { id, label } of labels) changed += Number(update.run(label, atMs, id).changes);
      this.#db.exec("commit");
    } catch (error) {
      this.#db.exec("rollback");
      throw error;
    }
    return changed;
  }

  async addDeadLetter(letter: DeadLetter): Promise<void> {
    this.#db.prepare("insert into dead_letters (at_ms, device_id, leaf, reason, message, bytes) values (?, ?, ?, ?, ?, ?)").run(letter.atMs, letter.deviceId, letter.leaf, letter.reason, letter.message, letter.bytes);
    this.#db.prepare("delete from dead_letters where id <= (select max(id) from dead_letters) - ?").run(maxDeadLetters);
  }

  async deadLetters(limit: number): Promise<DeadLetter[]> {
    const rows = this.#db.prepare("select * from dead_letters order by id desc limit ?").all(limit) as Record<string, unknown>[];
    return rows.map((r) => ({ atMs: Number(r["at_ms"]), deviceId: text(r, "device_id"), leaf: text(r, "leaf"), reason: text(r, "reason"), message: text(r, "message"), bytes: r["bytes"] as Uint8Array }));
  }

  async counts(): Promise<StoreCounts> {
    const one = (sql: string): number => Number((this.#db.prepare(sql).get() as Record<string, unknown>)["n"] ?? 0);
    return {
      stored: one("select count(*) as n from windows"),
      distinct: one("select count(*) as n from (select distinct device_id, boot_epoch, seq from windows)"),
      rows: one("select sum(rows) as n from windows"),
      samples: one("select count(*) as n from samples"),
      labelled: one("select count(*) as n from samples where label is not null"),
      deadLetters: one("select count(*) as n from dead_letters"),
    };
  }

  async deleteBefore(beforeMs: number): Promise<number> {
    const run = (sql: string): number => Number(this.#db.prepare(sql).run(beforeMs).changes);
    return run("delete from windows where end_ms < ?") + run("delete from samples where at_ms < ? and label is null") + run("delete from dead_letters where at_ms < ?");
  }
}
