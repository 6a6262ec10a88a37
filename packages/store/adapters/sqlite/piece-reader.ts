import type { DeviceId } from "@kedge/core";
import { ProfileReader } from "@kedge/wire";
import { dayMs, hourMs, type Level, outside, type Piece, pieceOf, quarterMs, startOf, type TimeRange, uncovered, type WindowQuery } from "../../src/index.js";
import { type DueStretch, type DueTable, fleetNo } from "./due-table.js";
import { type FoundRows, type RollUpTable, startsOf } from "./roll-up-table.js";
import { pause } from "./transaction.js";
import { rangeOf, type WindowPage, type WindowTable } from "./window-table.js";

/** The tables that answers are merged from. */
export interface SeriesTables {
  readonly windows: WindowTable;
  readonly rollUps: RollUpTable;
  readonly due: DueTable;
}

/** What the whole fleet has merged of a range, and the stretches that must be asked of each device. */
export interface FleetPieces {
  readonly pieces: Iterable<Piece>;
  readonly gaps: readonly TimeRange[];
  /** The devices that are in the pieces. */
  devices(): ReadonlySet<number>;
}

interface Owner {
  readonly no: number;
  readonly id: DeviceId;
  /** Whose merged profile is not to be used. */
  due(range: TimeRange): readonly DueStretch[];
}

/** What is asked of one owner. */
interface Asked {
  readonly range: TimeRange;
  readonly bundle: number | null;
  readonly coarsest: Level;
  readonly reader: ProfileReader;
}

/** What is rolled up, longest first. */
const levels = [dayMs, quarterMs, hourMs] as const;
/** Devices whose pieces are read between two pauses: at some 15 hours, quarters and days of each, about 6 ms. */
const pageDevices = 20;

/** Reads the coarsest pieces that make up a time: whole days and hours that are rolled up, and windows for the rest. */
export class PieceReader {
  readonly #tables: SeriesTables;

  constructor(tables: SeriesTables) {
    this.#tables = tables;
  }

  /** Device by device in the order of their ids. `coarsest` 0: windows alone, and hours and days where there are no windows any more. */
  async *pages(query: Omit<WindowQuery, "limit">, coarsest: Level): AsyncGenerator<Iterable<Piece>> {
    const { windows, due } = this.#tables;
    const bundle = windows.bundleNo(query);
    if (bundle === undefined) return;
    const asked = { range: rangeOf(query), bundle, coarsest, reader: new ProfileReader() };
    let quiet = 0;
    for (const id of windows.deviceIds(query)) {
      const no = windows.devices.find(id);
      if (no === undefined) continue;
      const owner = { no, id: id as DeviceId, due: (of: TimeRange) => due.all(of, no) };
      const { pieces, gaps } = this.#rolledUp(owner, asked);
      for (const some of pieces) yield some;
      for (const range of gaps) for await (const page of windows.ofDevice(no, { ...asked, range })) yield piecesOf(page);
      quiet += 1;
      if (quiet % pageDevices === 0) await pause();
    }
  }

  /** What is rolled up of the whole fleet. */
  fleet(query: Omit<WindowQuery, "limit" | "deviceIds">, coarsest: Level, specHash?: string): FleetPieces {
    const { windows, due, rollUps } = this.#tables;
    const bundle = windows.bundleNo(query);
    if (bundle === undefined) return { pieces: [], devices: () => new Set(), gaps: [] };
    const owner = { no: fleetNo, id: "" as DeviceId, due: (of: TimeRange) => due.all(of) };
    const { pieces, gaps, covered } = this.#rolledUp(owner, { range: rangeOf(query), bundle, coarsest, reader: new ProfileReader() });
    return { pieces: together(pieces), devices: () => new Set(covered.flatMap(({ levelMs, ...of }) => rollUps.devicesIn(levelMs, of, specHash))), gaps };
  }

  /** Days first; of the gaps that they leave quarters, where there are any; of those that are left hours. */
  #rolledUp(owner: Owner, { range, bundle, coarsest, reader }: Asked) {
    const { rollUps } = this.#tables;
    const due = owner.due({ fromMs: range.fromMs - dayMs, toMs: range.toMs });
    const days = owner.no === fleetNo && coarsest > 0 ? this.#fleetDays(range, due) : undefined;
    const pieces: Iterable<Piece>[] = [];
    const covered: (TimeRange & { readonly levelMs: Level })[] = [];
    let gaps: readonly TimeRange[] = [range];
    for (const levelMs of levels) {
      if (levelMs === quarterMs && (coarsest < dayMs || owner.no === fleetNo)) continue;
      const found = gaps.map((gap) => rollUps.find({ ...gap, deviceNo: owner.no, levelMs, bundleNo: bundle }));
      const stale = due.flatMap((d) => (d.levelMs <= levelMs ? [d.atMs] : []));
      const absent = levelMs === quarterMs ? absentQuarters(gaps, found) : levelMs === hourMs ? (days?.askedHours ?? []) : [];
      const left = coarsest >= levelMs ? gaps.flatMap((gap) => uncovered(gap, levelMs, [...stale, ...absent])) : gaps;
      const isLeft = (atMs: number): boolean => left.some((gap) => atMs >= gap.fromMs && atMs < gap.toMs);
      // Within a gap, what there is nothing finer left of: a device's days and hours that are sealed, the fleet's days without hours.
      const isLast = (atMs: number, isSealed: boolean): boolean => (owner.no === fleetNo ? levelMs === dayMs && days?.alone.has(atMs) === true : isSealed);
      const wants = (atMs: number, isSealed: boolean): boolean => !isLeft(atMs) || isLast(atMs, isSealed);
      for (const [i, gap] of gaps.entries()) {
        const rows = found[i];
        if (rows !== undefined && rows.rows.length > 0) pieces.push(rollUps.read(rows, owner.id, { reader, wants }));
        const within = left.filter((some) => some.fromMs >= gap.fromMs && some.toMs <= gap.toMs);
        for (const of of outside(gap, within)) covered.push({ levelMs, ...of });
      }
      gaps = left;
    }
    return { pieces, gaps, covered };
  }

  /**
   * Of the fleet's days whose hours are gone: those that stand for these, and the hours of those that cannot, since they are cut or something came
   * late to them. Such a day is asked of each device as a whole: it has its own that is left, beside what is late.
   */
  #fleetDays({ fromMs, toMs }: TimeRange, due: readonly DueStretch[]): { readonly alone: ReadonlySet<number>; readonly askedHours: readonly number[] } {
    const { rollUps } = this.#tables;
    const around = { fromMs: startOf(fromMs, dayMs), toMs: startOf(toMs, dayMs) + dayMs };
    const byHour = new Set(rollUps.starts(fleetNo, hourMs, around).map((atMs) => startOf(atMs, dayMs)));
    const late = new Set(due.map(({ atMs }) => startOf(atMs, dayMs)));
    const alone = new Set(rollUps.starts(fleetNo, dayMs, around).filter((atMs) => !byHour.has(atMs)));
    const asked = [...alone].filter((atMs) => late.has(atMs) || atMs < fromMs || atMs + dayMs > toMs);
    for (const atMs of asked) alone.delete(atMs);
    return { alone, askedHours: asked.flatMap((atMs) => Array.from({ length: dayMs / hourMs }, (_, i) => atMs + i * hourMs)) };
  }
}

/** Quarters within gaps of days that were not merged: hours that an older version merged have none. */
function absentQuarters(gaps: readonly TimeRange[], found: readonly FoundRows[]): number[] {
  const there = new Set(found.flatMap((rows) => [...startsOf(rows)]));
  const absent: number[] = [];
  for (const gap of gaps) {
    for (let atMs = startOf(gap.fromMs, quarterMs); atMs < gap.toMs; atMs += quarterMs) if (!there.has(atMs)) absent.push(atMs);
  }
  return absent;
}

function* piecesOf(page: WindowPage): Generator<Piece> {
  for (const window of page) yield pieceOf(window);
}

function* together(all: readonly Iterable<Piece>[]): Generator<Piece> {
  for (const some of all) yield* some;
}
