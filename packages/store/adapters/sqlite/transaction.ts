import type { DatabaseSyncInstance } from "@photostructure/sqlite";

/**
 * Runs `work` in one transaction, without pause: nothing of ours can come between its statements. What it throws is
 * thrown again after everything was taken back.
 */
export function inTransaction<T>(db: DatabaseSyncInstance, work: () => T): T {
  db.exec("begin immediate");
  try {
    const result = work();
    db.exec("commit");
    return result;
  } catch (error) {
    // A full disk ends the transaction by itself; a second rollback would hide the reason.
    if (db.isOpen && db.isTransaction) db.exec("rollback");
    throw error;
  }
}

/** Lets others run: timers, sockets, commits. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
