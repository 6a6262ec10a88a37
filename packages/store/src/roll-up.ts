import type { DeviceId, Sha256 } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { type MergedWindows, WindowMerger } from "./merge-windows.js";

/** Windows are rolled up by the hour of their end (UTC), hours by the day. */
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** The length of what is merged: a day, an hour, or 0 for a window as it came. */
export type Level = 0 | typeof hourMs | typeof dayMs;

/** A window, or a device's windows of one bundle and spec that end in one hour or day. `atMs`: its end, or where the hour or day begins. */
export interface Piece extends MergedWindows {
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

/** Where the hour or day begins that holds a moment. */
export function startOf(atMs: number, lengthMs: number): number {
  return Math.floor(atMs / lengthMs) * lengthMs;
}

/** Whether an hour or day that begins at `atMs` lies in a range wholly. */
export function isWhole(atMs: number, lengthMs: number, { fromMs, toMs }: TimeRange): boolean {
  return atMs >= fromMs && atMs + lengthMs <= toMs;
}

/** A window as a piece. */
export function pieceOf({ key, bundleDigest, startMs, endMs, profile }: Window): Piece {
  return { deviceId: key.deviceId, bundleDigest, levelMs: 0, atMs: endMs, profile, windows: 1, startMs, endMs };
}

/** What one bundle and spec has of one stretch of a range: a whole day, a whole hour, or what there is of an hour (level 0). */
export interface Unit extends MergedWindows {
  readonly bundleDigest: Sha256;
  readonly levelMs: Level;
  readonly atMs: number;
}

interface OpenUnit {
  readonly bundleDigest: Sha256;
  readonly specHash: string;
  readonly levelMs: Level;
  readonly atMs: number;
  day: MergedWindows | undefined;
  readonly hours: Map<number, WindowMerger>;
}

/**
 * Merges one device's pieces in an order that hangs on time alone: windows into hours, those into whole days of the range. So the answer has the
 * same bits whether hours and days were rolled up before or are merged now. Windows of an hour must come by end, epoch and sequence.
 */
export class DeviceFold {
  readonly #range: TimeRange;
  readonly #specHash: string | undefined;
  readonly #units = new Map<string, OpenUnit>();
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
      unit.day = mergeTwo(unit.day, piece);
      return;
    }
    const hourAt = startOf(piece.atMs, hourMs);
    const hour = unit.hours.get(hourAt) ?? new WindowMerger(specHash);
    unit.hours.set(hourAt, hour);
    hour.addMerged(piece);
  }

  /** By time, then bundle, then spec. */
  units(): Unit[] {
    const open = [...this.#units.values()].sort((a, b) => a.atMs - b.atMs || byText(a.bundleDigest, b.bundleDigest) || byText(a.specHash, b.specHash));
    return open.flatMap(({ bundleDigest, levelMs, atMs, day, hours }) => {
      let total = day;
      for (const [, hour] of [...hours].sort((a, b) => a[0] - b[0])) {
        this.#others += hour.others;
        if (hour.merged !== undefined) total = mergeTwo(total, hour.merged);
      }
      return total === undefined
        ? []
        : [{ bundleDigest, levelMs, atMs, profile: total.profile, windows: total.windows, startMs: total.startMs, endMs: total.endMs }];
    });
  }

  #unitOf({ atMs, bundleDigest }: Piece, specHash: string): OpenUnit {
    const [day, hour] = [startOf(atMs, dayMs), startOf(atMs, hourMs)];
    const levelMs: Level = isWhole(day, dayMs, this.#range) ? dayMs : isWhole(hour, hourMs, this.#range) ? hourMs : 0;
    const unitAt = levelMs === dayMs ? day : hour;
    const key = `${unitAt} ${levelMs} ${bundleDigest} ${specHash}`;
    const known = this.#units.get(key);
    if (known !== undefined) return known;
    const unit: OpenUnit = { bundleDigest, specHash, levelMs, atMs: unitAt, day: undefined, hours: new Map() };
    this.#units.set(key, unit);
    return unit;
  }
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

function mergeTwo(a: MergedWindows | undefined, b: MergedWindows): MergedWindows {
  const merger = new WindowMerger(b.profile.specHash);
  if (a !== undefined) merger.addMerged(a);
  merger.addMerged(b);
  return merger.merged ?? b;
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
