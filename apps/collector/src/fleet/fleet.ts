import type { Clock, DeviceId, Labels, Sha256 } from "@kedge/core";
import { matchesSelector, type Selector } from "@kedge/core";
import { change, type Documents, put } from "@kedge/store";
import type { DeviceRecord } from "../collections.js";

/** All devices, in memory over the store: read often, changed rarely. One collector writes them. */
export class Fleet {
  readonly #documents: Documents<DeviceRecord>;
  readonly #clock: Clock;
  readonly #devices = new Map<DeviceId, DeviceRecord>();
  readonly #onChange = new Set<(device: DeviceRecord) => void>();

  constructor(documents: Documents<DeviceRecord>, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  /** Reads all devices. Nobody is online until heard of. */
  async load(): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await this.#documents.list(after === undefined ? { limit: 1_000 } : { limit: 1_000, after });
      for (const { body } of page) this.#devices.set(body.deviceId, { ...body, isOnline: false });
      after = page.at(-1)?.id;
      if (page.length < 1_000) return;
    }
  }

  get(deviceId: DeviceId): DeviceRecord | undefined {
    return this.#devices.get(deviceId);
  }

  /** In the order of their ids. */
  all(): DeviceRecord[] {
    return [...this.#devices.values()].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
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
    await put(this.#documents, device.deviceId, device);
    this.#tell(device);
  }

  /** Changes a device durably; `undefined` when there is none. */
  async update(deviceId: DeviceId, edit: (device: DeviceRecord) => DeviceRecord): Promise<DeviceRecord | undefined> {
    const saved = await change(this.#documents, deviceId, (body) => edit({ ...body, ...this.#live(deviceId) }));
    if (saved === undefined) return undefined;
    this.#tell(saved.body);
    return saved.body;
  }

  /** What is kept in memory only: that a device was heard of need not be durable. */
  #live(deviceId: DeviceId): Partial<DeviceRecord> {
    const device = this.#devices.get(deviceId);
    return device === undefined ? {} : { isOnline: device.isOnline, lastSeenAtMs: device.lastSeenAtMs };
  }

  /** Notes that a device was heard of just now. */
  heardOf(deviceId: DeviceId): void {
    const device = this.#devices.get(deviceId);
    if (device === undefined) return;
    const heard = { ...device, isOnline: true, lastSeenAtMs: this.#clock.nowMs() };
    this.#devices.set(deviceId, heard);
    if (!device.isOnline) this.#tell(heard);
  }

  /** Notes that a device is gone; when it was last seen becomes durable. */
  async gone(deviceId: DeviceId): Promise<void> {
    if (this.#devices.get(deviceId)?.isOnline !== true) return;
    await this.update(deviceId, (device) => ({ ...device, isOnline: false }));
  }

  #tell(device: DeviceRecord): void {
    this.#devices.set(device.deviceId, device);
    for (const listener of this.#onChange) listener(device);
  }
}
