import type { DeviceId, Labels, Log, Sha256 } from "@kedge/core";
import { DeviceClock, DeviceLoop, DirectorySlots, type ServedModel, type TimeNote, usualReportEveryMs } from "@kedge/device/adapters";
import type { DeviceIdentity } from "@kedge/identity/adapters";
import { encodeDeath, encodeWindow, type Link, topicFor } from "@kedge/wire";
import { MemoryOutbox, ReportLoop } from "@kedge/wire/adapters";
import { FaultyLink } from "../link/faulty-link.js";
import { lotOf, lots } from "../rows/seeds.js";
import type { WindowMaker } from "../rows/window-maker.js";
import type { Scenario } from "../scenario/scenario.js";
import { LedgerOutbox } from "./ledger-outbox.js";
import { MemoryFiles } from "./memory-files.js";
import type { DeviceTies } from "./device-ties.js";

/** Who a virtual device is. */
export interface DevicePlan {
  /** Its number in the fleet, from 0. */
  readonly index: number;
  readonly labels: Labels;
  readonly identity: DeviceIdentity;
  readonly bootEpoch: number;
}

/** A connection that can be cut as a broken cable cuts it. */
export interface CuttableLink {
  readonly link: Link;
  cut(): void;
}

/** One start of a device, from power on to power off. */
interface Life {
  readonly clock: DeviceClock;
  readonly outbox: LedgerOutbox;
  readonly cable: CuttableLink;
  readonly link: Link;
  readonly report: ReportLoop;
  readonly device: DeviceLoop;
}

/** A window that is due. */
export interface DueWindow {
  readonly index: number;
  /** Since windows began, at its end. */
  readonly elapsedMs: number;
  /** Its end by the wall clock, and by the monotonic one. */
  readonly endMs: number;
  readonly endedAtMs: number;
}

/** What a device notes of the time, on its disk in memory. */
function memoryNote(): TimeNote {
  let noted = "";
  return {
    read: async () => noted,
    write: async (text) => {
      noted = text;
    },
  };
}

/** What the device says that it is. */
const agentVersion = "simulator";
const probation = { predictions: 20, maxMs: 30_000 } as const;

/**
 * A device without a sensor and a model: its windows are drawn. All else is as on a real one: certificate, outbox, report loop, device loop, chunks of
 * bundles and their verification. It can be cut off, and switched off and on.
 */
export class VirtualDevice {
  readonly #plan: DevicePlan;
  readonly #scenario: Scenario;
  readonly #ties: DeviceTies;
  readonly #files: MemoryFiles;
  /** `undefined`: it has no clock. */
  readonly #skewMs: number | undefined;
  readonly #note = memoryNote();
  readonly #counters = { windows: 0, predictions: 0, errors: 0, samples: 0 };
  readonly #before = { sent: 0, resent: 0, connects: 0 };
  #outbox: LedgerOutbox | undefined;
  #life: Life | undefined;
  #maker: WindowMaker | undefined;
  #running: Sha256 | null = null;
  #updateFails: "probation" | "no" = "no";
  #tail: Promise<void> = Promise.resolve();
  #isCycling = false;

  constructor(plan: DevicePlan, scenario: Scenario, ties: DeviceTies) {
    this.#plan = plan;
    this.#scenario = scenario;
    this.#ties = ties;
    this.#files = new MemoryFiles(ties.contents);
    const { skew, share, withoutShare } = scenario.faults.clock;
    const random = lotOf(scenario.seed, lots.clock, plan.index);
    const [without, off, by] = [random(), random(), random()];
    this.#skewMs = without < withoutShare ? undefined : off < share ? Math.round((2 * by - 1) * skew) : 0;
  }

  get index(): number {
    return this.#plan.index;
  }

  get deviceId(): DeviceId {
    return this.#plan.identity.deviceId;
  }

  get running(): Sha256 | null {
    return this.#running;
  }

  get isOnline(): boolean {
    return this.#life?.link.stats().state === "connected";
  }

  /** Records that wait; sent, sent again, connections: over all starts. */
  get delivery(): { readonly awaiting: number; readonly sent: number; readonly resent: number; readonly connects: number } {
    const { sent = 0, resent = 0 } = this.#life?.report.counters ?? {};
    const connects = this.#life?.link.stats().connects ?? 0;
    const before = this.#before;
    return { awaiting: this.#outbox?.stats().records ?? 0, sent: before.sent + sent, resent: before.resent + resent, connects: before.connects + connects };
  }

  /** One after the other: a device that was alive twice at once would be two, of one name. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(act);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Switches the device on; it connects after `firstDelayMs`. */
  start(firstDelayMs = 0): Promise<void> {
    return this.#inTurn(() => this.#start(firstDelayMs));
  }

  async #start(firstDelayMs: number): Promise<void> {
    const { identity, bootEpoch } = this.#plan;
    const { counts, onAcknowledged } = this.#ties;
    const fresh = (): LedgerOutbox => new LedgerOutbox(new MemoryOutbox({ bootEpoch, maxBytes: this.#scenario.outboxBytes }), { counts, onAcknowledged });
    const outbox = this.#outbox?.restarted() ?? fresh();
    this.#outbox = outbox;
    this.#counters.windows = this.#counters.predictions = 0;
    this.#running = null;
    const bootedAtMs = performance.now();
    const monotonicMs = (): number => performance.now() - bootedAtMs;
    const skewMs = this.#skewMs;
    const nowMs = (): number => (skewMs === undefined ? monotonicMs() : Date.now() + skewMs);
    const clock = await DeviceClock.open(this.#note, identity, { nowMs, monotonicMs, upMs: monotonicMs });
    clock.start();
    const cable = this.#ties.openCable(identity, { death: encodeDeath({ bootEpoch: outbox.bootEpoch }), firstDelayMs });
    const { faults, seed } = this.#scenario;
    const link = new FaultyLink(cable.link, faults.link, { random: lotOf(seed, lots.link, this.#plan.index, outbox.bootEpoch), counts: this.#ties.faults });
    const slots = await DirectorySlots.open("/device", this.#files);
    const { deviceId } = identity;
    const log = this.#ties.log;
    const report = new ReportLoop({ deviceId, outbox, link, log, onTime: (collectorMs) => clock.learn(collectorMs) });
    const device = this.#deviceLoop({ slots, outbox, link, clock, log }, report);
    this.#life = { clock, outbox, cable, link, report, device };
    link.onFault((fault) => this.#ties.complain(fault.code));
    await report.start();
    await device.start();
    link.connect().catch(() => undefined);
  }

  #deviceLoop(
    parts: { readonly slots: DirectorySlots; readonly outbox: LedgerOutbox; readonly link: Link; readonly clock: DeviceClock; readonly log: Log },
    report: ReportLoop,
  ): DeviceLoop {
    const { identity, labels, index } = this.#plan;
    const { seed } = this.#scenario;
    const { directorKeys, targetsKeys } = this.#ties.keys.of(identity);
    return new DeviceLoop({
      ...parts,
      uptimeMs: () => parts.clock.uptimeMs(),
      deviceId: identity.deviceId,
      labels,
      agentVersion,
      model: this.#model(),
      directorKeys: () => directorKeys,
      targetsKeys: () => targetsKeys,
      refreshKeys: async () => false,
      probation,
      selfTest: async ({ digest }) => this.#selfTest(digest),
      onDesired: () => {},
      onRecord: () => report.wake(),
      reportEveryMs: usualReportEveryMs,
      budget: () => undefined,
      random: lotOf(seed, lots.update, index),
    });
  }

  #model(): ServedModel {
    return {
      serve: async (bundle) => {
        this.#maker = bundle === undefined ? undefined : await this.#ties.bundles.makerFor(bundle);
        this.#running = bundle?.digest ?? null;
      },
      standing: () => ({ running: this.#running, counters: { ...this.#counters } }),
    };
  }

  /** Golden inputs need a model that runs; here chance says on which devices a bundle fails. */
  #selfTest(digest: Sha256): string | undefined {
    const { seed, faults } = this.#scenario;
    const random = lotOf(seed, lots.update, this.#plan.index, Number.parseInt(digest.slice(0, 8), 16));
    const [test, trial] = [random(), random()];
    this.#updateFails = trial < faults.update.probation ? "probation" : "no";
    return test < faults.update.selfTest ? "the simulation lets it fail" : undefined;
  }

  /** Makes a window and puts it into the outbox; false when the device is off or runs nothing. */
  async produce({ index, elapsedMs, endMs, endedAtMs }: DueWindow): Promise<boolean> {
    const life = this.#life;
    const digest = this.#running;
    const { interval, rows } = this.#scenario;
    if (life === undefined || digest === null) return false;
    // What was counted before the device was switched on is gone.
    const lateMs = performance.now() - endedAtMs;
    const uptimeMs = life.clock.uptimeMs() - lateMs;
    if (uptimeMs < interval && index > 1) return false;
    const profile = this.#maker?.make({ device: this.#plan.index, labels: this.#plan.labels, index, elapsedMs });
    if (profile === undefined) return false;
    const end = life.clock.isSet ? endMs + (this.#skewMs ?? 0) : Math.round(life.clock.nowMs() - lateMs);
    const { deviceId } = this.#plan.identity;
    const window = { startMs: end - interval, endMs: end, bundleDigest: digest, profile, trigger: "interval" as const, uptimeMs: Math.max(0, uptimeMs) };
    life.outbox.stamp(endedAtMs);
    await life.outbox.append("window", (key) => encodeWindow({ ...window, key: { deviceId, ...key } }));
    this.#counters.windows += 1;
    this.#counters.predictions += rows;
    for (let i = 0; i < Math.min(rows, probation.predictions); i += 1) life.device.noteOutcome(this.#updateFails === "no");
    life.report.wake();
    return true;
  }

  /** Cuts the connection; the link comes back by its own schedule. */
  cut(): void {
    this.#life?.cable.cut();
  }

  /**
   * Power off, and on again after `downForMs`: no goodbye, and the connection breaks. What is in the outbox and on the disk stays. False, and nothing is
   * done, while it is being switched off and on already.
   */
  async powerCycle(downForMs: number): Promise<boolean> {
    if (this.#isCycling) return false;
    this.#isCycling = true;
    try {
      await this.#inTurn(async () => {
        await this.#end((life) => life.cable.cut());
        await new Promise<void>((resolve) => setTimeout(resolve, downForMs));
        await this.#start(0);
      });
    } finally {
      this.#isCycling = false;
    }
    return true;
  }

  /** Ends the device in good order. */
  stop(): Promise<void> {
    return this.#inTurn(() =>
      this.#end(async ({ link, outbox }) => {
        await link.publish(topicFor(this.deviceId, "death"), encodeDeath({ bootEpoch: outbox.bootEpoch, graceful: true }), { qos: 1 });
      }),
    );
  }

  async #end(goodbye: (life: Life) => void | Promise<void>): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.#running = null;
    this.#before.sent += life.report.counters.sent;
    this.#before.resent += life.report.counters.resent;
    this.#before.connects += life.link.stats().connects;
    life.report.stop();
    await goodbye(life);
    await life.link.close();
    await life.device.stop();
    await life.clock.stop();
  }
}
