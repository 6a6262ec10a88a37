import type { DeviceId } from "@kedge/core";
import { type SummedWindows, WindowMerger } from "./merge-windows.js";
import { DeviceFold, type Piece, type TimeRange, type Unit } from "./roll-up.js";
import type { DeviceProfiles, FleetProfile } from "./time-series-store.js";

/**
 * Pieces device by device in the order of their ids; of each the windows of an hour by end, epoch and sequence. A piece is good until the next one is
 * taken, and a page until the next page is.
 */
export type PiecePages = AsyncIterable<Iterable<Piece>>;

async function foldDevices(pages: PiecePages, fold: DeviceFold, done: (deviceId: DeviceId) => void): Promise<void> {
  let current: DeviceId | undefined;
  for await (const page of pages) {
    for (const piece of page) {
      if (current !== piece.deviceId) {
        if (current !== undefined) {
          done(current);
          fold.restart();
        }
        current = piece.deviceId;
      }
      fold.add(piece);
    }
  }
  if (current !== undefined) done(current);
}

/** Merges each device's pieces of one spec. */
export async function profilesOf(pages: PiecePages, range: TimeRange, specHash: string): Promise<DeviceProfiles> {
  const devices: DeviceProfiles["devices"][number][] = [];
  const fold = new DeviceFold(range, specHash);
  const merger = new WindowMerger(specHash);
  let others = 0;
  await foldDevices(pages, fold, (deviceId) => {
    merger.restart(specHash);
    for (const unit of fold.units()) merger.add(unit);
    others += fold.others + merger.others;
    const { merged } = merger;
    if (merged !== undefined) devices.push({ deviceId, ...merged });
  });
  return { devices, others };
}

/** Merges the pieces of many devices: each stretch of time over the devices, in the order of their ids, then the stretches in theirs. */
export class FleetFold {
  readonly #specHash: string;
  readonly #units = new Map<string, { readonly atMs: number; readonly bundleDigest: string; readonly merger: WindowMerger }>();
  readonly #devices = new Set<DeviceId>();
  #others = 0;

  constructor(specHash: string) {
    this.#specHash = specHash;
  }

  async addDevices(pages: PiecePages, range: TimeRange): Promise<void> {
    const fold = new DeviceFold(range, this.#specHash);
    await foldDevices(pages, fold, (deviceId) => {
      const units = fold.units();
      if (units.length > 0) this.#devices.add(deviceId);
      for (const unit of units) this.add(unit);
      this.#others += fold.others;
    });
  }

  /** A device that is in what {@link add} was given. */
  addDevice(deviceId: DeviceId): void {
    this.#devices.add(deviceId);
  }

  add(unit: Unit): void {
    const { atMs, levelMs, bundleDigest } = unit;
    const key = `${atMs} ${levelMs} ${bundleDigest}`;
    let known = this.#units.get(key);
    if (known === undefined) {
      known = { atMs, bundleDigest, merger: new WindowMerger(this.#specHash) };
      this.#units.set(key, known);
    }
    known.merger.add(unit);
  }

  /** All of them as one, and how many windows counted by another spec. */
  summed(): { readonly summed: SummedWindows | undefined; readonly others: number } {
    const fleet = new WindowMerger(this.#specHash);
    let others = this.#others;
    const inOrder = [...this.#units.values()].sort((a, b) => a.atMs - b.atMs || (a.bundleDigest < b.bundleDigest ? -1 : 1));
    for (const { merger } of inOrder) {
      others += merger.others;
      if (merger.summed !== undefined) fleet.add(merger.summed);
    }
    return { summed: fleet.summed, others: others + fleet.others };
  }

  profile(): FleetProfile {
    const { summed, others } = this.summed();
    const merged = summed === undefined ? undefined : { ...summed, profile: summed.profile.toProfile() };
    return { merged, devices: this.#devices.size, others };
  }
}
