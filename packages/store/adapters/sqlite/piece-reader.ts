import type { DeviceId } from "@kedge/core";
import { dayMs, hourMs, type Level, outside, type Piece, pieceOf, type TimeRange, uncovered, type WindowQuery } from "../../src/index.js";
import { type DueTable, fleetNo } from "./due-table.js";
import type { RollUpTable } from "./roll-up-table.js";
import { pause } from "./transaction.js";
import { rangeOf, type WindowTable } from "./window-table.js";

/** The tables that answers are merged from. */
export interface SeriesTables {
  readonly windows: WindowTable;
  readonly rollUps: RollUpTable;
  readonly due: DueTable;
}

/** What the whole fleet has merged of a range, and the stretches that must be asked of each device. */
export interface FleetPieces {
  readonly pieces: readonly Piece[];
  readonly devices: readonly number[];
  readonly gaps: readonly TimeRange[];
}

interface Owner {
  readonly no: number;
  readonly id: DeviceId;
  /** Where hours, or days, begin whose merged profile is not to be used. */
  due(levelMs: Level, range: TimeRange): readonly number[];
}

/** Pieces read between two pauses. */
const pagePieces = 500;

/** Reads the coarsest pieces that make up a time: whole days and hours that are rolled up, and windows for the rest. */
export class PieceReader {
  readonly #tables: SeriesTables;

  constructor(tables: SeriesTables) {
    this.#tables = tables;
  }

  /** Device by device in the order of their ids. `coarsest` 0: windows alone, and hours and days where there are no windows any more. */
  async *pages(query: Omit<WindowQuery, "limit">, coarsest: Level): AsyncGenerator<readonly Piece[]> {
    const { windows, due } = this.#tables;
    const bundle = windows.bundleNo(query);
    if (bundle === undefined) return;
    const range = rangeOf(query);
    let held: Piece[] = [];
    for (const id of windows.deviceIds(query)) {
      const no = windows.devices.find(id);
      if (no === undefined) continue;
      const owner = { no, id: id as DeviceId, due: (levelMs: Level, of: TimeRange) => due.ofDevice(no, levelMs, of) };
      const { pieces, gaps } = this.#rolledUp(owner, range, bundle, coarsest);
      for (const piece of pieces) held.push(piece);
      for (const gap of gaps) for await (const page of windows.ofDevice(no, gap, bundle)) for (const window of page) held.push(pieceOf(window));
      if (held.length < pagePieces) continue;
      yield held;
      held = [];
      await pause();
    }
    yield held;
  }

  /** What is rolled up of the whole fleet. */
  fleet(query: Omit<WindowQuery, "limit" | "deviceIds">, coarsest: Level, specHash?: string): FleetPieces {
    const { windows, due, rollUps } = this.#tables;
    const bundle = windows.bundleNo(query);
    if (bundle === undefined) return { pieces: [], devices: [], gaps: [] };
    const range = rangeOf(query);
    const owner = { no: fleetNo, id: "" as DeviceId, due: (levelMs: Level, of: TimeRange) => due.times(levelMs, of) };
    const { pieces, gaps, covered } = this.#rolledUp(owner, range, bundle, coarsest);
    const devices = new Set(covered.flatMap(({ levelMs, ...of }) => rollUps.devicesIn(levelMs, of, specHash)));
    return { pieces, devices: [...devices], gaps };
  }

  #rolledUp(owner: Owner, range: TimeRange, bundleNo: number | null, coarsest: Level) {
    const around = { fromMs: range.fromMs - dayMs, toMs: range.toMs };
    const dueHours = coarsest >= hourMs ? owner.due(hourMs, around) : [];
    const dueDays = coarsest === dayMs ? [...owner.due(dayMs, around), ...dueHours] : [];
    const dayGaps = coarsest === dayMs ? uncovered(range, dayMs, dueDays) : [range];
    const days = this.#usable(owner, { levelMs: dayMs, bundleNo, range, gaps: dayGaps });
    const hourGaps = dayGaps.flatMap((gap) => (coarsest >= hourMs ? uncovered(gap, hourMs, dueHours) : [gap]));
    const hours = dayGaps.flatMap((gap) => this.#usable(owner, { levelMs: hourMs, bundleNo, range: gap, gaps: hourGaps }));
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
    return { pieces: [...days, ...hours], gaps: hourGaps, covered };
  }

  /** Rows outside of the gaps, and sealed ones within them: there is nothing finer left. */
  #usable(
    owner: Owner,
    of: { readonly levelMs: Level; readonly bundleNo: number | null; readonly range: TimeRange; readonly gaps: readonly TimeRange[] },
  ): Piece[] {
    const { levelMs, bundleNo, range, gaps } = of;
    const isGap = (atMs: number): boolean => gaps.some((g) => atMs >= g.fromMs && atMs < g.toMs);
    const rows = this.#tables.rollUps.rows({ ...range, deviceNo: owner.no, levelMs, bundleNo }, owner.id);
    return rows.filter((row) => !isGap(row.atMs) || (row.isSealed && owner.no !== fleetNo));
  }
}
