import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";

/** Names remembered; past it all are forgotten and looked up again. */
const maxRemembered = 100_000;

/** Small numbers for long names that stand in millions of rows: device ids, digests. */
export class Numbering {
  readonly #find: StatementSyncInstance;
  readonly #add: StatementSyncInstance;
  readonly #remembered = new Map<string, number>();

  constructor(db: DatabaseSyncInstance, table: "device_numbers" | "digest_numbers") {
    this.#find = db.prepare(`select no from ${table} where name = ?`);
    this.#add = db.prepare(`insert into ${table} (name) values (?)`);
  }

  find(name: string): number | undefined {
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    const row = this.#find.get(name) as { no: number } | undefined;
    return row === undefined ? undefined : this.#remember(name, row.no);
  }

  /** Gives a new name a number. */
  take(name: string): number {
    return this.find(name) ?? this.#remember(name, Number(this.#add.run(name).lastInsertRowid));
  }

  /** After a rollback: numbers that were given in it are free again. */
  forget(): void {
    this.#remembered.clear();
  }

  #remember(name: string, no: number): number {
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    this.#remembered.set(name, no);
    return no;
  }
}
