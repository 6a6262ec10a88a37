import { ProfileReader, type ReadWindow } from "@kedge/wire";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { byText, messageOfWindow, type ReceivedWindow, totalsOf, type TimeRange, type WindowQuery } from "../../src/index.js";
import type { DueTable } from "./due-table.js";
import { Numbering } from "./numbering.js";
import { pause } from "./transaction.js";

/** A window ready to be written: encoding is done before the transaction, so that a window that cannot be harms no other. */
export interface WindowRow {
  readonly window: ReceivedWindow;
  readonly body: Uint8Array;
}

/** One device's windows that a query wants, some at a time. A window is good until the next one is taken. */
export type WindowPage = Iterable<ReadWindow>;

/** As arrays, which the driver makes in two thirds of the time of objects. */
type Row = readonly [endMs: number, bootEpoch: number, seq: number, body: Uint8Array];

/** Rows read between two pauses: about 10 ms of reading. */
const pageRows = 1_000;
/** Devices looked at between two pauses when none of them has much. */
const pageDevices = 100;

/** Which of a device's rows, and what they are read by. */
export interface RowsQuery {
  readonly range: TimeRange;
  /** Null: of any bundle. */
  readonly bundle: number | null;
  readonly reader: ProfileReader;
}

export function windowRow(received: ReceivedWindow): WindowRow {
  return { window: received, body: messageOfWindow(received) };
}

/** The ends of windows that a query is about. */
export function rangeOf({ fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }: Omit<WindowQuery, "limit">): TimeRange {
  return { fromMs: Math.max(0, fromMs), toMs };
}

/**
 * Windows by (device, end): the bytes that the wire has, which are small and checked. Rows lie in the order they came, so
 * a commit touches few pages; laid out by device instead, the same commits are eight times slower.
 */
export class WindowTable {
  readonly #db: DatabaseSyncInstance;
  readonly #due: DueTable;
  readonly devices: Numbering;
  readonly digests: Numbering;
  readonly #insert: StatementSyncInstance;
  readonly #page: StatementSyncInstance;
  readonly #delete: StatementSyncInstance;
  readonly #oldest: StatementSyncInstance;
  #damaged = 0;

  constructor(db: DatabaseSyncInstance, due: DueTable) {
    this.#db = db;
    this.#due = due;
    this.devices = new Numbering(db, "device_numbers");
    this.digests = new Numbering(db, "digest_numbers");
    this.#insert = db.prepare("insert into windows values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing");
    this.#page = db.prepare(
      `select end_ms, boot_epoch, seq, body from windows
       where device_no = ?1 and (end_ms, boot_epoch, seq) > (?2, ?3, ?4) and end_ms < ?5 and (?6 is null or bundle_no = ?6)
       order by end_ms, boot_epoch, seq limit ?7`,
    );
    this.#page.setReturnArrays(true);
    this.#delete = db.prepare("delete from windows where device_no = ? and end_ms >= ? and end_ms < ?");
    this.#oldest = db.prepare("select min(end_ms) as end_ms from windows where device_no = ?");
  }

  get damaged(): number {
    return this.#damaged;
  }

  /** Writes rows within a transaction; how many were new. */
  insert(rows: readonly WindowRow[]): number {
    let inserted = 0;
    for (const { window, body } of rows) {
      const { deviceId, bootEpoch, seq } = window.key;
      const device = this.devices.take(deviceId);
      const bundle = this.digests.take(window.bundleDigest);
      const { changes } = this.#insert.run(device, bootEpoch, seq, window.startMs, window.endMs, bundle, totalsOf(window).rows, body);
      if (Number(changes) === 0) continue;
      inserted += 1;
      this.#due.windowCame(device, window.endMs);
    }
    return inserted;
  }

  forget(): void {
    this.devices.forget();
    this.digests.forget();
    this.#due.forget();
  }

  /** The ids a query is about, in order; all that are known when it names none. */
  deviceIds(query: Pick<WindowQuery, "deviceIds">): string[] {
    if (query.deviceIds === undefined) return (this.#db.prepare("select name from device_numbers").all() as { name: string }[]).map((r) => r.name).sort(byText);
    return [...new Set(query.deviceIds)].sort(byText);
  }

  /** The number of a bundle that a query names, null when it names none, undefined when it is not known. */
  bundleNo({ bundleDigest }: Pick<WindowQuery, "bundleDigest">): number | null | undefined {
    return bundleDigest === undefined ? null : this.digests.find(bundleDigest);
  }

  /** Pages of windows, device by device in the order of their ids, each device's by end, epoch and sequence. */
  async *pages(query: Omit<WindowQuery, "limit">): AsyncGenerator<WindowPage> {
    const bundle = this.bundleNo(query);
    if (bundle === undefined) return;
    const [range, reader] = [rangeOf(query), new ProfileReader()];
    let quiet = 0;
    for (const id of this.deviceIds(query)) {
      const device = this.devices.find(id);
      if (device !== undefined) yield* this.ofDevice(device, { range, bundle, reader });
      quiet += 1;
      if (quiet % pageDevices === 0) await pause();
    }
  }

  /** Pages of one device's windows by end, epoch and sequence, with a pause after each full one. */
  async *ofDevice(device: number, query: RowsQuery): AsyncGenerator<WindowPage> {
    for (const rows of this.#pagesOf(device, query)) {
      yield this.#read(rows, query.reader);
      if (rows.length === pageRows) await pause();
    }
  }

  /** All of one device's windows at once: for an hour. */
  *allOf(device: number, query: RowsQuery): Generator<ReadWindow> {
    for (const rows of this.#pagesOf(device, query)) yield* this.#read(rows, query.reader);
  }

  counts(deviceIds?: readonly string[]): { readonly stored: number; readonly distinct: number; readonly rows: number } {
    const numbers = deviceIds?.map((id) => this.devices.find(id) ?? -1);
    const some = numbers === undefined ? "windows" : "(select * from windows where device_no in (select value from json_each(?1)))";
    const sql = `select count(*) as stored, coalesce(sum(rows), 0) as rows, (select count(*) from (select distinct device_no, boot_epoch, seq from ${some})) as distinct_keys from ${some}`;
    const row = this.#db.prepare(sql).get(...(numbers === undefined ? [] : [JSON.stringify(numbers)])) as {
      stored: number;
      rows: number;
      distinct_keys: number;
    };
    return { stored: row.stored, distinct: row.distinct_keys, rows: row.rows };
  }

  /** The end of a device's oldest window. */
  oldestOf(device: number): number | undefined {
    return (this.#oldest.get(device) as { end_ms: number | null }).end_ms ?? undefined;
  }

  /** Deletes a device's windows that end in the range; how many. */
  delete(device: number, { fromMs, toMs }: TimeRange): number {
    return Number(this.#delete.run(device, fromMs, toMs).changes);
  }

  *#pagesOf(device: number, { range, bundle }: RowsQuery): Generator<readonly Row[]> {
    let page = this.#rows(device, range, bundle, undefined);
    while (page.length > 0) {
      yield page;
      page = page.length < pageRows ? [] : this.#rows(device, range, bundle, page.at(-1));
    }
  }

  #rows(device: number, { fromMs, toMs }: TimeRange, bundle: number | null, after: Row | undefined): Row[] {
    const [endMs, bootEpoch, seq] = after ?? [fromMs, -1, 0];
    return this.#page.all(device, endMs, bootEpoch, seq, toMs, bundle, pageRows) as unknown as Row[];
  }

  *#read(rows: readonly Row[], reader: ProfileReader): Generator<ReadWindow> {
    for (const [, , , body] of rows) {
      const read = reader.window(body);
      if (read.kind === "decoded") yield read.value;
      else this.#damaged += 1;
    }
  }
}
