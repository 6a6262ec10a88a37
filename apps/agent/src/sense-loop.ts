import { type Labels, type Log, messageOf, type Random } from "@kedge/core";
import type { Vitals } from "@kedge/inference";
import { mayEndEarly, type Profiler, type Watch, type Window } from "@kedge/profile";
import type { SamplingPolicy } from "@kedge/sample";
import type { Reading } from "@kedge/sensor";
import type { DeviceTime } from "@kedge/device/adapters";
import type { ModelSlot, Predicted } from "./model-slot.js";
import type { OutboxWriter } from "./outbox-writer.js";
import type { ReadingCheck } from "./reading-check.js";
import type { SampleDesk } from "./sample-desk.js";
import type { WindowDesk } from "./window-desk.js";

/** What the loop needs of the program. */
export interface SenseDeps {
  readonly labels: Labels;
  readonly windows: WindowDesk;
  readonly samples: SampleDesk;
  readonly writer: OutboxWriter;
  readonly clock: DeviceTime;
  readonly random: Random;
  readonly log: Log;
  /** How the machine is now; left out where nobody asks. */
  readonly vitals?: () => Vitals;
  /** Told of each reading of the bundle that is served: whether it gave a prediction. */
  readonly onOutcome: (isGood: boolean) => void;
}

/** What the loop has done since the agent started; `alarms`: changes that detectors found; `lost`: windows and samples that were given up. */
export type SenseCounters = Readonly<Record<"windows" | "predictions" | "errors" | "samples" | "alarms" | "lost", number>>;

/** A clock that is this far from the time that has passed was set, and not merely corrected. */
const setMs = 1_000;

/** A reading without a model to run it. */
export interface NoModel {
  readonly kind: "no-model";
}

/** sensor → inference → profile: each reading is predicted, counted and watched; what was counted goes on when its window ends. */
export class SenseLoop {
  readonly #deps: SenseDeps;
  readonly #counts = { predictions: 0, errors: 0, alarms: 0 };
  #model: ModelSlot | undefined;
  #profiler: Profiler | undefined;
  #check: ReadingCheck | undefined;
  #watch: Watch | undefined;
  #hasChanged = false;
  #lastAlarmMs: number | undefined;
  #startMs = 0;
  #startUptimeMs = 0;
  #windowMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: SenseDeps, windowMs: number) {
    this.#deps = deps;
    this.#windowMs = windowMs;
  }

  get model(): ModelSlot | undefined {
    return this.#model;
  }

  get counters(): SenseCounters {
    const { windows, samples, writer } = this.#deps;
    return { ...this.#counts, windows: windows.counters.windows, samples: samples.counters.samples, lost: writer.lost };
  }

  start(): void {
    this.#startMs = this.#deps.clock.nowMs();
    this.#startUptimeMs = this.#deps.clock.uptimeMs();
    this.#timer = setInterval(() => this.closeWindow("interval"), this.#windowMs);
  }

  /** Length of the windows from the next one on. */
  setWindowMs(windowMs: number): void {
    if (windowMs === this.#windowMs) return;
    this.#windowMs = windowMs;
    clearInterval(this.#timer);
    this.closeWindow("interval");
    this.#timer = setInterval(() => this.closeWindow("interval"), windowMs);
  }

  /** What may be sampled; null: nothing. */
  setSampling(policy: SamplingPolicy | null): void {
    this.#deps.samples.setPolicy(policy);
  }

  /** Serves `model` from now on. The window under way ends under the bundle that it was counted by. */
  async serve(model: ModelSlot | undefined): Promise<void> {
    const { labels, random, windows } = this.#deps;
    this.closeWindow("interval");
    const before = this.#model;
    this.#model = model;
    this.#check = model?.newCheck();
    const watch = model?.newWatch(labels, Math.floor(random() * 2 ** 32));
    this.#watch = watch;
    this.#hasChanged = false;
    this.#profiler = model?.newProfiler((row) => {
      if (watch?.add(row) === true) this.#hasChanged = true;
    });
    if (model !== undefined) windows.beginFine();
    await before?.dispose();
  }

  /** Predicts a reading. With `observe` false it is answered and neither counted nor sampled: for measurements and health checks. */
  async predict(reading: Reading, observe = true): Promise<Predicted | NoModel> {
    const { clock, log, onOutcome, samples } = this.#deps;
    const model = this.#model;
    if (model === undefined) return { kind: "no-model" };
    const check = observe ? this.#check : undefined;
    const anomalies = check?.look(reading, clock.nowMs()) ?? [];
    let predicted: Predicted;
    try {
      predicted = check?.refusal(anomalies) ?? (await model.predict(reading, () => clock.monotonicMs(), this.#deps.vitals?.()));
    } catch (error) {
      predicted = { kind: "rejected", code: "inference/bad-output", message: messageOf(error) };
      log.warn({ reading: reading.id, error: messageOf(error) }, "the model could not run a reading");
    }
    if (!observe || this.#model !== model) return predicted;
    check?.count(anomalies);
    if (predicted.kind === "predicted") {
      this.#profiler?.add(predicted.prediction);
      this.#counts.predictions += 1;
      samples.consider(predicted.prediction, model.digest);
    } else {
      this.#profiler?.addError();
      if (this.#watch?.addError() === true) this.#hasChanged = true;
      this.#counts.errors += 1;
    }
    if (this.#hasChanged) this.#noteAlarm();
    // A reading of the wrong shape is the caller's fault, so it does not speak against a model on trial.
    if (predicted.kind === "predicted" || predicted.code === "inference/bad-output") onOutcome(predicted.kind === "predicted");
    return predicted;
  }

  #noteAlarm(): void {
    const { clock, windows, log } = this.#deps;
    const nowMs = clock.monotonicMs();
    this.#hasChanged = false;
    this.#counts.alarms += 1;
    if (!mayEndEarly(this.#lastAlarmMs, windows.policy, nowMs)) return;
    this.#lastAlarmMs = nowMs;
    log.info({ alarms: this.#watch?.detail().alarms }, "a stream has changed; the window ends early");
    this.closeWindow("detector");
  }

  /** Ends the window and hands it on, unless nothing happened in it. */
  closeWindow(trigger: Window["trigger"]): void {
    const { clock, windows } = this.#deps;
    const endMs = clock.nowMs();
    // For devices whose clock is wrong: the collector knows when this epoch began.
    const uptimeMs = clock.uptimeMs();
    const steadyMs = Math.max(0, endMs - (uptimeMs - this.#startUptimeMs));
    // A clock that was set meanwhile makes the window neither longer nor shorter than it was.
    const startMs = this.#startMs <= endMs && Math.abs(steadyMs - this.#startMs) < setMs ? this.#startMs : steadyMs;
    this.#startMs = endMs;
    this.#startUptimeMs = uptimeMs;
    const model = this.#model;
    const counted = this.#profiler?.take();
    const profile = counted === undefined ? undefined : this.#check?.into(counted);
    if (model === undefined || profile === undefined || profile.rows + profile.errors === 0) windows.idle();
    else {
      const detail = trigger === "detector" && this.#watch !== undefined ? { detail: this.#watch.detail() } : {};
      windows.take({ startMs, endMs, bundleDigest: model.digest, profile, trigger, uptimeMs, ...detail });
    }
  }

  /** Ends the window under way and waits until all that was counted is in the outbox, or kept for the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.closeWindow("shutdown");
    await this.#deps.windows.stop();
  }
}
