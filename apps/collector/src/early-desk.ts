import { type Clock, type DeviceId, type Log, messageOf, newId, type Random } from "@kedge/core";
import type { Window } from "@kedge/profile";
import { type Documents, type ReceivedWindow, windowOf } from "@kedge/store";
import type { EarlyRecord } from "./collections.js";

/** What the desk needs of the program. */
export interface EarlyDeskDeps {
  readonly early: Documents<EarlyRecord>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Devices found a change: somebody should look. */
  readonly onEarly: () => void;
}

/** Kept of one device, and of all: some 50 MB at most. */
const mostOfDevice = 20;
const mostOfAll = 10_000;
/** From one window of a device that is kept here to its next: a device that says otherwise of itself costs no more than that. */
const leastGapMs = 5_000;
const mostRemembered = 100_000;

/** Takes windows that devices sent early, once they are stored: has the fleet looked at, and keeps what the devices found. */
export class EarlyDesk {
  readonly #deps: EarlyDeskDeps;
  readonly #lastMs = new Map<DeviceId, number>();
  #tail: Promise<void> = Promise.resolve();
  /** Early windows whose detail was not kept here, because the device sent too many. */
  skipped = 0;

  constructor(deps: EarlyDeskDeps) {
    this.#deps = deps;
  }

  /** Windows were stored; those that a detector ended are taken. Resolves when they are kept. */
  take(windows: readonly ReceivedWindow[]): Promise<void> {
    const early = windows.filter((w) => w.trigger === "detector");
    if (early.length === 0) return this.#tail;
    this.#deps.onEarly();
    const nowMs = this.#deps.clock.nowMs();
    for (const received of early) {
      const window = windowOf(received);
      const { deviceId } = window.key;
      if (window.detail === undefined) continue;
      const lastMs = this.#lastMs.get(deviceId);
      if (lastMs !== undefined && nowMs - lastMs < leastGapMs) {
        this.skipped += 1;
        continue;
      }
      if (this.#lastMs.size >= mostRemembered) this.#lastMs.clear();
      this.#lastMs.set(deviceId, nowMs);
      this.#tail = this.#tail.then(() => this.#keep(window));
    }
    return this.#tail;
  }

  async #keep(window: Window): Promise<void> {
    const { early, clock, random, log } = this.#deps;
    const { alarms = [], sketches = [] } = window.detail ?? {};
    const { deviceId } = window.key;
    const record: EarlyRecord = {
      deviceId,
      atMs: window.endMs,
      bundleDigest: window.bundleDigest,
      rows: window.profile.rows,
      alarms,
      sketches: sketches.map(({ feature, kll }) => ({ feature, base64: Buffer.from(kll).toString("base64") })),
    };
    try {
      await early.insert(newId("early", clock.nowMs(), random), record);
      const own = await early.list({ status: [deviceId], limit: mostOfDevice + 10 });
      for (const { id } of own.slice(0, Math.max(0, own.length - mostOfDevice))) await early.delete(id);
      if ((await early.count()) > mostOfAll) for (const { id } of await early.list({ limit: 100 })) await early.delete(id);
    } catch (error) {
      log.error({ deviceId, error: messageOf(error) }, "what a device found could not be kept; its window is stored");
    }
  }
}
