import type { DeviceId, Sha256 } from "@kedge/core";
import { type Profile, ProfileSum, type Window } from "@kedge/profile";
import { type SummedWindows, WindowMerger } from "./merge-windows.js";

/** Windows are rolled up by the hour of their end (UTC), hours by the quarter of a day, those by the day. */
export const hourMs = 3_600_000;
export const quarterMs = 21_600_000;
export const dayMs = 86_400_000;

/** The length of what is merged: a day, a quarter of one, an hour, or 0 for a window as it came. */
export type Level = 0 | typeof hourMs | typeof quarterMs | typeof dayMs;

/** A window, or a device's windows of one bundle and spec that end in one hour, quarter or day. `atMs`: its end, or where the hour, quarter or day begins. */
export interface Piece extends SummedWindows {
  readonly deviceId: DeviceId;
  readonly bundleDigest: Sha256;
  readonly levelMs: Level;
  readonly atMs: number;
}

/** Ends of windows, from the first to before the second, in ms since 1970. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where the hour, quarter or day begins that holds a moment. */
export function startOf(atMs: number, lengthMs: number): number {
  return Math.floor(atMs / lengthMs) * lengthMs;
}

/** Whether what begins at `atMs` and is so long lies in a range wholly. */
export function isWhole(atMs: number, lengthMs: number, { fromMs, toMs }: TimeRange): boolean {
  return atMs >= fromMs && atMs + lengthMs <= toMs;
}

/** A window as a piece; one that was read into memory which is used again, in that memory. */
export function pieceOf({ key, bundleDigest, startMs, endMs, profile }: Omit<Window, "profile"> & { readonly profile: Profile | ProfileSum }): Piece {
  const sum = profile instanceof ProfileSum ? profile : ProfileSum.of(profile);
  return { deviceId: key.deviceId, bundleDigest, levelMs: 0, atMs: endMs, profile: sum, windows: 1, startMs, endMs };
}

/** What one bundle and spec has of one stretch of a range: a whole day, quarter or hour, or what there is of an hour (level 0). */
export interface Unit extends SummedWindows {
  readonly bundleDigest: Sha256;
  readonly levelMs: Level;
  readonly atMs: number;
}

interface OpenUnit {
  readonly bundleDigest: Sha256;
  readonly specHash: string;
  readonly levelMs: Level;
  readonly atMs: number;
  day: WindowMerger | undefined;
  readonly quarters: Map<number, WindowMerger>;
  readonly hours: Map<number, WindowMerger>;
}

/**
 * Merges one device's pieces in an order that hangs on time alone: windows into hours, those into quarters and these into days, where they lie in the
 * range wholly. So the answer has the same bits whether they were rolled up before or are merged now. Windows of an hour must come by end, epoch and sequence. Pieces may
 * be in memory that is used again for the next one; what {@link units} gives is good until the fold begins anew.
 */
export class DeviceFold {
  #range: TimeRange;
  readonly #specHash: string | undefined;
  readonly #units = new Map<string, OpenUnit>();
  #latest: OpenUnit | undefined;
  /** Mergers that are free to be used again. */
  readonly #free: WindowMerger[] = [];
  readonly #used: WindowMerger[] = [];
  #others = 0;

  /** Of one spec; without it, of each by itself. */
  constructor(range: TimeRange, specHash?: string) {
    this.#range = range;
    this.#specHash = specHash;
  }

  /** Windows that count by another spec. */
  get others(): number {
    return this.#others;
  }

  add(piece: Piece): void {
    const { specHash } = piece.profile;
    if (this.#specHash !== undefined && specHash !== this.#specHash) {
      this.#others += piece.windows;
      return;
    }
    const unit = this.#unitOf(piece, specHash);
    if (piece.levelMs === dayMs) {
      unit.day ??= this.#merger(specHash);
      unit.day.add(piece);
      return;
    }
    const [parts, lengthMs] = piece.levelMs === quarterMs ? [unit.quarters, quarterMs] : [unit.hours, hourMs];
    const partAt = startOf(piece.atMs, lengthMs);
    let part = parts.get(partAt);
    if (part === undefined) {
      part = this.#merger(specHash);
      parts.set(partAt, part);
    }
    part.add(piece);
  }

  /** By time, then bundle, then spec. To be asked once all pieces are added. */
  units(): Unit[] {
    const open = [...this.#units.values()].sort((a, b) => a.atMs - b.atMs || byText(a.bundleDigest, b.bundleDigest) || byText(a.specHash, b.specHash));
    return open.flatMap((unit) => {
      const summed = this.#total(unit)?.summed;
      const { bundleDigest, levelMs, atMs } = unit;
      return summed === undefined ? [] : [{ bundleDigest, levelMs, atMs, ...summed }];
    });
  }

  #total({ levelMs, day, quarters, hours }: OpenUnit): WindowMerger | undefined {
    const parts = levelMs < quarterMs ? hours : quarters;
    if (levelMs >= quarterMs) {
      for (const [atMs, hour] of ascending(hours)) {
        const quarterAt = startOf(atMs, quarterMs);
        const quarter = quarters.get(quarterAt);
        if (quarter === undefined) quarters.set(quarterAt, hour);
        else this.#join(quarter, hour);
      }
    }
    let total = day;
    for (const [, part] of ascending(parts)) {
      if (total === undefined) total = part;
      else this.#join(total, part);
    }
    this.#others += total?.others ?? 0;
    return total;
  }

  #join(into: WindowMerger, part: WindowMerger): void {
    this.#others += part.others;
    if (part.summed !== undefined) into.add(part.summed);
  }

  /** Begins anew, with another device or range, in the same memory. */
  restart(range: TimeRange = this.#range): void {
    this.#range = range;
    this.#units.clear();
    this.#latest = undefined;
    this.#others = 0;
    for (const merger of this.#used) this.#free.push(merger);
    this.#used.length = 0;
  }

  #merger(specHash: string): WindowMerger {
    const merger = this.#free.pop() ?? new WindowMerger(specHash);
    merger.restart(specHash);
    this.#used.push(merger);
    return merger;
  }

  #unitOf({ atMs, bundleDigest }: Piece, specHash: string): OpenUnit {
    const levelMs = longest.find((length) => isWhole(startOf(atMs, length), length, this.#range)) ?? 0;
    const unitAt = startOf(atMs, levelMs === 0 ? hourMs : levelMs);
    const latest = this.#latest;
    if (latest?.atMs === unitAt && latest.levelMs === levelMs && latest.bundleDigest === bundleDigest && latest.specHash === specHash) return latest;
    const key = `${unitAt} ${levelMs} ${bundleDigest} ${specHash}`;
    const unit = this.#units.get(key) ?? { bundleDigest, specHash, levelMs, atMs: unitAt, day: undefined, quarters: new Map(), hours: new Map() };
    this.#units.set(key, unit);
    this.#latest = unit;
    return unit;
  }
}

const longest = [dayMs, quarterMs, hourMs] as const;

function ascending(parts: ReadonlyMap<number, WindowMerger>): (readonly [number, WindowMerger])[] {
  return [...parts].sort((a, b) => a[0] - b[0]);
}

/** Pieces of one device merged by the hour or day, each bundle and spec by itself; ascending. */
export function rolledUp(levelMs: typeof hourMs | typeof dayMs, pieces: readonly Piece[]): Piece[] {
  const [first] = pieces;
  if (first === undefined) return [];
  const byStart = new Map<number, Piece[]>();
  for (const piece of pieces) {
    const atMs = startOf(piece.atMs, levelMs);
    const own = byStart.get(atMs) ?? [];
    byStart.set(atMs, own);
    own.push(piece);
  }
  return [...byStart]
    .sort((a, b) => a[0] - b[0])
    .flatMap(([atMs, own]) => {
      const fold = new DeviceFold({ fromMs: atMs, toMs: atMs + levelMs });
      for (const piece of own) fold.add(piece);
      return fold.units().map((unit) => ({ ...unit, levelMs, deviceId: first.deviceId }));
    });
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
