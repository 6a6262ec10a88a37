import type { Window } from "@kedge/profile";
import { decodeWindow, encodeWindow } from "@kedge/wire";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { type ReceivedWindow, storeLimits, type WindowQuery } from "../../src/index.js";
import { Numbering } from "./numbering.js";
import { inTransaction, pause } from "./transaction.js";

/** A window ready to be written: encoding is done before the transaction, so that a window that cannot be harms no other. */
export interface WindowRow {
  readonly window: Window;
  readonly body: Uint8Array;
}

/** One device's windows that a query wants, some at a time. */
export type WindowPage = readonly Window[];

interface Row {
  readonly end_ms: number;
  readonly boot_epoch: number;
  readonly seq: number;
  readonly body: Uint8Array;
}

/** Rows read between two pauses: about 20 ms of decoding. */
const pageRows = 1_000;
/** Devices looked at between two pauses when none of them has much. */
const pageDevices = 100;

export function windowRow(received: ReceivedWindow): WindowRow {
  return { window: received, body: received.encoded ?? encodeWindow(received) };
}

/**
 * Windows by (device, end): the bytes that the wire has, which are small and checked. Rows lie in the order they came, so
 * a commit touches few pages; laid out by device instead, the same commits are eight times slower.
 */
export class WindowTable {
  readonly #db: DatabaseSyncInstance;
  readonly #devices: Numbering;
  readonly #digests: Numbering;
  readonly #insert: StatementSyncInstance;
  readonly #page: StatementSyncInstance;
  readonly #setLongest: StatementSyncInstance;
  #longestMs: number | undefined;
  #damaged = 0;

  constructor(db: DatabaseSyncInstance) {
    this.#db = db;
    this.#devices = new Numbering(db, "device_numbers");
    this.#digests = new Numbering(db, "digest_numbers");
    this.#insert = db.prepare("insert into windows values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing");
    this.#page = db.prepare(
      `select end_ms, boot_epoch, seq, body from windows
       where device_no = ? and (end_ms, boot_epoch, seq) > (?, ?, ?) and end_ms < ? and start_ms < ? and (?7 is null or bundle_no = ?7)
       order by end_ms, boot_epoch, seq limit ?8`,
    );
    this.#setLongest = db.prepare("insert into window_length values (1, ?) on conflict (id) do update set longest_ms = excluded.longest_ms");
  }

  get damaged(): number {
    return this.#damaged;
  }

  /** Writes rows within a transaction; how many were new. */
  insert(rows: readonly WindowRow[]): number {
    let inserted = 0;
    let longestMs = this.#longest();
    for (const { window, body } of rows) {
      const { deviceId, bootEpoch, seq } = window.key;
      const bundle = this.#digests.take(window.bundleDigest);
      const { changes } = this.#insert.run(this.#devices.take(deviceId), bootEpoch, seq, window.startMs, window.endMs, bundle, window.profile.rows, body);
      inserted += Number(changes);
      longestMs = Math.max(longestMs, window.endMs - window.startMs);
    }
    if (longestMs > this.#longest()) {
      this.#setLongest.run(longestMs);
      this.#longestMs = longestMs;
    }
    return inserted;
  }

  forget(): void {
    this.#devices.forget();
    this.#digests.forget();
    this.#longestMs = undefined;
  }

  /** The ids a query is about that are known, in order. */
  deviceIds(query: WindowQuery): string[] {
    if (query.deviceIds === undefined) return (this.#db.prepare("select name from device_numbers").all() as { name: string }[]).map((r) => r.name).sort(byText);
    return [...new Set(query.deviceIds)].sort(byText);
  }

  /** Pages of windows, device by device in the order of their ids, each device's by end, epoch and sequence. */
  async *pages(query: Omit<WindowQuery, "limit">): AsyncGenerator<WindowPage> {
    const bundle = query.bundleDigest === undefined ? null : this.#digests.find(query.bundleDigest);
    if (bundle === undefined) return;
    let quiet = 0;
    for (const id of this.deviceIds(query)) {
      const device = this.#devices.find(id);
      let page = device === undefined ? [] : this.#rows(device, bundle, query, undefined);
      while (device !== undefined && page.length > 0) {
        yield this.#decoded(page);
        await pause();
        page = page.length < pageRows ? [] : this.#rows(device, bundle, query, page.at(-1));
      }
      quiet += 1;
      if (quiet % pageDevices === 0) await pause();
    }
  }

  counts(deviceIds?: readonly string[]): { readonly stored: number; readonly distinct: number; readonly rows: number } {
    const numbers = deviceIds?.map((id) => this.#devices.find(id) ?? -1);
    const some = numbers === undefined ? "windows" : "(select * from windows where device_no in (select value from json_each(?1)))";
    const sql = `select count(*) as stored, coalesce(sum(rows), 0) as rows, (select count(*) from (select distinct device_no, boot_epoch, seq from ${some})) as distinct_keys from ${some}`;
    const row = this.#db.prepare(sql).get(...(numbers === undefined ? [] : [JSON.stringify(numbers)])) as {
      stored: number;
      rows: number;
      distinct_keys: number;
    };
    return { stored: row.stored, distinct: row.distinct_keys, rows: row.rows };
  }

  /** A little at a time, so that commits come between. */
  async deleteBefore(beforeMs: number): Promise<number> {
    const some = this.#db.prepare("delete from windows where rowid in (select rowid from windows where device_no = ? and end_ms < ? limit ?)");
    let deleted = 0;
    for (const id of this.deviceIds({})) {
      const device = this.#devices.find(id) ?? -1;
      let changes: number = storeLimits.deletions;
      while (changes === storeLimits.deletions) {
        changes = Number(inTransaction(this.#db, () => some.run(device, beforeMs, storeLimits.deletions)).changes);
        deleted += changes;
        if (changes > 0) await pause();
      }
    }
    return deleted;
  }

  /** The longest window there ever was bounds how late a window that begins before `toMs` can end. */
  #longest(): number {
    this.#longestMs ??= (this.#db.prepare("select longest_ms from window_length").get() as { longest_ms: number } | undefined)?.longest_ms ?? 0;
    return this.#longestMs;
  }

  #rows(device: number, bundle: number | null, query: Omit<WindowQuery, "limit">, after: Row | undefined): Row[] {
    const toMs = query.toMs ?? Number.MAX_SAFE_INTEGER;
    // Above every epoch, so that a window that ends at `fromMs` exactly is left out.
    const from = after === undefined ? [query.fromMs ?? -1, Number.MAX_SAFE_INTEGER, 0] : [after.end_ms, after.boot_epoch, after.seq];
    return this.#page.all(device, ...from, toMs + this.#longest(), toMs, bundle, pageRows) as Row[];
  }

  #decoded(rows: readonly Row[]): Window[] {
    const windows: Window[] = [];
    for (const { body } of rows) {
      const decoded = decodeWindow(body);
      if (decoded.kind === "decoded") windows.push(decoded.value);
      else this.#damaged += 1;
    }
    return windows;
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
