import type { DeviceId } from "@kedge/core";
import { ProfileReader } from "@kedge/wire";
import { dayMs, hourMs, type Level, outside, type Piece, pieceOf, quarterMs, startOf, type TimeRange, uncovered, type WindowQuery } from "../../src/index.js";
import { type DueTable, fleetNo } from "./due-table.js";
import type { RollUpTable, RowQuery } from "./roll-up-table.js";
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
  /** Where hours, or days, begin whose merged profile is not to be used. */
  due(levelMs: Level, range: TimeRange): readonly number[];
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
      const owner = { no, id: id as DeviceId, due: (levelMs: Level, of: TimeRange) => due.ofDevice(no, levelMs, of) };
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
    const owner = { no: fleetNo, id: "" as DeviceId, due: (levelMs: Level, of: TimeRange) => due.times(levelMs, of) };
    const { pieces, gaps, covered } = this.#rolledUp(owner, { range: rangeOf(query), bundle, coarsest, reader: new ProfileReader() });
    return { pieces: together(pieces), devices: () => new Set(covered.flatMap(({ levelMs, ...of }) => rollUps.devicesIn(levelMs, of, specHash))), gaps };
  }

  /** Days first; of the gaps that they leave quarters, where there are any; of those that are left hours. */
  #rolledUp(owner: Owner, { range, bundle, coarsest, reader }: Asked) {
    const around = { fromMs: range.fromMs - dayMs, toMs: range.toMs };
    const due = new Map(levels.map((levelMs) => [levelMs, coarsest >= levelMs ? owner.due(levelMs, around) : []]));
    const pieces: Iterable<Piece>[] = [];
    const covered: (TimeRange & { readonly levelMs: Level })[] = [];
    let gaps: readonly TimeRange[] = [range];
    for (const levelMs of levels) {
      if (levelMs === quarterMs && (coarsest < dayMs || owner.no === fleetNo)) continue;
      const stale = levels.flatMap((finer) => (finer <= levelMs ? (due.get(finer) ?? []) : []));
      const absent = levelMs === quarterMs ? this.#absentQuarters(owner.no, gaps) : [];
      const left = coarsest >= levelMs ? gaps.flatMap((gap) => uncovered(gap, levelMs, [...stale, ...absent])) : gaps;
      for (const gap of gaps) {
        pieces.push(this.#usable(owner, { ...gap, levelMs, bundleNo: bundle, gaps: left }, reader));
        const within = left.filter((some) => some.fromMs >= gap.fromMs && some.toMs <= gap.toMs);
        for (const of of outside(gap, within)) covered.push({ levelMs, ...of });
      }
      gaps = left;
    }
    return { pieces, gaps, covered };
  }

  /** Quarters within gaps of days that were not merged: hours that an older version merged have none. */
  #absentQuarters(deviceNo: number, gaps: readonly TimeRange[]): number[] {
    return gaps.flatMap((gap) => {
      const there = new Set(this.#tables.rollUps.starts(deviceNo, quarterMs, gap));
      const absent: number[] = [];
      for (let atMs = startOf(gap.fromMs, quarterMs); atMs < gap.toMs; atMs += quarterMs) if (!there.has(atMs)) absent.push(atMs);
      return absent;
    });
  }

  /** Rows outside of the gaps, and sealed ones within them: there is nothing finer left. */
  #usable(owner: Owner, of: Omit<RowQuery, "deviceNo"> & { readonly gaps: readonly TimeRange[] }, reader: ProfileReader): Iterable<Piece> {
    const isGap = (atMs: number): boolean => of.gaps.some((g) => atMs >= g.fromMs && atMs < g.toMs);
    const wants = (atMs: number, isSealed: boolean): boolean => !isGap(atMs) || (isSealed && owner.no !== fleetNo);
    return this.#tables.rollUps.rows({ ...of, deviceNo: owner.no, wants }, owner.id, reader);
  }
}

function* piecesOf(page: WindowPage): Generator<Piece> {
  for (const window of page) yield pieceOf(window);
}

function* together(all: readonly Iterable<Piece>[]): Generator<Piece> {
  for (const some of all) yield* some;
}
