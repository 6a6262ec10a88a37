import { invariant } from "@kedge/core";
import { encodeSample, shardOf } from "@kedge/wire";
import { type Kysely, sql } from "kysely";
import {
  type Batch,
  byText,
  type Committed,
  type DeadLetter,
  type DeadLetterQuery,
  type DeadLetterTotal,
  type IngestLedger,
  type IngestMark,
  jsonText,
  type Retention,
  type SampleQuery,
  type StoreCounts,
  type StoredDeadLetter,
  sampleId,
  storeLimits,
} from "../../src/index.js";
import { fencedFault } from "./fences.js";
import { PostgresSamples } from "./postgres-samples.js";

interface LetterRow {
  readonly id: string;
  readonly at_ms: number;
  readonly device_id: string;
  readonly leaf: string;
  readonly reason: string;
  readonly message: string;
  readonly bytes: Uint8Array;
  readonly size: string;
}

const letterOf = (r: LetterRow): StoredDeadLetter => ({
  id: Number(r.id),
  atMs: r.at_ms,
  deviceId: r.device_id,
  leaf: r.leaf,
  reason: r.reason,
  message: r.message,
  bytes: new Uint8Array(r.bytes),
  size: Number(r.size),
});

/**
 * Ingest marks, samples and refused messages in PostgreSQL, for collectors that share a fleet. What was counted is what the marks say: a commit
 * is one statement that locks the rows of its leases, looks whether they are still the ones that it was admitted under, and writes, or writes
 * nothing at all (`store/fenced`).
 */
export class PostgresLedger<T> implements IngestLedger {
  readonly #db: Kysely<T>;
  readonly #samples: PostgresSamples<T>;

  constructor(db: Kysely<T>) {
    this.#db = db;
    this.#samples = new PostgresSamples(db);
  }

  async commit({ windows, samples, marks, fences = [] }: Batch): Promise<Committed> {
    invariant(windows.length === 0, "windows are kept elsewhere");
    const states = new Map(marks.map(({ deviceId, state }) => [deviceId, jsonText(state, `the ingest state of ${deviceId}`)]));
    const devices = [...states.keys()].sort(byText);
    const fresh = [...new Map(samples.map((sample) => [sampleId(sample), sample])).values()];
    const leases = [...new Map(fences.map((fence) => [`${fence.name} ${fence.epoch} ${fence.holder}`, fence])).values()];
    const { rows } = await sql<{ ok: boolean; inserted: string }>`
      with held as (select name from leases where (name, epoch, holder) in (
             select * from unnest(${leases.map((f) => f.name)}::text[], ${leases.map((f) => f.epoch)}::bigint[], ${leases.map((f) => f.holder)}::text[])) for share),
           fence as (select count(*) = ${leases.length} as ok from held),
           marked as (insert into ingest_marks select d, s, t
             from unnest(${devices}::text[], ${devices.map(shardOf)}::text[], ${devices.map((d) => states.get(d) ?? "")}::text[]) as m(d, s, t)
             where (select ok from fence) on conflict (device_id) do update set shard = excluded.shard, state = excluded.state),
           sampled as (insert into samples select id, d, at_ms, body, null, null
             from unnest(${fresh.map(sampleId)}::text[], ${fresh.map((s) => s.key.deviceId)}::text[], ${fresh.map((s) => s.atMs)}::double precision[],
               ${fresh.map((s) => Buffer.from(encodeSample(s)))}::bytea[]) as s(id, d, at_ms, body)
             where (select ok from fence) on conflict do nothing returning id)
      select (select ok from fence) as ok, (select count(*) from sampled) as inserted`.execute(this.#db);
    if (rows[0]?.ok !== true) throw fencedFault(`committing ${devices.length} ingest marks and ${fresh.length} samples`, leases);
    const inserted = Number(rows[0].inserted);
    return { inserted, repeated: samples.length - inserted };
  }

  async ingestMarks(shards?: readonly string[]): Promise<IngestMark[]> {
    const where = shards === undefined ? sql`true` : sql`shard = any(${shards}::text[])`;
    const { rows } = await sql<{ device_id: IngestMark["deviceId"]; state: string }>`
      select device_id, state from ingest_marks where ${where} order by device_id`.execute(this.#db);
    return rows.map((row) => ({ deviceId: row.device_id, state: JSON.parse(row.state) as unknown }));
  }

  samples: IngestLedger["samples"] = (query: SampleQuery) => this.#samples.list(query);
  sample: IngestLedger["sample"] = (id) => this.#samples.find(id);
  label: IngestLedger["label"] = (labels, atMs) => this.#samples.label(labels, atMs);
  trimSamples: IngestLedger["trimSamples"] = (maxBytes) => this.#samples.trim(maxBytes);

  async addDeadLetter({ atMs, deviceId, leaf, reason, message, bytes, size }: DeadLetter): Promise<void> {
    const kept = Buffer.from(bytes.subarray(0, storeLimits.deadLetterBytes));
    // PostgreSQL's text holds no NUL, and what devices send may.
    const text = (value: string): string => value.replaceAll("\0", "\ufffd");
    await sql`with kept as (insert into dead_letters (at_ms, device_id, leaf, reason, message, bytes, size)
        values (${atMs}, ${text(deviceId)}, ${leaf}, ${reason}, ${text(message)}, ${kept}, ${size}) returning id),
      dropped as (delete from dead_letters where id <= (select id from kept) - ${storeLimits.deadLetters}::bigint or (device_id = ${text(deviceId)} and id <=
        (select id from dead_letters where device_id = ${text(deviceId)} order by id desc limit 1 offset ${storeLimits.deadLettersOfDevice - 1})))
      insert into dead_letter_totals values (${reason}, 1) on conflict (reason) do update set total = dead_letter_totals.total + 1`.execute(this.#db);
  }

  async deadLetters(query: DeadLetterQuery): Promise<StoredDeadLetter[]> {
    const [deviceId, reason, beforeId] = [query.deviceId ?? null, query.reason ?? null, query.beforeId ?? null];
    const { rows } = await sql<LetterRow>`select * from dead_letters where (${deviceId}::text is null or device_id = ${deviceId})
      and (${reason}::text is null or reason = ${reason}) and (${beforeId}::bigint is null or id < ${beforeId})
      order by id desc limit ${query.limit}`.execute(this.#db);
    return rows.map(letterOf);
  }

  async deadLetter(id: number): Promise<StoredDeadLetter | undefined> {
    const { rows } = await sql<LetterRow>`select * from dead_letters where id = ${id}`.execute(this.#db);
    return rows[0] === undefined ? undefined : letterOf(rows[0]);
  }

  async deadLetterTotals(): Promise<DeadLetterTotal[]> {
    const { rows } = await sql<{ reason: string; total: string; kept: string; newest: number | null }>`
      select t.reason, t.total, count(l.id) as kept, max(l.at_ms) as newest from dead_letter_totals t
      left join dead_letters l on l.reason = t.reason group by t.reason, t.total order by t.reason`.execute(this.#db);
    return rows.map(({ reason, total, kept, newest }) => ({ reason, total: Number(total), kept: Number(kept), newestMs: newest }));
  }

  async counts(deviceIds?: readonly string[]): Promise<StoreCounts> {
    const where = deviceIds === undefined ? sql`true` : sql`device_id = any(${deviceIds}::text[])`;
    const { rows } = await sql<{ n: string }>`select count(*) as n from dead_letters where ${where}`.execute(this.#db);
    const counted = await this.#samples.counts(deviceIds);
    return { stored: 0, distinct: 0, rows: 0, ...counted, deadLetters: Number(rows[0]?.n ?? 0), damaged: this.#samples.damaged };
  }

  async deleteBefore({ samplesMs, deadLettersMs }: Retention): Promise<number> {
    let deleted = samplesMs === undefined ? 0 : await this.#samples.deleteBefore(samplesMs);
    if (deadLettersMs !== undefined) {
      const { numAffectedRows = 0n } = await sql`delete from dead_letters where at_ms < ${deadLettersMs}`.execute(this.#db);
      deleted += Number(numAffectedRows);
    }
    return deleted;
  }
}
