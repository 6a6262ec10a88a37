import { decodeSample } from "@kedge/wire";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { type SampleQuery, type StoredSample, storeLimits, tooManySamples } from "../../src/index.js";

interface Row {
  readonly id: string;
  readonly body: Uint8Array;
  readonly label: string | null;
  readonly labelled_ms: number | null;
}

function conditionsOf(query: SampleQuery): RawBuilder<unknown> {
  const { deviceIds, fromMs, toMs, isLabelled, after } = query;
  const all = [
    ...(deviceIds === undefined ? [] : [sql`device_id = any(${deviceIds}::text[])`]),
    ...(fromMs === undefined ? [] : [sql`at_ms >= ${fromMs}`]),
    ...(toMs === undefined ? [] : [sql`at_ms < ${toMs}`]),
    ...(isLabelled === undefined ? [] : [isLabelled ? sql`label is not null` : sql`label is null`]),
    ...(after === undefined ? [] : [sql`(at_ms, id) > (select at_ms, id from samples where id = ${after})`]),
  ];
  return all.length === 0 ? sql`true` : sql.join(all, sql` and `);
}

/** Samples and their labels in PostgreSQL; they are written by `PostgresLedger`. */
export class PostgresSamples<T> {
  readonly #db: Kysely<T>;
  damaged = 0;

  constructor(db: Kysely<T>) {
    this.#db = db;
  }

  async list(query: SampleQuery): Promise<StoredSample[]> {
    const limit = query.limit ?? storeLimits.samples + 1;
    const { rows } = await sql<Row>`select id, body, label, labelled_ms from samples where ${conditionsOf(query)} order by at_ms, id limit ${limit}`.execute(
      this.#db,
    );
    if (query.limit === undefined && rows.length >= limit) throw tooManySamples();
    return this.#decoded(rows);
  }

  async find(id: string): Promise<StoredSample | undefined> {
    const { rows } = await sql<Row>`select id, body, label, labelled_ms from samples where id = ${id}`.execute(this.#db);
    return this.#decoded(rows)[0];
  }

  async counts(deviceIds?: readonly string[]): Promise<{ readonly samples: number; readonly labelled: number }> {
    const where = conditionsOf(deviceIds === undefined ? {} : { deviceIds });
    const { rows } = await sql<{ n: string; labelled: string }>`select count(*) as n, count(label) as labelled from samples where ${where}`.execute(this.#db);
    return { samples: Number(rows[0]?.n ?? 0), labelled: Number(rows[0]?.labelled ?? 0) };
  }

  async label(labels: readonly { readonly id: string; readonly label: string }[], atMs: number): Promise<number> {
    // The last word on a sample stands, as it would if they were said one by one.
    const last = new Map(labels.map(({ id, label }) => [id, label]));
    const known = new Set<string>();
    const { rows } = await sql<{ id: string }>`update samples set label = l.label, labelled_ms = ${atMs}
      from unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[]) as l(id, label) where samples.id = l.id returning samples.id`.execute(this.#db);
    for (const { id } of rows) known.add(id);
    return labels.filter(({ id }) => known.has(id)).length;
  }

  async trim(maxBytes: number): Promise<number> {
    const { numAffectedRows = 0n } = await sql`delete from samples where id in (select id from (
        select id, sum(length(body)) over (order by label is null, at_ms desc, id desc) as upto from samples) as kept where upto > ${maxBytes})`.execute(
      this.#db,
    );
    return Number(numAffectedRows);
  }

  async deleteBefore(beforeMs: number): Promise<number> {
    const { numAffectedRows = 0n } = await sql`delete from samples where at_ms < ${beforeMs} and label is null`.execute(this.#db);
    return Number(numAffectedRows);
  }

  #decoded(rows: readonly Row[]): StoredSample[] {
    return rows.flatMap(({ id, body, label, labelled_ms }) => {
      const decoded = decodeSample(new Uint8Array(body));
      if (decoded.kind === "decoded") return [{ id, sample: decoded.value, label, labelledMs: labelled_ms }];
      this.damaged += 1;
      return [];
    });
  }
}
