import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";

/** Names remembered; past it all are forgotten and looked up again. */
const maxRemembered = 100_000;

/** Small numbers for long names that stand in millions of rows: device ids, digests. */
export class Numbering {
  readonly #find: StatementSyncInstance;
  readonly #add: StatementSyncInstance;
  readonly #name: StatementSyncInstance;
  readonly #remembered = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(db: DatabaseSyncInstance, table: "device_numbers" | "digest_numbers") {
    this.#find = db.prepare(`select no from ${table} where name = ?`);
    this.#name = db.prepare(`select name from ${table} where no = ?`);
    this.#add = db.prepare(`insert into ${table} (name) values (?)`);
  }

  find(name: string): number | undefined {
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    const row = this.#find.get(name) as { no: number } | undefined;
    return row === undefined ? undefined : this.#remember(name, row.no);
  }

  nameOf(no: number): string | undefined {
    const known = this.#names.get(no);
    if (known !== undefined) return known;
    const row = this.#name.get(no) as { name: string } | undefined;
    if (row !== undefined) this.#remember(row.name, no);
    return row?.name;
  }

  /** Gives a new name a number. */
  take(name: string): number {
    return this.find(name) ?? this.#remember(name, Number(this.#add.run(name).lastInsertRowid));
  }

  /** After a rollback: numbers that were given in it are free again. */
  forget(): void {
    this.#remembered.clear();
    this.#names.clear();
  }

  #remember(name: string, no: number): number {
    if (this.#remembered.size >= maxRemembered) this.forget();
    this.#remembered.set(name, no);
    this.#names.set(no, name);
    return no;
  }
}
