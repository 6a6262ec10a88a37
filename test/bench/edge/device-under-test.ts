import type { DeviceId, Sha256 } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import {
  type ClosedWindow,
  createProfiler,
  mayEndEarly,
  type Profiler,
  type ReportingPolicy,
  startHold,
  takeWindow,
  Watch,
  type Window,
  type WindowHold,
} from "@kedge/profile";
import { encodeReportedState, encodeWindow, publishBytes, topicFor } from "@kedge/wire";
import type { Bundle } from "./sensor-model.js";

export const bundleDigest = "b".repeat(64) as Sha256;

/** How a simulated device reports. */
export interface Manner {
  readonly policy: ReportingPolicy;
  readonly windowMs: number;
  readonly isWatched: boolean;
  readonly reportEveryMs: number;
}

/** As an agent without settings does: each window as it ends, a report a minute. */
export const everything: Manner = { policy: { heartbeatMs: null, fineForMs: 600_000 }, windowMs: 60_000, isWatched: false, reportEveryMs: 60_000 };
/** As one does whose `reporting.heartbeatMs` is 15 minutes. */
export const coarse: Manner = { policy: { heartbeatMs: 900_000, fineForMs: 600_000 }, windowMs: 60_000, isWatched: true, reportEveryMs: 900_000 };

/** The product's profiler, watch, hold and codec, in the order in which the agent joins them, on a clock that the simulation sets. */
export class DeviceUnderTest {
  readonly deviceId: DeviceId;
  readonly #manner: Manner;
  readonly #profiler: Profiler;
  readonly #topic: string;
  #hold: WindowHold;
  #hasChanged = false;
  #lastAlarmMs: number | undefined;
  #startMs = 0;
  #seq = 0;
  bytes = 0;
  alarms = 0;
  /** Windows that reached the collector. */
  readonly sent: Window[] = [];

  constructor(deviceId: string, bundle: Bundle, manner: Manner, seed: number) {
    this.deviceId = deviceId as DeviceId;
    this.#topic = topicFor(this.deviceId, "stats");
    this.#manner = manner;
    const watch = manner.isWatched ? new Watch(bundle.watch, { spec: bundle.spec, reference: bundle.reference, seed }) : undefined;
    this.#profiler = createProfiler(bundle.spec, bundle.hash, {
      onRow: (row) => {
        if (watch?.add(row) === true) this.#hasChanged = true;
      },
    });
    this.#detail = () => watch?.detail();
    this.#hold = startHold(manner.policy, 0);
  }

  readonly #detail: () => ReturnType<Watch["detail"]> | undefined;

  /** Takes a row at `nowMs`; whether a window went out early for it. */
  see(prediction: Prediction, nowMs: number): boolean {
    this.#profiler.add(prediction);
    if (!this.#hasChanged) return false;
    this.#hasChanged = false;
    this.alarms += 1;
    if (!mayEndEarly(this.#lastAlarmMs, this.#manner.policy, nowMs)) return false;
    this.#lastAlarmMs = nowMs;
    this.#close(nowMs, "detector");
    return true;
  }

  /** Time has passed: windows end and reports are said when they are due. */
  tick(nowMs: number): void {
    if (nowMs % this.#manner.windowMs === 0) this.#close(nowMs, "interval");
    if (nowMs % this.#manner.reportEveryMs === 0) this.bytes += reportBytes(this.deviceId);
  }

  #close(endMs: number, trigger: ClosedWindow["trigger"]): void {
    const profile = this.#profiler.take();
    const startMs = this.#startMs;
    this.#startMs = endMs;
    if (profile.rows === 0) return;
    const detail = trigger === "detector" ? this.#detail() : undefined;
    const window: ClosedWindow = { startMs, endMs, bundleDigest, profile, trigger, uptimeMs: endMs, ...(detail === undefined ? {} : { detail }) };
    const { hold, release } = takeWindow(this.#hold, window, { policy: this.#manner.policy, nowMs: endMs, affords: () => true });
    this.#hold = hold;
    for (const one of release) {
      this.#seq += 1;
      const window: Window = { ...one, key: { deviceId: this.deviceId, bootEpoch: 1, seq: this.#seq } };
      this.bytes += publishBytes(this.#topic, encodeWindow(window).length, 1);
      this.sent.push(window);
    }
  }
}

function reportBytes(deviceId: DeviceId): number {
  const digest = "d".repeat(64) as Sha256;
  const state = {
    deviceId,
    bootEpoch: 190_000_000,
    atMs: 1_790_000_000_000,
    runningDigest: digest,
    previousDigest: digest,
    desiredVersion: 3,
    update: "COMMITTED" as const,
    targetDigest: digest,
    reason: "",
    outbox: { records: 0, bytes: 0, dropped: 0 },
    counters: { windows: 10_000, predictions: 1_000_000, errors: 10, samples: 0 },
  };
  return publishBytes(topicFor(deviceId, "reported"), encodeReportedState(state).length, 1);
}
