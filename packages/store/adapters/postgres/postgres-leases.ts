import { type Kysely, sql } from "kysely";
import type { Beat, HeldLease, Leases, LeaseStanding } from "../../src/index.js";

interface LeaseRow {
  readonly name: string;
  readonly epoch: string;
}

const held = (rows: readonly LeaseRow[]): HeldLease[] => rows.map(({ name, epoch }) => ({ name, epoch: Number(epoch) }));

/** From now by the server's clock: what the clocks of collectors say plays no part. */
const after = (ms: number) => sql`clock_timestamp() + ${ms}::double precision * interval '1 millisecond'`;

/** Members that went without a word are forgotten after this time. */
const forgetMembersAfter = sql.raw("interval '1 hour'");

/** Leases in PostgreSQL. Each call is one statement, so that a holder that is stopped in the middle of it holds up nobody. */
export class PostgresLeases<T> implements Leases {
  readonly #db: Kysely<T>;

  constructor(db: Kysely<T>) {
    this.#db = db;
  }

  async beat(member: string, lastsMs: number): Promise<Beat> {
    const { rows } = await sql<LeaseRow>`
      with there as (insert into members values (${member}, ${after(lastsMs)}) on conflict (id) do update set until = excluded.until),
           gone as (delete from members where id <> ${member} and until < clock_timestamp() - ${forgetMembersAfter})
      update leases set until = ${after(lastsMs)} where holder = ${member} returning name, epoch`.execute(this.#db);
    return { members: await this.#members(), held: held(rows) };
  }

  async take(member: string, names: readonly string[], lastsMs: number): Promise<HeldLease[]> {
    if (names.length === 0) return [];
    // Those that somebody else is taking, or committing under, are left to the next try: waiting for one another could go round in a circle.
    const { rows } = await sql<LeaseRow>`
      with free as (select name from leases where name = any(${names}::text[]) and (holder is null or until <= clock_timestamp()) order by name for update skip locked),
           won as (update leases set holder = ${member}, epoch = epoch + 1, until = ${after(lastsMs)} where name in (select name from free) returning name, epoch),
           first as (insert into leases select n, ${member}, 1, ${after(lastsMs)} from unnest(${names}::text[]) as n where n not in (select name from leases)
                     order by n on conflict do nothing returning name, epoch)
      select name, epoch from won union all select name, epoch from first`.execute(this.#db);
    return held(rows);
  }

  async release(member: string, leases: readonly HeldLease[]): Promise<void> {
    if (leases.length === 0) return;
    await sql`
      with given as (update leases set holder = null where holder = ${member}
        and (name, epoch) in (select * from unnest(${leases.map((l) => l.name)}::text[], ${leases.map((l) => l.epoch)}::bigint[])) returning name)
      select pg_notify('kedge_leases', '') from (select count(*) from given) as done`.execute(this.#db);
  }

  async leave(member: string): Promise<void> {
    await sql`
      with gone as (delete from members where id = ${member}), given as (update leases set holder = null where holder = ${member} returning name)
      select pg_notify('kedge_leases', '') from (select count(*) from given) as done`.execute(this.#db);
  }

  async standing(): Promise<{ readonly members: readonly string[]; readonly leases: readonly LeaseStanding[] }> {
    const { rows } = await sql<LeaseRow & { readonly holder: string | null }>`
      select name, epoch, case when until > clock_timestamp() then holder end as holder from leases order by name`.execute(this.#db);
    return { members: await this.#members(), leases: rows.map((row) => ({ name: row.name, epoch: Number(row.epoch), holder: row.holder })) };
  }

  async #members(): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`select id from members where until > clock_timestamp() order by id`.execute(this.#db);
    return rows.map(({ id }) => id);
  }
}
