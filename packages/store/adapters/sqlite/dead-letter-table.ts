import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { type DeadLetter, type DeadLetterQuery, type DeadLetterTotal, type StoredDeadLetter, storeLimits } from "../../src/index.js";

interface Row {
  readonly id: number;
  readonly at_ms: number;
  readonly device_id: string;
  readonly leaf: string;
  readonly reason: string;
  readonly message: string;
  readonly bytes: Uint8Array;
  readonly size: number;
}

const letterOf = (r: Row): StoredDeadLetter => ({
  id: r.id,
  atMs: r.at_ms,
  deviceId: r.device_id,
  leaf: r.leaf,
  reason: r.reason,
  message: r.message,
  bytes: r.bytes,
  size: r.size,
});

/** Messages that were refused: the newest of them, and how many there ever were. */
export class DeadLetterTable {
  readonly #db: DatabaseSyncInstance;
  readonly #insert: StatementSyncInstance;
  readonly #count: StatementSyncInstance;
  readonly #drop: StatementSyncInstance;
  readonly #dropOfDevice: StatementSyncInstance;

  constructor(db: DatabaseSyncInstance) {
    this.#db = db;
    // Beyond all that ever came, so that an id is not given again once all letters are deleted.
    this.#insert = db.prepare(`insert into dead_letters (id, at_ms, device_id, leaf, reason, message, bytes, size)
      select 1 + max((select coalesce(max(id), 0) from dead_letters), (select coalesce(sum(total), 0) from dead_letter_totals)), ?, ?, ?, ?, ?, ?, ?`);
    this.#count = db.prepare("insert into dead_letter_totals values (?, 1) on conflict (reason) do update set total = total + 1");
    this.#drop = db.prepare("delete from dead_letters where id <= (select max(id) from dead_letters) - ?");
    this.#dropOfDevice = db.prepare(
      "delete from dead_letters where device_id = ?1 and id <= (select id from dead_letters where device_id = ?1 order by id desc limit 1 offset ?2)",
    );
  }

  /** Within a transaction. */
  insert(letter: DeadLetter): void {
    const { atMs, deviceId, leaf, reason, message, bytes, size } = letter;
    this.#insert.run(atMs, deviceId, leaf, reason, message, bytes.subarray(0, storeLimits.deadLetterBytes), size);
    this.#count.run(reason);
    this.#drop.run(storeLimits.deadLetters);
    this.#dropOfDevice.run(deviceId, storeLimits.deadLettersOfDevice);
  }

  list({ deviceId, reason, beforeId, limit }: DeadLetterQuery): StoredDeadLetter[] {
    const rows = this.#db
      .prepare(
        `select * from dead_letters where (?1 is null or device_id = ?1) and (?2 is null or reason = ?2) and (?3 is null or id < ?3)
         order by id desc limit ?4`,
      )
      .all(deviceId ?? null, reason ?? null, beforeId ?? null, limit) as Row[];
    return rows.map(letterOf);
  }

  find(id: number): StoredDeadLetter | undefined {
    const row = this.#db.prepare("select * from dead_letters where id = ?").get(id) as Row | undefined;
    return row === undefined ? undefined : letterOf(row);
  }

  totals(): DeadLetterTotal[] {
    const rows = this.#db
      .prepare(
        `select t.reason, t.total, count(l.id) as kept, max(l.at_ms) as newest from dead_letter_totals t
         left join dead_letters l on l.reason = t.reason group by t.reason order by t.reason`,
      )
      .all() as { reason: string; total: number; kept: number; newest: number | null }[];
    return rows.map(({ reason, total, kept, newest }) => ({ reason, total, kept, newestMs: newest }));
  }

  count(deviceIds?: readonly string[]): number {
    const ids = JSON.stringify(deviceIds ?? []);
    const sql = "select count(*) as n from dead_letters where ?1 = 0 or device_id in (select value from json_each(?2))";
    return (this.#db.prepare(sql).get(deviceIds === undefined ? 0 : 1, ids) as { n: number }).n;
  }

  deleteBefore(beforeMs: number): number {
    return Number(this.#db.prepare("delete from dead_letters where at_ms < ?").run(beforeMs).changes);
  }
}
