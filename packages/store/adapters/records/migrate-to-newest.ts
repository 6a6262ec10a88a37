import { KedgeError, messageOf } from "@kedge/core";
import { type Kysely, type Migration, Migrator } from "kysely";
import { storeCodes } from "../../src/index.js";

/** Which database, for people: in words, and its path or address. */
export interface DatabaseName {
  readonly what: string;
  readonly path: string;
}

/** Brings the tables up to date, wholly or not at all; KedgeError `store/newer-schema` when a newer Kedge has been there. */
export async function migrateToNewest<T>(db: Kysely<T>, migrations: Readonly<Record<string, Migration>>, { what, path }: DatabaseName): Promise<void> {
  const { error } = await new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } }).migrateToLatest();
  if (error === undefined) return;
  if (!/corrupted migrations/i.test(messageOf(error))) throw error;
  throw new KedgeError(storeCodes.newerSchema, `${what} was written by a newer Kedge`, {
    hint: "Run that version or a newer one; data is never downgraded.",
    context: { path, exit: "storage" },
    cause: error,
  });
}
