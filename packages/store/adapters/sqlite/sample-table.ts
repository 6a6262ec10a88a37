import type { Sample } from "@kedge/wire";
import { decodeSample, encodeSample } from "@kedge/wire";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { type SampleQuery, type StoredSample, sampleId, storeLimits, tooManySamples } from "../../src/index.js";
import { inTransaction, pause } from "./transaction.js";

type Parameter = string | number | null;

/** A sample ready to be written. */
export interface SampleRow {
  readonly sample: Sample;
  readonly body: Uint8Array;
}

interface Row {
  readonly id: string;
  readonly body: Uint8Array;
  readonly label: string | null;
  readonly labelled_ms: number | null;
}

export function sampleRow(sample: Sample): SampleRow {
  return { sample, body: encodeSample(sample) };
}

/** `(sql, parameters)` of what a query asks for; ids go as one JSON array, since SQLite bounds the number of parameters and a fleet does not. */
function conditionsOf(query: SampleQuery): { readonly sql: string; readonly parameters: readonly Parameter[] } {
  const asked: readonly (readonly [boolean, string, Parameter?])[] = [
    [query.deviceIds !== undefined, "device_id in (select value from json_each(?))", JSON.stringify(query.deviceIds ?? [])],
    [query.fromMs !== undefined, "at_ms >= ?", query.fromMs ?? 0],
    [query.toMs !== undefined, "at_ms < ?", query.toMs ?? 0],
    [query.isLabelled === true, "label is not null"],
    [query.isLabelled === false, "label is null"],
    [query.after !== undefined, "(at_ms, id) > (select at_ms, id from samples where id = ?)", query.after ?? ""],
  ];
  const taken = asked.filter(([isAsked]) => isAsked);
  return {
    sql: ["1 = 1", ...taken.map(([, sql]) => sql)].join(" and "),
    parameters: taken.flatMap(([, , parameter]) => (parameter === undefined ? [] : [parameter])),
  };
}

/** Samples and their labels. */
export class SampleTable {
  readonly #db: DatabaseSyncInstance;
  readonly #insert: StatementSyncInstance;
  readonly #setLabel: StatementSyncInstance;
  #damaged = 0;

  constructor(db: DatabaseSyncInstance) {
    this.#db = db;
    this.#insert = db.prepare("insert into samples values (?, ?, ?, ?, null, null) on conflict do nothing");
    this.#setLabel = db.prepare("update samples set label = ?, labelled_ms = ? where id = ?");
  }

  get damaged(): number {
    return this.#damaged;
  }

  /** Writes rows within a transaction; how many were new. */
  insert(rows: readonly SampleRow[]): number {
    let inserted = 0;
    for (const { sample, body } of rows) inserted += Number(this.#insert.run(sampleId(sample), sample.key.deviceId, sample.atMs, body).changes);
    return inserted;
  }

  label(labels: readonly { readonly id: string; readonly label: string }[], atMs: number): number {
    return labels.reduce((changed, { id, label }) => changed + Number(this.#setLabel.run(label, atMs, id).changes), 0);
  }

  list(query: SampleQuery): StoredSample[] {
    const { sql, parameters } = conditionsOf(query);
    const limit = query.limit ?? storeLimits.samples + 1;
    const rows = this.#db
      .prepare(`select id, body, label, labelled_ms from samples where ${sql} order by at_ms, id limit ?`)
      .all(...parameters, limit) as Row[];
    if (query.limit !== undefined || rows.length < limit) return this.#decoded(rows);
    throw tooManySamples();
  }

  find(id: string): StoredSample | undefined {
    return this.#decoded(this.#db.prepare("select id, body, label, labelled_ms from samples where id = ?").all(id) as Row[])[0];
  }

  counts(deviceIds?: readonly string[]): { readonly samples: number; readonly labelled: number } {
    const { sql, parameters } = conditionsOf(deviceIds === undefined ? {} : { deviceIds });
    return this.#db.prepare(`select count(*) as samples, count(label) as labelled from samples where ${sql}`).get(...parameters) as {
      samples: number;
      labelled: number;
    };
  }

  async trim(maxBytes: number): Promise<number> {
    const rows = this.#db.prepare("select id, length(body) as bytes from samples order by label is not null, at_ms, id").all() as {
      id: string;
      bytes: number;
    }[];
    let total = rows.reduce((sum, row) => sum + row.bytes, 0);
    const doomed: string[] = [];
    for (const { id, bytes } of rows) {
      if (total <= maxBytes) break;
      doomed.push(id);
      total -= bytes;
    }
    const drop = this.#db.prepare("delete from samples where id in (select value from json_each(?))");
    let deleted = 0;
    for (let i = 0; i < doomed.length; i += storeLimits.deletions) {
      const some = JSON.stringify(doomed.slice(i, i + storeLimits.deletions));
      deleted += Number(inTransaction(this.#db, () => drop.run(some)).changes);
      await pause();
    }
    return deleted;
  }

  async deleteBefore(beforeMs: number): Promise<number> {
    const some = this.#db.prepare("delete from samples where id in (select id from samples where at_ms < ? and label is null limit ?)");
    let deleted = 0;
    let changes: number = storeLimits.deletions;
    while (changes === storeLimits.deletions) {
      changes = Number(inTransaction(this.#db, () => some.run(beforeMs, storeLimits.deletions)).changes);
      deleted += changes;
      await pause();
    }
    return deleted;
  }

  #decoded(rows: readonly Row[]): StoredSample[] {
    const samples: StoredSample[] = [];
    for (const { id, body, label, labelled_ms } of rows) {
      const decoded = decodeSample(body);
      if (decoded.kind === "decoded") samples.push({ id, sample: decoded.value, label, labelledMs: labelled_ms });
      else this.#damaged += 1;
    }
    return samples;
  }
}
