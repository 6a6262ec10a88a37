import type { Clock, DeviceId, Random, Sha256 } from "@kedge/core";
import type { Prediction } from "@kedge/inference";
import { contentBytes, decide, type SamplingPolicy, type SamplingState, sampleBytes, sampleInputs, startSampling } from "@kedge/sample";
import { encodeSample, type SendPriority } from "@kedge/wire";
import { gistOf } from "./gist.js";
import type { OutboxWriter } from "./outbox-writer.js";

/** What the desk needs of the program. */
export interface SampleDeskDeps {
  readonly deviceId: DeviceId;
  readonly writer: OutboxWriter;
  readonly affords: (payloadBytes: readonly number[], priority: SendPriority) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: (bytes: Uint8Array) => Sha256;
}

/** Lets raw readings out, as far as the sampling policy and the day's bytes allow. */
export class SampleDesk {
  readonly #deps: SampleDeskDeps;
  #policy: SamplingPolicy | null = null;
  #state: SamplingState | undefined;
  /** Samples put into the outbox, and left out for want of bytes. */
  readonly counters = { samples: 0, droppedSamples: 0 };

  constructor(deps: SampleDeskDeps) {
    this.#deps = deps;
  }

  /** What may be sampled; null: nothing. */
  setPolicy(policy: SamplingPolicy | null): void {
    if (JSON.stringify(policy) === JSON.stringify(this.#policy)) return;
    this.#policy = policy;
    this.#state = policy === null ? undefined : startSampling(policy, this.#deps.clock.nowMs());
  }

  consider({ reading, outcome }: Prediction, bundleDigest: Sha256): void {
    const { affords, clock, random, sha256, deviceId, writer } = this.#deps;
    if (this.#policy === null || this.#state === undefined) return;
    const { label, score } = gistOf(outcome);
    const bytes = sampleBytes(reading, this.#policy);
    const { state, decision } = decide(this.#state, { label, score, bytes }, { policy: this.#policy, nowMs: clock.nowMs(), random });
    this.#state = state;
    if (decision.kind === "skip") return;
    if (!affords([bytes], "sample")) {
      this.counters.droppedSamples += 1;
      return;
    }
    const inputs = sampleInputs(reading, this.#policy);
    const contentSha256 = sha256(contentBytes(inputs));
    this.counters.samples += 1;
    const sample = { atMs: reading.atMs, bundleDigest, inputs, predictedLabel: label, score, reason: decision.reason, contentSha256 };
    void writer.inTurn(async () => {
      const written = await writer.append("sample", (key) => encodeSample({ key: { deviceId, ...key }, ...sample }));
      if (written === "appended") writer.tell();
      else writer.lost += 1;
    });
  }
}
