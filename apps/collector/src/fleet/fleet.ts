import type { Clock, DeviceId, Labels, Sha256 } from "@kedge/core";
import { matchesSelector, type Selector } from "@kedge/core";
import { change, type Documents, put } from "@kedge/store";
import { shardOf } from "@kedge/wire";
import type { DeviceRecord } from "../collections.js";

/** Whose devices these are, where several collectors share the fleet. */
export interface Sharing {
  /** Whether this collector hears the device, and so knows when it was there. */
  readonly isOwn: (deviceId: DeviceId) => boolean;
  /** Whether anybody else writes devices. */
  readonly isShared: boolean;
}

/** What a device says of itself. */
export type DeviceFacts = Partial<Pick<DeviceRecord, "bootEpoch" | "agentVersion" | "platform" | "reported">>;

/** A device that is gone for less is likely to come back: then that it was away need not be stored. */
const awayMs = 60_000;

/** What is known only in memory of a device that goes on saying the same is stored this often. */
const storeEveryMs = 3_600_000;

/** What is said in every report anew, and of use only while it is new. */
function lasting(device: DeviceRecord): string {
  const { bootEpoch, agentVersion, platform, reported } = device;
  const state = reported === null ? null : { ...reported, atMs: 0, outbox: null, counters: null, budget: null };
  return JSON.stringify([bootEpoch, agentVersion, platform, state]);
}

const alone: Sharing = { isOwn: () => true, isShared: false };

/** All devices, in memory over the store: read often, changed rarely. */
export class Fleet {
  readonly #documents: Documents<DeviceRecord>;
  readonly #clock: Clock;
  readonly #sharing: Sharing;
  readonly #devices = new Map<DeviceId, DeviceRecord>();
  readonly #onChange = new Set<(device: DeviceRecord) => void>();
  /** Devices that are gone, and since when; that is not stored yet. */
  readonly #away = new Map<DeviceId, number>();
  /** When each device was last stored. */
  readonly #storedMs = new Map<DeviceId, number>();

  constructor(documents: Documents<DeviceRecord>, clock: Clock, sharing: Sharing = alone) {
    this.#sharing = sharing;
    this.#documents = documents;
    this.#clock = clock;
  }

  /** Reads all devices. Nobody is online until heard of, but by whoever else may hear it. */
  async load(): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await this.#documents.list(after === undefined ? { limit: 1_000 } : { limit: 1_000, after });
      for (const { body, updatedMs } of page) {
        this.#devices.set(body.deviceId, { ...body, isOnline: body.isOnline && this.#sharing.isShared });
        this.#storedMs.set(body.deviceId, updatedMs);
      }
      after = page.at(-1)?.id;
      if (page.length < 1_000) return;
    }
  }

  /** Another collector changed a device, or added it. */
  async refresh(deviceId: DeviceId): Promise<void> {
    const stored = await this.#documents.get(deviceId);
    if (stored !== undefined) this.#tell({ ...stored.body, ...this.#live(deviceId) });
  }

  /** Devices are heard here from now on; those that were there are taken to be, until they say nothing for too long. */
  adopt(shards: readonly string[]): void {
    const gained = new Set(shards);
    const lastSeenAtMs = this.#clock.nowMs();
    for (const device of this.#devices.values())
      if (this.#sharing.isShared && device.isOnline && gained.has(shardOf(device.deviceId))) this.#devices.set(device.deviceId, { ...device, lastSeenAtMs });
  }

  /** Whether this collector hears a device. */
  isOwn(deviceId: DeviceId): boolean {
    return this.#sharing.isOwn(deviceId);
  }

  get(deviceId: DeviceId): DeviceRecord | undefined {
    return this.#devices.get(deviceId);
  }

  /** In the order of their ids. */
  all(): DeviceRecord[] {
    return [...this.#devices.values()].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  }

  /** Any device that is so; unlike {@link all} without putting them in order, which takes milliseconds for thousands. */
  find(isIt: (device: DeviceRecord) => boolean): DeviceRecord | undefined {
    for (const device of this.#devices.values()) if (isIt(device)) return device;
    return undefined;
  }

  /** Devices that are not retired and match. */
  members(selector: Selector = []): DeviceRecord[] {
    return this.all().filter((d) => !d.isRetired && matchesSelector(selector, d.labels));
  }

  labelsOf(deviceId: DeviceId): Labels | undefined {
    const device = this.#devices.get(deviceId);
    return device === undefined || device.isRetired ? undefined : device.labels;
  }

  /** What a device says that it runs. */
  runningOf(deviceId: DeviceId): Sha256 | null {
    return this.#devices.get(deviceId)?.reported?.runningDigest ?? null;
  }

  onChange(listener: (device: DeviceRecord) => void): void {
    this.#onChange.add(listener);
  }

  async add(device: DeviceRecord): Promise<void> {
    const { updatedMs } = await put(this.#documents, device.deviceId, device);
    this.#storedMs.set(device.deviceId, updatedMs);
    this.#tell(device);
  }

  /** Changes a device durably; `undefined` when there is none. */
  async update(deviceId: DeviceId, edit: (device: DeviceRecord) => DeviceRecord): Promise<DeviceRecord | undefined> {
    const saved = await change(this.#documents, deviceId, (body) => edit({ ...body, ...this.#live(deviceId) }));
    if (saved === undefined) return undefined;
    this.#storedMs.set(deviceId, saved.updatedMs);
    this.#tell(saved.body);
    return saved.body;
  }

  /**
   * Notes what a device said of itself, durably where it says something new or others must know; `undefined` when there is no such device. What it
   * repeats is repeated by every device at once when a fleet comes back, and each sync to disk holds up all of them; and a collector that
   * lost the last of it is told again, since every device connects anew.
   */
  async said(deviceId: DeviceId, facts: DeviceFacts): Promise<DeviceRecord | undefined> {
    const device = this.#devices.get(deviceId);
    if (device === undefined) return undefined;
    const next = { ...device, ...facts };
    if (this.#sharing.isShared || lasting(device) !== lasting(next)) return await this.update(deviceId, (d) => ({ ...d, ...facts }));
    this.#tell(next);
    return next;
  }

  /** What is newer in memory than in the store: that a device was heard of, and its last report, need not be durable. */
  #live(deviceId: DeviceId): Partial<DeviceRecord> {
    const device = this.#devices.get(deviceId);
    if (device === undefined || !this.#sharing.isOwn(deviceId)) return {};
    const { isOnline, lastSeenAtMs, reported } = device;
    return this.#sharing.isShared ? { isOnline, lastSeenAtMs } : { isOnline, lastSeenAtMs, reported };
  }

  /** Notes that a device was heard of just now. */
  heardOf(deviceId: DeviceId): void {
    const device = this.#devices.get(deviceId);
    if (device === undefined) return;
    const heard = { ...device, isOnline: true, lastSeenAtMs: this.#clock.nowMs() };
    this.#devices.set(deviceId, heard);
    if (device.isOnline) return;
    this.#tell(heard);
    // The evaluator, which may be another collector, reaches only devices that are there.
    if (this.#sharing.isShared) void this.update(deviceId, (d) => d).catch(() => undefined);
  }

  /** Notes that a device is gone. Who shares the fleet is told at once; else it is stored by {@link storeSeen} when the device stays away. */
  async gone(deviceId: DeviceId): Promise<void> {
    const device = this.#devices.get(deviceId);
    if (device?.isOnline !== true) return;
    if (this.#sharing.isShared) {
      await this.update(deviceId, (d) => ({ ...d, isOnline: false }));
      return;
    }
    // Anew, at the end.
    this.#away.delete(deviceId);
    this.#away.set(deviceId, this.#clock.nowMs());
    this.#tell({ ...device, isOnline: false });
  }

  /**
   * Makes durable what is known in memory only: of devices that have been away for a while, or (`isAll`) at all, and of those that have gone on for long
   * without anything new. At most so many of them.
   */
  async storeSeen({ most, isAll = false }: { readonly most: number; readonly isAll?: boolean }): Promise<void> {
    const due = [...this.#awayUntil(this.#clock.nowMs() - (isAll ? 0 : awayMs))].slice(0, most);
    for (const deviceId of due) this.#away.delete(deviceId);
    for (const deviceId of [...due.filter((id) => this.#devices.get(id)?.isOnline === false), ...this.#longUnstored(most - due.length)])
      await this.update(deviceId, (device) => device);
  }

  *#awayUntil(untilMs: number): Iterable<DeviceId> {
    for (const [deviceId, sinceMs] of this.#away) {
      // In the order in which they went.
      if (sinceMs > untilMs) return;
      yield deviceId;
    }
  }

  #longUnstored(most: number): DeviceId[] {
    const beforeMs = this.#clock.nowMs() - storeEveryMs;
    const isDue = ({ deviceId, isOnline }: DeviceRecord): boolean => isOnline && this.isOwn(deviceId) && (this.#storedMs.get(deviceId) ?? 0) < beforeMs;
    const due: DeviceId[] = [];
    for (const device of this.#devices.values()) {
      if (due.length >= most) break;
      if (isDue(device)) due.push(device.deviceId);
    }
    return due;
  }

  #tell(device: DeviceRecord): void {
    this.#devices.set(device.deviceId, device);
    for (const listener of this.#onChange) listener(device);
  }
}
