import { type DeviceId, KedgeError, type Sha256 } from "@kedge/core";
import { encodeProfile, type ProfileReader, wireErrors } from "@kedge/wire";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import type { Level, Piece, TimeRange, Unit } from "../../src/index.js";
import type { Numbering } from "./numbering.js";

/** As arrays, which the driver makes in two thirds of the time of objects. */
type Row = readonly [atMs: number, bundleNo: number, isSealed: number, windows: number, startMs: number, endMs: number, body: Uint8Array];

/** An hour, quarter or day as stored, good until the next one is taken. Sealed: what it was merged from is deleted, so that it can only be added to. */
export type RolledUp = Piece & { readonly isSealed: boolean };

/** Which rows: of one device or the fleet, of one level, that begin in the range; of one bundle, or of all. */
export interface RowQuery extends TimeRange {
  readonly deviceNo: number;
  readonly levelMs: Level;
  readonly bundleNo: number | null;
}

/** Rows as they lie in the table. */
export interface FoundRows {
  readonly levelMs: Level;
  readonly rows: readonly Row[];
}

/** How rows are read. */
export interface ReadOptions {
  readonly reader: ProfileReader;
  readonly wants?: (atMs: number, isSealed: boolean) => boolean;
}

/** Where rows begin. */
export function startsOf({ rows }: FoundRows): ReadonlySet<number> {
  return new Set(rows.map(([atMs]) => atMs));
}

/** Merged profiles of hours, quarters and days, in the wire's form with its own check sum. */
export class RollUpTable {
  readonly #digests: Numbering;
  readonly #upsert: StatementSyncInstance;
  readonly #select: StatementSyncInstance;
  readonly #starts: StatementSyncInstance;
  readonly #delete: StatementSyncInstance;
  readonly #devicesAt: StatementSyncInstance;
  readonly #seal: StatementSyncInstance;
  #damaged = 0;

  constructor(db: DatabaseSyncInstance, digests: Numbering) {
    this.#digests = digests;
    this.#upsert = db.prepare(
      `insert into roll_ups values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (device_no, level_ms, at_ms, bundle_no, spec_no) do update set
       is_sealed = excluded.is_sealed, windows = excluded.windows, start_ms = excluded.start_ms, end_ms = excluded.end_ms, body = excluded.body`,
    );
    this.#select = db.prepare(
      `select at_ms, bundle_no, is_sealed, windows, start_ms, end_ms, body from roll_ups
       where device_no = ?1 and level_ms = ?2 and at_ms >= ?3 and at_ms < ?4 and (?5 is null or bundle_no = ?5) order by at_ms`,
    );
    this.#select.setReturnArrays(true);
    this.#starts = db.prepare("select distinct at_ms as atMs from roll_ups where device_no = ? and level_ms = ? and at_ms >= ? and at_ms < ?");
    this.#delete = db.prepare("delete from roll_ups where device_no = ? and level_ms = ? and at_ms >= ? and at_ms < ?");
    this.#seal = db.prepare("update roll_ups set is_sealed = 1 where device_no = ? and level_ms = ? and at_ms < ? and is_sealed = 0");
    this.#devicesAt = db.prepare(
      "select distinct device_no as no from roll_ups where level_ms = ?1 and at_ms >= ?2 and at_ms < ?3 and device_no > 0 and (?4 is null or spec_no = ?4)",
    );
  }

  get damaged(): number {
    return this.#damaged;
  }

  /** A unit's profile as it is stored; undefined when its form cannot hold it (counts past 32 bits). */
  encoded({ profile }: Unit): Uint8Array | undefined {
    try {
      return encodeProfile(profile.toProfile());
    } catch (error) {
      if (error instanceof KedgeError && error.code === wireErrors.unencodable) return undefined;
      throw error;
    }
  }

  /** Writes one merged stretch within a transaction. */
  put(deviceNo: number, unit: Unit, { body, isSealed }: { readonly body: Uint8Array; readonly isSealed: boolean }): void {
    const { levelMs, atMs, bundleDigest, profile, windows, startMs, endMs } = unit;
    const [bundle, spec] = [this.#digests.take(bundleDigest), this.#digests.take(profile.specHash)];
    this.#upsert.run(deviceNo, levelMs, atMs, bundle, spec, isSealed ? 1 : 0, windows, startMs, endMs, body);
  }

  /** Rows that are there, not yet read. */
  find(query: RowQuery): FoundRows {
    const rows = this.#select.all(query.deviceNo, query.levelMs, query.fromMs, query.toMs, query.bundleNo) as unknown as Row[];
    return { levelMs: query.levelMs, rows };
  }

  /** Where rows of a level begin, without reading them. */
  starts(deviceNo: number, levelMs: Level, { fromMs, toMs }: TimeRange): number[] {
    return (this.#starts.all(deviceNo, levelMs, fromMs, toMs) as { atMs: number }[]).map((r) => r.atMs);
  }

  /** Reads rows one after the other as they are taken; `wants` leaves out what need not be read. */
  *read({ rows, levelMs }: FoundRows, deviceId: DeviceId, { reader, wants }: ReadOptions): Generator<RolledUp> {
    for (const [atMs, bundleNo, sealed, windows, startMs, endMs, body] of rows) {
      const isSealed = sealed === 1;
      if (wants?.(atMs, isSealed) === false) continue;
      const read = reader.profile(body);
      const bundleDigest = this.#digests.nameOf(bundleNo);
      if (read.kind !== "decoded" || bundleDigest === undefined) {
        this.#damaged += 1;
        continue;
      }
      yield { deviceId, bundleDigest: bundleDigest as Sha256, levelMs, atMs, profile: read.value, windows, startMs, endMs, isSealed };
    }
  }

  /** Deletes rows of a device that begin in the range; how many. */
  delete(deviceNo: number, levelMs: Level, { fromMs, toMs }: TimeRange): number {
    return Number(this.#delete.run(deviceNo, levelMs, fromMs, toMs).changes);
  }

  seal(deviceNo: number, levelMs: Level, beforeMs: number): void {
    this.#seal.run(deviceNo, levelMs, beforeMs);
  }

  /** Numbers of the devices that have rows of a level that begin in the range; of one spec, or of any. */
  devicesIn(levelMs: Level, { fromMs, toMs }: TimeRange, specHash?: string): number[] {
    const spec = specHash === undefined ? null : this.#digests.find(specHash);
    if (spec === undefined) return [];
    return (this.#devicesAt.all(levelMs, fromMs, toMs, spec) as { no: number }[]).map((r) => r.no);
  }
}
