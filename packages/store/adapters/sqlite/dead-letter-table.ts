import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { type DeadLetter, storeLimits } from "../../src/index.js";

interface Row {
  readonly at_ms: number;
  readonly device_id: string;
  readonly leaf: string;
  readonly reason: string;
  readonly message: string;
  readonly bytes: Uint8Array;
}

/** Messages that were refused: the newest of them, and how many there ever were. */
export class DeadLetterTable {
  readonly #db: DatabaseSyncInstance;
  readonly #insert: StatementSyncInstance;
  readonly #count: StatementSyncInstance;
  readonly #drop: StatementSyncInstance;

  constructor(db: DatabaseSyncInstance) {
    this.#db = db;
    this.#insert = db.prepare("insert into dead_letters (at_ms, device_id, leaf, reason, message, bytes) values (?, ?, ?, ?, ?, ?)");
    this.#count = db.prepare("insert into dead_letter_totals values (?, 1) on conflict (reason) do update set total = total + 1");
    this.#drop = db.prepare("delete from dead_letters where id <= (select max(id) from dead_letters) - ?");
  }

  /** Within a transaction. */
  insert(letter: DeadLetter): void {
    const { atMs, deviceId, leaf, reason, message, bytes } = letter;
    this.#insert.run(atMs, deviceId, leaf, reason, message, bytes.subarray(0, storeLimits.deadLetterBytes));
    this.#count.run(reason);
    this.#drop.run(storeLimits.deadLetters);
  }

  list(limit: number): DeadLetter[] {
    const rows = this.#db.prepare("select * from dead_letters order by id desc limit ?").all(limit) as Row[];
    return rows.map((r) => ({ atMs: r.at_ms, deviceId: r.device_id, leaf: r.leaf, reason: r.reason, message: r.message, bytes: r.bytes }));
  }

  totals(): Readonly<Record<string, number>> {
    const rows = this.#db.prepare("select reason, total from dead_letter_totals order by reason").all() as { reason: string; total: number }[];
    return Object.fromEntries(rows.map(({ reason, total }) => [reason, total]));
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
