import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";

/** What a store's file holds, asked past the collector's own code; `rolledUp`: windows in merged hours of devices. */
export function countedIn(folder: string): { readonly stored: number; readonly distinct: number; readonly rolledUp: number } {
  const db = new DatabaseSync(join(folder, "kedge.db"), { readOnly: true });
  try {
    const one = (sql: string): number => Number(Object.values((db.prepare(sql).get() ?? {}) as Record<string, unknown>)[0] ?? 0);
    return {
      stored: one("select count(*) from windows"),
      distinct: one("select count(*) from (select distinct device_no, boot_epoch, seq from windows)"),
      rolledUp: one("select coalesce(sum(windows), 0) from roll_ups where level_ms = 3600000 and device_no > 0"),
    };
  } finally {
    db.close();
  }
}
