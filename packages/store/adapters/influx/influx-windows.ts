import type { DeviceId, Sha256 } from "@kedge/core";
import { KedgeError } from "@kedge/core";
import { ProfileSum, type Window } from "@kedge/profile";
import { decodeProfile, decodeWindow, encodeProfile } from "@kedge/wire";
import { escape as quoted, type InfluxDB, type IPoint } from "influx";
import { type Level, messageOfWindow, type Piece, type ReceivedWindow, storeCodes, type TimeRange, totalsOf, type WindowQuery } from "../../src/index.js";
import { type InfluxRow, rowsOf } from "./influx-answer.js";
import { influxFault } from "./influx-faults.js";

/** A window ready to be written. */
export interface InfluxWindow {
  readonly window: ReceivedWindow;
  readonly bytes: Uint8Array;
}

/** A merged hour or day. Pending: what it was merged from is not yet deleted. */
export type StoredPiece = Piece & { readonly isPending: boolean };

/** A string field holds 64 KiB at most; a window may be longer. */
const fieldChars = 60_000;
const pageRows = 500;
/** Statements sent at once. */
const statements = 200;
/** Nanoseconds since 1970 in 64 bits reach to the year 2262. */
const lastMs = 9_223_372_036_000;

export function influxWindow(received: ReceivedWindow): InfluxWindow {
  if (received.endMs >= lastMs) throw new KedgeError(storeCodes.tooLarge, `a window that ends at ${received.endMs} ms lies beyond the times InfluxDB has`);
  return { window: received, bytes: messageOfWindow(received) };
}

function bodyFields(bytes: Uint8Array): Record<string, string> {
  const text = Buffer.from(bytes).toString("base64");
  const count = Math.max(1, Math.ceil(text.length / fieldChars));
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`body${i}`, text.slice(i * fieldChars, (i + 1) * fieldChars)]));
}

function bodyOf(row: InfluxRow): Uint8Array {
  let text = "";
  for (let i = 0; typeof row[`body${i}`] === "string"; i += 1) text += String(row[`body${i}`]);
  return new Uint8Array(Buffer.from(text, "base64"));
}

/**
 * A point's time is the window's end, with its sequence in the nanoseconds, so that two that end at once are two points; device and boot epoch are
 * tags. The body is the wire's bytes in base64: columns would round numbers and would have to know every kind of feature.
 */
function windowPoint({ window, bytes }: InfluxWindow): IPoint {
  const { key, endMs, startMs, bundleDigest } = window;
  const { rows, errors } = totalsOf(window);
  const nanos = String(key.seq % 1_000_000).padStart(6, "0");
  return {
    measurement: "windows",
    tags: { device: key.deviceId, epoch: String(key.bootEpoch) },
    fields: { seq: key.seq, start: startMs, end: endMs, bundle: bundleDigest, rows, errors, ...bodyFields(bytes) },
    timestamp: `${endMs === 0 ? "" : endMs}${nanos}`,
  };
}

function piecePoint(piece: StoredPiece): IPoint {
  return {
    measurement: "merged",
    tags: { device: piece.deviceId, level: String(piece.levelMs), bundle: piece.bundleDigest, spec: piece.profile.specHash },
    fields: {
      windows: piece.windows,
      start: piece.startMs,
      end: piece.endMs,
      at: piece.atMs,
      pending: piece.isPending,
      ...bodyFields(encodeProfile(piece.profile.toProfile())),
    },
    timestamp: `${piece.atMs}000000`,
  };
}

const literal = quoted.stringLit;
const within = ({ fromMs, toMs }: TimeRange): string => `time >= ${Math.max(0, fromMs)}ms and time < ${Math.min(toMs, lastMs)}ms`;

/** Windows and merged hours in one InfluxDB database: statements and points. Throws KedgeError `store/…`. */
export class InfluxWindows {
  readonly #influx: InfluxDB;
  readonly #database: string;
  damaged = 0;

  constructor(influx: InfluxDB, database: string) {
    this.#influx = influx;
    this.#database = database;
  }

  writeWindows(windows: readonly InfluxWindow[]): Promise<void> {
    return this.#write(windows.map(windowPoint));
  }

  writePieces(pieces: readonly StoredPiece[]): Promise<void> {
    return this.#write(pieces.map(piecePoint));
  }

  async deviceIds(): Promise<string[]> {
    const [windows = [], merged = []] = await this.#ask(["windows", "merged"].map((from) => `show tag values from ${from} with key = device`));
    return [...new Set([...windows, ...merged].map((row) => String(row["value"])))];
  }

  /** The highest sequence of each (device, epoch) that has any. */
  async highest(keys: readonly { readonly deviceId: string; readonly bootEpoch: number }[]): Promise<(number | undefined)[]> {
    const answers = await this.#ask(
      keys.map((k) => `select max(seq) as seq from windows where device = ${literal(k.deviceId)} and epoch = ${literal(String(k.bootEpoch))}`),
    );
    return answers.map(([row]) => (typeof row?.["seq"] === "number" ? row["seq"] : undefined));
  }

  /** Which keys are stored. */
  async known(keys: readonly Window["key"][]): Promise<boolean[]> {
    const answers = await this.#ask(
      keys.map((k) => `select seq from windows where device = ${literal(k.deviceId)} and epoch = ${literal(String(k.bootEpoch))} and seq = ${k.seq} limit 1`),
    );
    return answers.map((rows) => rows.length > 0);
  }

  /** A device's windows that end in a range, by end, epoch and sequence, some at a time. */
  async *windowsOf(deviceId: string, range: TimeRange, bundle: WindowQuery["bundleDigest"]): AsyncGenerator<Window[]> {
    const where = `device = ${literal(deviceId)} and ${within(range)}${bundle === undefined ? "" : ` and bundle = ${literal(bundle)}`}`;
    let held: Window[] = [];
    for (let offset = 0; ; offset += pageRows) {
      const [rows = []] = await this.#ask([`select * from windows where ${where} order by time limit ${pageRows} offset ${offset}`]);
      for (const row of rows) {
        const decoded = decodeWindow(bodyOf(row));
        if (decoded.kind === "decoded") held.push(decoded.value);
        else this.damaged += 1;
      }
      held.sort((a, b) => a.endMs - b.endMs || a.key.bootEpoch - b.key.bootEpoch || a.key.seq - b.key.seq);
      const isLast = rows.length < pageRows;
      // Windows that end at the same time may lie on two pages.
      const lastEndMs = held.at(-1)?.endMs;
      yield isLast ? held : held.filter((w) => w.endMs !== lastEndMs);
      if (isLast) return;
      held = held.filter((w) => w.endMs === lastEndMs);
    }
  }

  /** A device's merged hours and days that begin in a range. */
  async piecesOf(deviceId: string, range: TimeRange, bundle: WindowQuery["bundleDigest"]): Promise<StoredPiece[]> {
    const where = `device = ${literal(deviceId)} and ${within(range)}${bundle === undefined ? "" : ` and bundle = ${literal(bundle)}`}`;
    const [rows = []] = await this.#ask([`select * from merged where ${where} order by time`]);
    return rows.flatMap((row) => this.#piece(row));
  }

  /** Merged hours and days of anyone whose parts were not yet deleted. */
  async pending(): Promise<StoredPiece[]> {
    const [rows = []] = await this.#ask(["select * from merged where pending = true"]);
    return rows.flatMap((row) => this.#piece(row));
  }

  async deleteWindows(deviceId: string, range: TimeRange): Promise<void> {
    await this.#ask([`delete from windows where device = ${literal(deviceId)} and ${within(range)}`]);
  }

  async deletePieces(deviceId: string, levelMs: Level, range: TimeRange): Promise<void> {
    await this.#ask([`delete from merged where device = ${literal(deviceId)} and level = ${literal(String(levelMs))} and ${within(range)}`]);
  }

  /** How many windows, and predictions in them. */
  async counts(deviceIds: readonly string[] | undefined): Promise<{ readonly stored: number; readonly rows: number }> {
    const each = "select count(seq) as stored, sum(rows) as rows from windows";
    const answers = await this.#ask(deviceIds === undefined ? [each] : [...new Set(deviceIds)].map((id) => `${each} where device = ${literal(id)}`));
    const sum = (name: string): number => answers.reduce((total, [row]) => total + Number(row?.[name] ?? 0), 0);
    return { stored: sum("stored"), rows: sum("rows") };
  }

  #piece(row: InfluxRow): StoredPiece[] {
    const decoded = decodeProfile(bodyOf(row));
    if (decoded.kind !== "decoded") {
      this.damaged += 1;
      return [];
    }
    return [
      {
        deviceId: String(row["device"]) as DeviceId,
        bundleDigest: String(row["bundle"]) as Sha256,
        levelMs: Number(row["level"]) as Level,
        atMs: Number(row["at"]),
        profile: ProfileSum.of(decoded.value),
        windows: Number(row["windows"]),
        startMs: Number(row["start"]),
        endMs: Number(row["end"]),
        isPending: row["pending"] === true,
      },
    ];
  }

  async #write(points: IPoint[]): Promise<void> {
    if (points.length === 0) return;
    try {
      await this.#influx.writePoints(points, { database: this.#database, precision: "n" });
    } catch (error) {
      throw influxFault(error, `writing to the database ${this.#database} of InfluxDB`, this.#database);
    }
  }

  async #ask(all: readonly string[]): Promise<InfluxRow[][]> {
    const answers: InfluxRow[][] = [];
    try {
      for (let i = 0; i < all.length; i += statements) {
        const some = all.slice(i, i + statements);
        for (const rows of rowsOf(await this.#influx.queryRaw(some.join("; "), { database: this.#database, precision: "ms" }), some.length)) answers.push(rows);
      }
    } catch (error) {
      throw influxFault(error, `asking the database ${this.#database} of InfluxDB`, this.#database);
    }
    return answers;
  }
}
