import type { DeviceId } from "@kedge/core";
import { WindowMerger } from "./merge-windows.js";
import { DeviceFold, type Piece, type TimeRange, type Unit } from "./roll-up.js";
import type { DeviceProfiles, FleetProfile } from "./time-series-store.js";

/** Pieces device by device in the order of their ids; of each the windows of an hour by end, epoch and sequence. */
export type PiecePages = AsyncIterable<readonly Piece[]>;

async function foldDevices(pages: PiecePages, start: () => DeviceFold, done: (deviceId: DeviceId, fold: DeviceFold) => void): Promise<void> {
  let current: { readonly deviceId: DeviceId; readonly fold: DeviceFold } | undefined;
  for await (const page of pages) {
    for (const piece of page) {
      if (current?.deviceId !== piece.deviceId) {
        if (current !== undefined) done(current.deviceId, current.fold);
        current = { deviceId: piece.deviceId, fold: start() };
      }
      current.fold.add(piece);
    }
  }
  if (current !== undefined) done(current.deviceId, current.fold);
}

/** Merges each device's pieces of one spec. */
export async function profilesOf(pages: PiecePages, range: TimeRange, specHash: string): Promise<DeviceProfiles> {
  const devices: DeviceProfiles["devices"][number][] = [];
  let others = 0;
  await foldDevices(
    pages,
    () => new DeviceFold(range, specHash),
    (deviceId, fold) => {
      const merger = new WindowMerger(specHash);
      for (const unit of fold.units()) merger.addMerged(unit);
      others += fold.others + merger.others;
      if (merger.merged !== undefined) devices.push({ deviceId, ...merger.merged });
    },
  );
  return { devices, others };
}

/** Merges each device's windows of one spec, and keeps them beside: for pieces that are windows. */
export async function partsOf(pages: PiecePages, specHash: string): Promise<DeviceProfiles> {
  const mergers = new Map<DeviceId, WindowMerger>();
  for await (const page of pages) {
    for (const { deviceId, startMs, endMs, profile } of page) {
      const merger = mergers.get(deviceId) ?? new WindowMerger(specHash, { withParts: true });
      mergers.set(deviceId, merger);
      merger.add({ startMs, endMs, profile });
    }
  }
  const others = [...mergers.values()].reduce((sum, m) => sum + m.others, 0);
  return { devices: [...mergers].flatMap(([deviceId, { merged, parts = [] }]) => (merged === undefined ? [] : [{ deviceId, ...merged, parts }])), others };
}

/** Merges the pieces of many devices: each stretch of time over the devices, in the order of their ids, then the stretches in theirs. */
export class FleetFold {
  readonly #specHash: string;
  readonly #units = new Map<string, { readonly unit: Unit; readonly merger: WindowMerger }>();
  readonly #devices = new Set<DeviceId>();
  #others = 0;

  constructor(specHash: string) {
    this.#specHash = specHash;
  }

  async addDevices(pages: PiecePages, range: TimeRange): Promise<void> {
    await foldDevices(
      pages,
      () => new DeviceFold(range, this.#specHash),
      (deviceId, fold) => {
        const units = fold.units();
        if (units.length > 0) this.#devices.add(deviceId);
        for (const unit of units) this.add(unit);
        this.#others += fold.others;
      },
    );
  }

  /** A device that is in what {@link add} was given. */
  addDevice(deviceId: DeviceId): void {
    this.#devices.add(deviceId);
  }

  add(unit: Unit): void {
    const key = `${unit.atMs} ${unit.levelMs} ${unit.bundleDigest}`;
    const known = this.#units.get(key) ?? { unit, merger: new WindowMerger(this.#specHash) };
    this.#units.set(key, known);
    known.merger.addMerged(unit);
  }

  profile(): FleetProfile {
    const fleet = new WindowMerger(this.#specHash);
    let others = this.#others;
    const inOrder = [...this.#units.values()].sort((a, b) => a.unit.atMs - b.unit.atMs || (a.unit.bundleDigest < b.unit.bundleDigest ? -1 : 1));
    for (const { merger } of inOrder) {
      others += merger.others;
      if (merger.merged !== undefined) fleet.addMerged(merger.merged);
    }
    return { merged: fleet.merged, devices: this.#devices.size, others: others + fleet.others };
  }
}
