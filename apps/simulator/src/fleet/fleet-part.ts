import { type Log, messageOf } from "@kedge/core";
import type { ReferenceProfile } from "@kedge/profile";
import { SharedContents } from "../device/memory-files.js";
import { openCable } from "../device/open-cable.js";
import { TrustedKeys } from "../device/trusted-keys.js";
import { VirtualBundles } from "../device/virtual-bundles.js";
import { type DevicePlan, VirtualDevice } from "../device/virtual-device.js";
import { unknownFeatures } from "../rows/drift-effect.js";
import { lotOf, lots } from "../rows/seeds.js";
import type { Scenario } from "../scenario/scenario.js";
import { LatencyCounts } from "./latency-counts.js";
import type { PartCounts } from "./part-counts.js";
import { WindowRounds } from "./window-rounds.js";

/** What a part of the fleet is made of. */
export interface PartPlan {
  readonly scenario: Scenario;
  readonly server: string;
  readonly devices: readonly DevicePlan[];
}

/** Who is told what happens in a part. */
export interface PartEvents {
  /** What somebody should know, in words. */
  readonly note: (text: string) => void;
  readonly log: Log;
}

/** Connections a second at first: below what a collector admits. */
const connectsPerSecond = 200;
/** How long windows are made before others get their turn. */
const turnMs = 10;

/** The virtual devices of one process. */
export class FleetPart {
  readonly #plan: PartPlan;
  readonly #devices: readonly VirtualDevice[];
  readonly #byIndex: ReadonlyMap<number, VirtualDevice>;
  readonly #windows = { produced: 0, acknowledged: 0, dropped: 0 };
  readonly #faults = { lost: 0, duplicated: 0, reordered: 0, delayed: 0 };
  readonly #complaints = new Map<string, number>();
  readonly #latency = new LatencyCounts();
  readonly #events: PartEvents;
  readonly #timers = new Set<NodeJS.Timeout>();
  #counts = { skipped: 0, cuts: 0, crashes: 0, lagMs: 0 };
  #isMaking = false;

  constructor(plan: PartPlan, events: PartEvents) {
    this.#plan = plan;
    this.#events = events;
    const { scenario, server } = plan;
    const { seed, rows, interval: intervalMs, pool, drift } = scenario;
    const ties = {
      bundles: new VirtualBundles({ seed, rows, intervalMs, pool, drift }, (bundle) => this.#lookAt(bundle)),
      contents: new SharedContents(),
      keys: new TrustedKeys(),
      counts: this.#windows,
      faults: this.#faults,
      onAcknowledged: (ms: number) => this.#latency.add(ms),
      complain: (code: string) => void this.#complaints.set(code, (this.#complaints.get(code) ?? 0) + 1),
      log: events.log,
    };
    this.#devices = plan.devices.map((device) => {
      const random = lotOf(seed, lots.connect, device.index);
      return new VirtualDevice(device, scenario, {
        ...ties,
        openCable: (identity, options) => openCable(identity, { ...options, server, random, log: events.log }),
      });
    });
    this.#byIndex = new Map(this.#devices.map((d) => [d.index, d]));
  }

  /** A drift of what the bundle does not have would be no drift. */
  #lookAt(bundle: ReferenceProfile): void {
    const { features } = bundle.spec;
    const unknown = unknownFeatures(this.#plan.scenario.drift, features);
    if (unknown.length > 0)
      this.#events.note(`the bundle has no feature ${unknown.join(", ")}: a drift of it changes nothing; it has ${features.map((f) => f.name).join(", ")}`);
    const vectors = features.filter((f) => f.kind === "embedding").map((f) => f.name);
    if (vectors.length > 0) this.#events.note(`${vectors.join(", ")}: vectors are drawn as sketches, not one by one`);
  }

  /** Switches all devices on. */
  async connect(): Promise<void> {
    const { ramp, devices, seed } = this.#plan.scenario;
    const rampMs = ramp ?? (devices / connectsPerSecond) * 1_000;
    for (const device of this.#devices) {
      await device.start(lotOf(seed, lots.connect, device.index)() * rampMs);
      // Many start at once: what comes in must be read meanwhile.
      if (device.index % 64 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Windows begin at `startMs` of the wall clock. */
  begin(startMs: number): void {
    this.#isMaking = true;
    const { scenario } = this.#plan;
    const offsetMs = performance.now() - Date.now();
    const rounds = new WindowRounds(
      this.#devices.map((d) => d.index),
      scenario,
    );
    void this.#make(rounds, { startMs, offsetMs });
    const { storm, crash } = scenario.faults;
    if (storm !== null) this.#every(storm.every, startMs, () => this.#storm());
    if (crash !== null) this.#every(crash.every, startMs, (round) => this.#crash(round, crash));
  }

  async #make(rounds: WindowRounds, { startMs, offsetMs }: { readonly startMs: number; readonly offsetMs: number }): Promise<void> {
    while (this.#isMaking) {
      const turnEndsAtMs = performance.now() + turnMs;
      for (let due = rounds.first; due !== undefined && this.#isMaking; due = rounds.first) {
        const endMs = startMs + due.elapsedMs;
        const endedAtMs = endMs + offsetMs;
        const nowMs = performance.now();
        if (endedAtMs > nowMs || nowMs > turnEndsAtMs) break;
        rounds.advance();
        this.#counts.lagMs = Math.max(this.#counts.lagMs, nowMs - endedAtMs);
        await this.#produce(due.device, { index: due.index, elapsedMs: due.elapsedMs, endMs, endedAtMs });
      }
      const waitMs = rounds.first === undefined ? 1_000 : startMs + rounds.first.elapsedMs + offsetMs - performance.now();
      await new Promise<void>((resolve) => (waitMs <= 0 ? setImmediate(resolve) : setTimeout(resolve, Math.min(waitMs, 100))));
    }
  }

  async #produce(index: number, due: Parameters<VirtualDevice["produce"]>[0]): Promise<void> {
    try {
      if ((await this.#byIndex.get(index)?.produce(due)) !== true) this.#counts.skipped += 1;
    } catch (error) {
      this.#complain(error);
    }
  }

  #complain(error: unknown): void {
    this.#events.log.error({ error: messageOf(error) }, "a virtual device failed");
    this.#complaints.set("simulator/device-failed", (this.#complaints.get("simulator/device-failed") ?? 0) + 1);
  }

  /** Calls `act` at every multiple of `everyMs` since the start, so that all processes do it at once. */
  #every(everyMs: number, startMs: number, act: (round: number) => void): void {
    const arm = (round: number): void => {
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          if (!this.#isMaking) return;
          act(round);
          arm(round + 1);
        },
        Math.max(0, startMs + round * everyMs - Date.now()),
      );
      this.#timers.add(timer);
    };
    arm(1);
  }

  #storm(): void {
    for (const device of this.#devices) if (device.isOnline) this.#counts.cuts += 1;
    for (const device of this.#devices) device.cut();
  }

  #crash(round: number, { share, downFor }: { readonly share: number; readonly downFor: number }): void {
    for (const device of this.#devices) {
      if (lotOf(this.#plan.scenario.seed, lots.crash, device.index, round)() >= share) continue;
      device.powerCycle(downFor).then(
        (isDone) => {
          if (isDone) this.#counts.crashes += 1;
        },
        (error: unknown) => this.#complain(error),
      );
    }
  }

  counts(): PartCounts {
    const running: Record<string, number> = {};
    let [awaiting, sent, resent, connects, online] = [0, 0, 0, 0, 0];
    for (const device of this.#devices) {
      const { delivery } = device;
      awaiting += delivery.awaiting;
      sent += delivery.sent;
      resent += delivery.resent;
      connects += delivery.connects;
      if (device.isOnline) online += 1;
      if (device.running !== null) running[device.running] = (running[device.running] ?? 0) + 1;
    }
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    return {
      ...this.#counts,
      windows: { ...this.#windows },
      awaiting,
      sent,
      resent,
      devices: this.#devices.length,
      online,
      running,
      connects,
      faults: { ...this.#faults },
      complaints: Object.fromEntries(this.#complaints),
      latency: this.#latency.pairs(),
      cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
      peakRssMiB: maxRSS / 1_024,
    };
  }

  /** No more windows, storms and crashes; what waits is still sent. */
  end(): void {
    this.#isMaking = false;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async stop(): Promise<void> {
    this.end();
    for (let i = 0; i < this.#devices.length; i += 256) await Promise.all(this.#devices.slice(i, i + 256).map((device) => device.stop()));
  }
}
