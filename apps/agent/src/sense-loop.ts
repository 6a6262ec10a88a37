import type { Clock, DeviceId, Log, Random, Sha256 } from "@kedge/core";
import { messageOf } from "@kedge/core";
import type { Vitals } from "@kedge/inference";
import type { Profiler, Window } from "@kedge/profile";
import { contentBytes, decide, type SamplingPolicy, type SamplingState, sampleBytes, sampleInputs, startSampling } from "@kedge/sample";
import type { Reading } from "@kedge/sensor";
import { encodeSample, encodeWindow, type Outbox } from "@kedge/wire";
import { gistOf } from "./gist.js";
import type { ModelSlot, Predicted } from "./model-slot.js";

/** What the loop needs of the program. */
export interface SenseDeps {
  readonly deviceId: DeviceId;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: (bytes: Uint8Array) => Sha256;
  readonly log: Log;
  /** How the machine is now; left out where nobody asks. */
  readonly vitals?: () => Vitals;
  /** Something was put into the outbox. */
  readonly onRecord: () => void;
  /** Told of each reading of the bundle that is served: whether it gave a prediction. */
  readonly onOutcome: (isGood: boolean) => void;
}

/** What the loop has done since the agent started; `lost`: windows and samples that the outbox did not take. */
export type SenseCounters = Record<"windows" | "predictions" | "errors" | "samples" | "lost", number>;

/** A reading without a model to run it. */
export interface NoModel {
  readonly kind: "no-model";
}

/** sensor → inference → profile: each reading is predicted and counted; each window goes into the outbox. */
export class SenseLoop {
  readonly #deps: SenseDeps;
  readonly counters: SenseCounters = { windows: 0, predictions: 0, errors: 0, samples: 0, lost: 0 };
  #model: ModelSlot | undefined;
  #profiler: Profiler | undefined;
  #startMs = 0;
  #windowMs: number;
  #sampling: SamplingPolicy | null = null;
  #samplingState: SamplingState | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Appends wait for one another, so that a window closed first is numbered first. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(deps: SenseDeps, windowMs: number) {
    this.#deps = deps;
    this.#windowMs = windowMs;
  }

  get model(): ModelSlot | undefined {
    return this.#model;
  }

  start(): void {
    this.#startMs = this.#deps.clock.nowMs();
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
    if (JSON.stringify(policy) === JSON.stringify(this.#sampling)) return;
    this.#sampling = policy;
    this.#samplingState = policy === null ? undefined : startSampling(policy, this.#deps.clock.nowMs());
  }

  /** Serves `model` from now on. The window under way ends under the bundle that it was counted by. */
  async serve(model: ModelSlot | undefined): Promise<void> {
    this.closeWindow("interval");
    const before = this.#model;
    this.#model = model;
    this.#profiler = model?.newProfiler();
    await before?.dispose();
  }

  /** Predicts a reading. With `observe` false it is answered and neither counted nor sampled: for measurements and health checks. */
  async predict(reading: Reading, observe = true): Promise<Predicted | NoModel> {
    const { clock, log, onOutcome } = this.#deps;
    const model = this.#model;
    if (model === undefined) return { kind: "no-model" };
    let predicted: Predicted;
    try {
      predicted = await model.predict(reading, () => clock.monotonicMs(), this.#deps.vitals?.());
    } catch (error) {
      predicted = { kind: "rejected", code: "inference/bad-output", message: messageOf(error) };
      log.warn({ reading: reading.id, error: messageOf(error) }, "the model could not run a reading");
    }
    if (!observe || this.#model !== model) return predicted;
    if (predicted.kind === "predicted") {
      this.#profiler?.add(predicted.prediction);
      this.counters.predictions += 1;
      this.#sample(predicted.prediction, model);
    } else {
      this.#profiler?.addError();
      this.counters.errors += 1;
    }
    // A reading of the wrong shape is the caller's fault, so it does not speak against a model on trial.
    if (predicted.kind === "predicted" || predicted.code === "inference/bad-output") onOutcome(predicted.kind === "predicted");
    return predicted;
  }

  #sample(prediction: Extract<Predicted, { kind: "predicted" }>["prediction"], model: ModelSlot): void {
    const { clock, random, sha256, deviceId } = this.#deps;
    if (this.#sampling === null || this.#samplingState === undefined) return;
    const { reading, outcome } = prediction;
    const { label, score } = gistOf(outcome);
    const candidate = { label, score, bytes: sampleBytes(reading, this.#sampling) };
    const { state, decision } = decide(this.#samplingState, candidate, { policy: this.#sampling, nowMs: clock.nowMs(), random });
    this.#samplingState = state;
    if (decision.kind === "skip") return;
    const inputs = sampleInputs(reading, this.#sampling);
    const contentSha256 = sha256(contentBytes(inputs));
    this.counters.samples += 1;
    this.#append("sample", ({ bootEpoch, seq }) =>
      encodeSample({
        key: { deviceId, bootEpoch, seq },
        atMs: reading.atMs,
        bundleDigest: model.digest,
        inputs,
        predictedLabel: label,
        score,
        reason: decision.reason,
        contentSha256,
      }),
    );
  }

  #append(kind: "window" | "sample", encode: Parameters<Outbox["append"]>[1]): void {
    const { outbox, log, onRecord } = this.#deps;
    const append = async (): Promise<void> => {
      try {
        const outcome = await outbox.append(kind, encode);
        if (outcome.kind === "appended") return onRecord();
        this.counters.lost += 1;
        log.warn({ kind, code: outcome.code }, outcome.message);
      } catch (error) {
        this.counters.lost += 1;
        log.error({ kind, error: messageOf(error) }, "writing to the outbox failed; what was to be sent is lost");
      }
    };
    this.#tail = this.#tail.then(append);
  }

  /** Ends the window and puts it into the outbox, unless nothing happened in it. */
  closeWindow(trigger: Window["trigger"]): void {
    const { clock, deviceId } = this.#deps;
    const startMs = this.#startMs;
    const endMs = Math.max(startMs, clock.nowMs());
    // For devices whose clock is wrong: the collector knows when this epoch began.
    const uptimeMs = clock.monotonicMs();
    this.#startMs = endMs;
    const model = this.#model;
    const profile = this.#profiler?.take();
    if (model === undefined || profile === undefined || profile.rows + profile.errors === 0) return;
    this.counters.windows += 1;
    this.#append("window", ({ bootEpoch, seq }) =>
      encodeWindow({ key: { deviceId, bootEpoch, seq }, startMs, endMs, bundleDigest: model.digest, profile, trigger, uptimeMs }),
    );
  }

  /** Ends the window under way and waits until all that was counted is in the outbox. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.closeWindow("shutdown");
    await this.#tail;
  }
}
