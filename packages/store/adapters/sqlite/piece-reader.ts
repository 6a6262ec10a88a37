import type { DeviceId } from "@kedge/core";
import { ProfileReader } from "@kedge/wire";
import { dayMs, hourMs, type Level, outside, type Piece, pieceOf, type TimeRange, uncovered, type WindowQuery } from "../../src/index.js";
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

/** Devices whose pieces are read between two pauses: at some 30 hours and days of each, about 6 ms. */
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

  #rolledUp(owner: Owner, { range, bundle, coarsest, reader }: Asked) {
    const around = { fromMs: range.fromMs - dayMs, toMs: range.toMs };
    const dueHours = coarsest >= hourMs ? owner.due(hourMs, around) : [];
    const dueDays = coarsest === dayMs ? [...owner.due(dayMs, around), ...dueHours] : [];
    const dayGaps = coarsest === dayMs ? uncovered(range, dayMs, dueDays) : [range];
    const usable = (levelMs: Level, of: TimeRange, gaps: readonly TimeRange[]) => this.#usable(owner, { ...of, levelMs, bundleNo: bundle, gaps }, reader);
    const hourGaps = dayGaps.flatMap((gap) => (coarsest >= hourMs ? uncovered(gap, hourMs, dueHours) : [gap]));
    const pieces = [usable(dayMs, range, dayGaps), ...dayGaps.map((gap) => usable(hourMs, gap, hourGaps))];
    const covered = [
      ...outside(range, dayGaps).map((of) => ({ levelMs: dayMs as Level, ...of })),
      ...dayGaps
        .flatMap((gap) =>
          outside(
            gap,
            hourGaps.filter((h) => h.fromMs >= gap.fromMs && h.toMs <= gap.toMs),
          ),
        )
        .map((of) => ({ levelMs: hourMs as Level, ...of })),
    ];
    return { pieces, gaps: hourGaps, covered };
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
