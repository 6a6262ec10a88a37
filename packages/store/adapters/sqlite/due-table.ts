import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { dayMs, hourMs, type Level, quarterMs, startOf, type TimeRange } from "../../src/index.js";

/** An hour, quarter or day of a device that must be merged, again or for the first time. */
export interface Due {
  readonly deviceNo: number;
  readonly levelMs: Level;
  readonly atMs: number;
}

/** An hour, quarter or day that is due. */
export type DueStretch = Pick<Due, "levelMs" | "atMs">;

/** The whole fleet, in the place of a device's number (those begin at 1). */
export const fleetNo = 0;

/** Devices whose last hour is remembered; past it all are forgotten. */
const maxRemembered = 100_000;

/** Hours and days whose merged profiles are older than what they are merged from. Written with the windows, so a crash forgets none. */
export class DueTable {
  readonly #mark: StatementSyncInstance;
  readonly #done: StatementSyncInstance;
  readonly #ofDevice: StatementSyncInstance;
  readonly #allOfDevice: StatementSyncInstance;
  readonly #allOfAnyone: StatementSyncInstance;
  readonly #next: StatementSyncInstance;
  /** Each device's last marked hour: most windows fall into the hour of the one before. */
  readonly #lastHours = new Map<number, number>();

  constructor(db: DatabaseSyncInstance) {
    this.#mark = db.prepare("insert into roll_ups_due values (?, ?, ?) on conflict do nothing");
    this.#done = db.prepare("delete from roll_ups_due where device_no = ? and level_ms = ? and at_ms = ?");
    this.#ofDevice = db.prepare(
      "select level_ms as levelMs, at_ms as atMs from roll_ups_due where device_no = ? and level_ms = ? and at_ms >= ? and at_ms < ?",
    );
    const levels = `level_ms in (${hourMs}, ${quarterMs}, ${dayMs}) and at_ms >= ? and at_ms < ?`;
    this.#allOfDevice = db.prepare(`select level_ms as levelMs, at_ms as atMs from roll_ups_due where device_no = ? and ${levels}`);
    this.#allOfAnyone = db.prepare(`select distinct level_ms as levelMs, at_ms as atMs from roll_ups_due where ${levels}`);
    this.#next = db.prepare(
      `select device_no as deviceNo, level_ms as levelMs, at_ms as atMs from roll_ups_due
       where level_ms = ?1 and at_ms < ?2 and (device_no = 0) = ?3 and (at_ms, device_no) > (?4, ?5) order by at_ms, device_no limit ?6`,
    );
  }

  /** A window that ends at `endMs` came. */
  windowCame(deviceNo: number, endMs: number): void {
    const atMs = startOf(endMs, hourMs);
    if (this.#lastHours.get(deviceNo) === atMs) return;
    if (this.#lastHours.size >= maxRemembered) this.#lastHours.clear();
    this.#lastHours.set(deviceNo, atMs);
    this.mark({ deviceNo, levelMs: hourMs, atMs });
  }

  mark({ deviceNo, levelMs, atMs }: Due): void {
    this.#mark.run(deviceNo, levelMs, atMs);
  }

  done({ deviceNo, levelMs, atMs }: Due): void {
    if (this.#lastHours.get(deviceNo) === atMs) this.#lastHours.delete(deviceNo);
    this.#done.run(deviceNo, levelMs, atMs);
  }

  /** After a rollback: what was marked in it is not. */
  forget(): void {
    this.#lastHours.clear();
  }

  /** Where a device's due stretches of one length begin. */
  ofDevice(deviceNo: number, levelMs: Level, { fromMs, toMs }: TimeRange): number[] {
    return (this.#ofDevice.all(deviceNo, levelMs, fromMs, toMs) as Due[]).map((d) => d.atMs);
  }

  /** What of a device is due, of all lengths; of any device or the fleet without its number. */
  all({ fromMs, toMs }: TimeRange, deviceNo?: number): DueStretch[] {
    return (deviceNo === undefined ? this.#allOfAnyone.all(fromMs, toMs) : this.#allOfDevice.all(deviceNo, fromMs, toMs)) as DueStretch[];
  }

  /** The oldest that begin before a moment, behind another: of devices, or of the fleet. */
  next(
    levelMs: Level,
    beforeMs: number,
    { of, after, limit }: { readonly of: "devices" | "fleet"; readonly after: Due | undefined; readonly limit: number },
  ): Due[] {
    return this.#next.all(levelMs, beforeMs, of === "fleet" ? 1 : 0, after?.atMs ?? -1, after?.deviceNo ?? -1, limit) as Due[];
  }
}
