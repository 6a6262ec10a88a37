import type { DeviceId } from "@kedge/core";
import { ProfileReader } from "@kedge/wire";
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import {
  byText,
  DeviceFold,
  dayMs,
  FleetFold,
  hourMs,
  type Level,
  pieceOf,
  quarterMs,
  type Retention,
  startOf,
  type TimeRange,
  type Unit,
} from "../../src/index.js";
import { type Due, fleetNo } from "./due-table.js";
import type { SeriesTables } from "./piece-reader.js";
import { type FoundRows, type ReadOptions, startsOf } from "./roll-up-table.js";
import { inTransaction, pause } from "./transaction.js";

/** How long after its end an hour or day is merged: most of what is late has come by then, and need not be merged again. */
const settledAfterMs = 60_000;
/** Devices taken from the list of what is due at a time. */
const pageDevices = 500;
/** Pieces merged in one transaction: about 15 ms in which nothing else runs. */
const pieces = 1_000;
/** Devices of which merged rows are read between two pauses. */
const fleetDevices = 300;

const stretch = (atMs: number, levelMs: Level): TimeRange => ({ fromMs: atMs, toMs: atMs + levelMs });

/** Merges what is due, a little at a time, so that commits come between; and deletes what need not be kept. One at a time. */
export class RollUpPass {
  readonly #db: DatabaseSyncInstance;
  readonly #tables: SeriesTables;
  readonly #reader = new ProfileReader();
  /** Of one device after the other. */
  readonly #fold = new DeviceFold({ fromMs: 0, toMs: 0 });
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: DatabaseSyncInstance, tables: SeriesTables) {
    this.#db = db;
    this.#tables = tables;
  }

  rollUp(nowMs: number): Promise<number> {
    return this.#alone(async () => {
      const beforeMs = nowMs - settledAfterMs;
      let merged = 0;
      for (const levelMs of [hourMs, quarterMs, dayMs] as const) {
        merged += await this.#devices(levelMs, beforeMs - levelMs + 1);
        // A fleet's hours are few: its days need no quarters.
        if (levelMs !== quarterMs) merged += await this.#fleet(levelMs, beforeMs - levelMs + 1);
      }
      return merged;
    });
  }

  /** Windows, hours and days before their limits, rolled up first where they can be; how many rows went. */
  async deleteBefore({ windowsMs = 0, hoursMs = 0, daysMs = 0 }: Retention): Promise<number> {
    await this.rollUp(Math.max(windowsMs, hoursMs) + settledAfterMs);
    return this.#alone(async () => {
      const { windows, rollUps } = this.#tables;
      const [hourCut, dayCut] = [startOf(windowsMs, hourMs), startOf(hoursMs, dayMs)];
      let deleted = 0;
      for (const id of windows.deviceIds({})) {
        const no = windows.devices.find(id) ?? -1;
        deleted += await this.#dropWindows(no, hourCut);
        deleted += this.#write(() => this.#dropHours(no, dayCut) + rollUps.delete(no, dayMs, { fromMs: 0, toMs: startOf(daysMs, dayMs) }));
        await pause();
      }
      return deleted + this.#write(() => this.#dropFleet(dayCut, startOf(daysMs, dayMs)));
    });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Numbers that were given in a transaction that failed are free again, and will be another's. */
  #write<T>(work: () => T): T {
    try {
      return inTransaction(this.#db, work);
    } catch (error) {
      this.#tables.windows.forget();
      throw error;
    }
  }

  async #devices(levelMs: Level, beforeMs: number): Promise<number> {
    let count = 0;
    let after: Due | undefined;
    for (;;) {
      const page = this.#tables.due.next(levelMs, beforeMs, { of: "devices", after, limit: pageDevices });
      if (page.length === 0) return count;
      after = page.at(-1);
      count += page.length;
      for (let at = 0; at < page.length; ) {
        at = this.#write(() => this.#some(page, at));
        await pause();
      }
    }
  }

  /** Merges from the place `at` of a list until enough was done; the place to go on from. */
  #some(page: readonly Due[], at: number): number {
    let done = 0;
    let next = at;
    while (next < page.length && done < pieces) {
      const due = page[next] as Due;
      done += due.levelMs === hourMs ? this.#hour(due) : due.levelMs === quarterMs ? this.#quarter(due) : this.#day(due);
      next += 1;
    }
    return next;
  }

  #hour(due: Due): number {
    const { windows } = this.#tables;
    const { deviceNo, atMs } = due;
    const range = stretch(atMs, hourMs);
    const fold = this.#fold;
    fold.restart(range);
    const sealed = this.#add(fold, deviceNo, this.#rows(due, hourMs), (_, isSealed) => isSealed);
    let late = 0;
    for (const window of windows.allOf(deviceNo, { range, bundle: null, reader: this.#reader })) {
      fold.add(pieceOf(window));
      late += 1;
    }
    if (this.#put(due, fold.units(), sealed > 0) && sealed > 0) windows.delete(deviceNo, range);
    this.#tables.due.mark({ deviceNo, levelMs: quarterMs, atMs: startOf(atMs, quarterMs) });
    return late + 1;
  }

  /** Quarters are never sealed: they only save reading hours, and go when these go. */
  #quarter(due: Due): number {
    const { deviceNo, atMs } = due;
    const range = stretch(atMs, quarterMs);
    // An hour of it that came in between is merged first, the next time.
    if (this.#tables.due.ofDevice(deviceNo, hourMs, range).length > 0) return 1;
    const fold = this.#fold;
    fold.restart(range);
    const hours = this.#add(fold, deviceNo, this.#rows(due, hourMs));
    this.#put(due, fold.units(), false);
    this.#tables.due.mark({ deviceNo, levelMs: dayMs, atMs: startOf(atMs, dayMs) });
    return hours + 1;
  }

  #day(due: Due): number {
    const { windows, due: table } = this.#tables;
    const { deviceNo, atMs } = due;
    const range = stretch(atMs, dayMs);
    if (table.ofDevice(deviceNo, hourMs, range).length + table.ofDevice(deviceNo, quarterMs, range).length > 0) return 1;
    const fold = this.#fold;
    fold.restart(range);
    const sealed = this.#add(fold, deviceNo, this.#rows(due, dayMs), (_, isSealed) => isSealed);
    const quarters = this.#rows(due, quarterMs);
    const starts = startsOf(quarters);
    // Hours that an older version merged have no quarter.
    const isAlone = (hourAt: number): boolean => !starts.has(startOf(hourAt, quarterMs));
    const parts = this.#add(fold, deviceNo, quarters) + this.#add(fold, deviceNo, this.#rows(due, hourMs), isAlone);
    if (this.#put(due, fold.units(), sealed > 0) && sealed > 0) {
      this.#deleteHours(deviceNo, range);
      windows.delete(deviceNo, range);
    }
    return parts + 1;
  }

  /** A device's rows of a level in the stretch that is due. */
  #rows({ deviceNo, levelMs: dueMs, atMs }: Due, levelMs: Level): FoundRows {
    return this.#tables.rollUps.find({ ...stretch(atMs, dueMs), deviceNo, levelMs, bundleNo: null });
  }

  /** Adds rows of a device; how many. */
  #add(fold: DeviceFold, deviceNo: number, rows: FoundRows, wants?: NonNullable<ReadOptions["wants"]>): number {
    let count = 0;
    for (const row of this.#tables.rollUps.read(rows, this.#deviceId(deviceNo), { reader: this.#reader, ...(wants === undefined ? {} : { wants }) })) {
      fold.add(row);
      count += 1;
    }
    return count;
  }

  async #fleet(levelMs: Level, beforeMs: number): Promise<number> {
    const { due, rollUps } = this.#tables;
    const reader = new ProfileReader();
    let after: Due | undefined;
    let count = 0;
    for (;;) {
      const [next] = due.next(levelMs, beforeMs, { of: "fleet", after, limit: 1 });
      if (next === undefined) return count;
      after = next;
      count += 1;
      const range = stretch(next.atMs, levelMs);
      if (levelMs === hourMs && this.#isWithoutHours(startOf(next.atMs, dayMs))) {
        due.done(next);
        continue;
      }
      const folds = new Map<string, FleetFold>();
      const devices = rollUps.devicesIn(levelMs, range).map((no) => ({ no, id: this.#deviceId(no) }));
      devices.sort((a, b) => byText(a.id, b.id));
      for (const [i, { no, id }] of devices.entries()) {
        for (const row of rollUps.read(rollUps.find({ ...range, deviceNo: no, levelMs, bundleNo: null }), id, { reader })) {
          const key = `${row.bundleDigest} ${row.profile.specHash}`;
          const fold = folds.get(key) ?? new FleetFold(row.profile.specHash);
          folds.set(key, fold);
          fold.add(row);
        }
        if (i % fleetDevices === fleetDevices - 1) await pause();
      }
      const units = [...folds].flatMap(([key, fold]): Unit[] => {
        const { summed } = fold.summed();
        return summed === undefined ? [] : [{ ...summed, bundleDigest: key.slice(0, 64) as Unit["bundleDigest"], levelMs, atMs: next.atMs }];
      });
      this.#write(() => this.#put(next, units, false));
    }
  }

  /** Whether the hours of a day of the fleet are gone: one of them, of what came late alone, would stand for all. The day itself is merged anew. */
  #isWithoutHours(dayAt: number): boolean {
    const { rollUps } = this.#tables;
    const range = stretch(dayAt, dayMs);
    return rollUps.starts(fleetNo, dayMs, range).length > 0 && rollUps.starts(fleetNo, hourMs, range).length === 0;
  }

  /** Writes what was merged. What a profile's form cannot hold (counts past 32 bits) stays due, and so is merged at each question; then `false`. */
  #put(due: Due, units: readonly Unit[], isSealed: boolean): boolean {
    const { rollUps, due: table } = this.#tables;
    const { deviceNo, levelMs, atMs } = due;
    const encoded = units.map((unit) => rollUps.encoded(unit));
    if (encoded.includes(undefined)) return false;
    for (const [i, unit] of units.entries()) rollUps.put(deviceNo, unit, { body: encoded[i] ?? new Uint8Array(), isSealed });
    table.done(due);
    if (deviceNo !== fleetNo && levelMs !== quarterMs) table.mark({ deviceNo: fleetNo, levelMs, atMs });
    return true;
  }

  /** An hour's windows go in the transaction that seals the hour, so that none is ever merged into it twice. */
  async #dropWindows(no: number, beforeMs: number): Promise<number> {
    const { windows, rollUps, due } = this.#tables;
    let deleted = 0;
    for (let oldest = windows.oldestOf(no); oldest !== undefined && oldest < beforeMs; oldest = windows.oldestOf(no)) {
      const range = { fromMs: 0, toMs: Math.min(beforeMs, startOf(oldest, dayMs) + dayMs) };
      if (due.ofDevice(no, hourMs, range).length > 0) return deleted;
      deleted += this.#write(() => {
        rollUps.seal(no, hourMs, range.toMs);
        return windows.delete(no, range);
      });
      await pause();
    }
    return deleted;
  }

  #dropHours(no: number, beforeMs: number): number {
    const { rollUps, due } = this.#tables;
    const range = { fromMs: 0, toMs: beforeMs };
    if (beforeMs <= 0 || [dayMs, quarterMs, hourMs].some((levelMs) => due.ofDevice(no, levelMs as Level, range).length > 0)) return 0;
    if ((this.#tables.windows.oldestOf(no) ?? beforeMs) < beforeMs) return 0;
    rollUps.seal(no, dayMs, beforeMs);
    return this.#deleteHours(no, range);
  }

  /** Hours, and the quarters that are merged from them; how many hours. */
  #deleteHours(no: number, range: TimeRange): number {
    this.#tables.rollUps.delete(no, quarterMs, range);
    return this.#tables.rollUps.delete(no, hourMs, range);
  }

  #dropFleet(hoursMs: number, daysMs: number): number {
    const { rollUps } = this.#tables;
    return rollUps.delete(fleetNo, hourMs, { fromMs: 0, toMs: hoursMs }) + rollUps.delete(fleetNo, dayMs, { fromMs: 0, toMs: daysMs });
  }

  #deviceId(no: number): DeviceId {
    return (this.#tables.windows.devices.nameOf(no) ?? "") as DeviceId;
  }
}
