import { KedgeError } from "@kedge/core";
import { DatabaseSync } from "@photostructure/sqlite";
import { storeCodes } from "../../src/index.js";
import { storageFault } from "./sqlite-faults.js";

/** Writes the database as it is at one moment into a new file, whoever else reads and writes it meanwhile. KedgeError `store/…`. */
export function snapshotDatabase(path: string, target: string): void {
  withDatabase(path, `copying the database ${path} to ${target}`, (db) => db.prepare("vacuum into ?").run(target));
}

/** Reads the whole database for damage; KedgeError `store/corrupt` when there is some. */
export function checkDatabase(path: string): void {
  withDatabase(path, `checking the database ${path}`, (db) => {
    const rows = db.prepare("pragma quick_check").all() as { quick_check: string }[];
    const [first] = rows;
    if (rows.length === 1 && first?.quick_check === "ok") return;
    throw new KedgeError(storeCodes.corrupt, `the database ${path} is damaged: ${first?.quick_check ?? "it cannot be checked"}`, {
      hint: "Use another backup.",
      context: { path, exit: "storage" },
    });
  });
}

function withDatabase(path: string, doing: string, work: (db: InstanceType<typeof DatabaseSync>) => unknown): void {
  let db: InstanceType<typeof DatabaseSync> | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
    work(db);
  } catch (error) {
    throw storageFault(error, doing, path);
  } finally {
    db?.close();
  }
}
