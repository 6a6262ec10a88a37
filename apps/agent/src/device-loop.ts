import { type Clock, messageOf } from "@kedge/core";
import { acceptDesired, type DeviceRecord, nextStep, startedAgain } from "@kedge/device";
import { verifyEd25519 } from "@kedge/device/adapters";
import type { TrustedKey } from "@kedge/registry";
import { type DesiredState, type LinkMessage, topicFor } from "@kedge/wire";
import { type ReportDeps, sayBirth, sayReported } from "./device-reports.js";
import { type StepDeps, UpdateSteps } from "./update-steps.js";

/** What the loop needs of the program. */
export interface DeviceDeps extends Omit<StepDeps, "report">, Omit<ReportDeps, "record"> {
  readonly directorKeys: readonly TrustedKey[];
  readonly onDesired: (desired: DesiredState) => void;
  readonly clock: Clock;
}

/** How often the device says what it runs when nothing changes. */
const reportEveryMs = 60_000;
const tickMs = 500;

/** wire → device → inference: follows the desired state step by step, and says where it stands. */
export class DeviceLoop {
  readonly #deps: DeviceDeps;
  readonly #reports: ReportDeps;
  readonly #steps: UpdateSteps;
  #desired: DesiredState | null = null;
  #isRunning = false;
  #isDue = false;
  /** Records that the outbox had dropped when the last birth was said. */
  #toldDropped = 0;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(deps: DeviceDeps) {
    this.#deps = deps;
    this.#reports = { ...deps, record: () => deps.slots.record };
    this.#steps = new UpdateSteps({ ...deps, report: () => this.report() });
  }

  get record(): DeviceRecord {
    return this.#deps.slots.record;
  }

  /** Brings the current bundle up before anything is heard of the collector: a device works without it. */
  async start(): Promise<void> {
    const { slots, link, deviceId } = this.#deps;
    await slots.save(startedAgain(slots.record));
    this.#steps.beginWatch();
    // A trial that crashed the agent too often is gone back from before it is loaded once more.
    const step = nextStep(null, { record: slots.record, shelf: await slots.shelf(), tested: this.#steps.tested });
    if (step?.kind === "Revert") await this.#steps.run(step);
    else await this.#steps.serveCurrent();
    await link.subscribe(topicFor(deviceId, "art/blk"), { qos: 0 }, (message) => this.#steps.takeChunk(message));
    await link.subscribe(topicFor(deviceId, "desired"), { qos: 1 }, (message) => this.#takeDesired(message));
    link.onConnect(() => void this.#introduce());
    this.#timers.push(
      setInterval(() => void this.report(), reportEveryMs),
      setInterval(() => this.#tick(), tickMs),
    );
  }

  async #introduce(): Promise<void> {
    this.#toldDropped = this.#deps.outbox.stats().droppedRecords;
    await sayBirth(this.#reports);
    await this.report();
  }

  report(): Promise<void> {
    return sayReported(this.#reports);
  }

  #takeDesired(message: LinkMessage): void {
    const { slots, deviceId, directorKeys, clock, log, onDesired } = this.#deps;
    // An empty retained message only clears what was kept.
    if (message.payload.length === 0) return;
    const accepted = acceptDesired(message.payload, slots.record, { deviceId, directorKeys, verify: verifyEd25519, nowMs: clock.nowMs() });
    if (accepted.kind === "refused") {
      log.warn({ code: accepted.code }, `a desired state was refused: ${accepted.message}`);
      return;
    }
    this.#desired = accepted.desired;
    onDesired(accepted.desired);
    this.wake();
  }

  /** A reading of the served bundle came out well or not. */
  noteOutcome(isGood: boolean): void {
    this.#steps.noteOutcome(isGood);
  }

  #tick(): void {
    if (this.#steps.isDue()) this.wake();
    // What the outbox had to drop is lost; the collector need not wait for it once it knows.
    if (this.#deps.outbox.stats().droppedRecords > this.#toldDropped) void this.#introduce();
  }

  /** There may be a step to take. */
  wake(): void {
    this.#isDue = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#follow().finally(() => {
      this.#isRunning = false;
    });
  }

  async #follow(): Promise<void> {
    const { slots, log } = this.#deps;
    while (this.#isDue) {
      this.#isDue = false;
      try {
        const version = this.#desired?.version ?? 0;
        if (version > slots.record.desiredVersion) await slots.save({ ...slots.record, desiredVersion: version });
        const step = nextStep(this.#desired, { record: slots.record, shelf: await slots.shelf(), tested: this.#steps.tested });
        if (step !== undefined && (await this.#steps.run(step))) this.#isDue = true;
      } catch (error) {
        log.error({ error: messageOf(error) }, "a step of the update failed; it is tried again");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
