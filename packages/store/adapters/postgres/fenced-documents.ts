import type { Clock } from "@kedge/core";
import { type Kysely, sql } from "kysely";
import { type Collection, type Documents, type Fence, jsonText, type SaveOutcome, type Stored } from "../../src/index.js";
import type { RecordTables } from "../records/record-migrations.js";
import { storedOf } from "../records/sql-record-store.js";
import { fencedFault } from "./fences.js";

type Row = RecordTables["documents"];

/**
 * Documents that only the holder of a lease may write, and anybody may read. The lease's row is locked for the length of the statement, so a save
 * and the lease's change of hands come one after the other. Throws `store/fenced` when the lease is gone.
 */
export function fencedDocuments<T>(
  db: Kysely<RecordTables>,
  plain: Documents<T>,
  { collection, clock, fence }: { readonly collection: Collection<T>; readonly clock: Clock; readonly fence: () => Fence | undefined },
): Documents<T> {
  const doing = (id: string): string => `saving ${collection.name} ${id}`;
  const standing = (id: string): Fence => {
    const lease = fence();
    if (lease === undefined) throw fencedFault(doing(id), []);
    return lease;
  };
  const holds = ({ name, holder, epoch }: Fence) =>
    sql<boolean>`exists (select 1 from leases where name = ${name} and holder = ${holder} and epoch = ${epoch} for share)`;
  const outcomeOf = async (id: string, lease: Fence, rows: readonly Row[]): Promise<SaveOutcome<T>> => {
    const [row] = rows;
    if (row !== undefined) return { kind: "saved", stored: storedOf<T>(row) as Stored<T> };
    const still = await sql<{ ok: boolean }>`select ${holds(lease)} as ok`.execute(db);
    if (still.rows[0]?.ok !== true) throw fencedFault(doing(id), [lease]);
    return { kind: "conflict", current: await plain.get(id) };
  };
  return {
    get: (id) => plain.get(id),
    list: (query) => plain.list(query),
    count: (status) => plain.count(status),
    async insert(id, body) {
      const lease = standing(id);
      const nowMs = clock.nowMs();
      const { rows } = await sql<Row>`insert into documents (collection, id, version, status, created_ms, updated_ms, body)
        select ${collection.name}, ${id}, 1, ${collection.statusOf(body)}, ${nowMs}, ${nowMs}, ${jsonText(body, `${collection.name} ${id}`)}
        where ${holds(lease)} on conflict do nothing returning *`.execute(db);
      return outcomeOf(id, lease, rows);
    },
    async save(id, body, expectedVersion) {
      const lease = standing(id);
      const { rows } = await sql<Row>`update documents set version = ${expectedVersion + 1}, status = ${collection.statusOf(body)},
        updated_ms = ${clock.nowMs()}, body = ${jsonText(body, `${collection.name} ${id}`)}
        where collection = ${collection.name} and id = ${id} and version = ${expectedVersion} and ${holds(lease)} returning *`.execute(db);
      return outcomeOf(id, lease, rows);
    },
    async delete(id) {
      const lease = standing(id);
      const { numAffectedRows = 0n } = await sql`delete from documents where collection = ${collection.name} and id = ${id} and ${holds(lease)}`.execute(db);
      return numAffectedRows > 0n;
    },
  };
}
