import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, KedgeError, type Log, type Sha256 } from "@kedge/core";
import type { Incident } from "@kedge/alert";
import type { InferenceRuntime } from "@kedge/inference";
import type { BundleStore, PackedBundle, Signer } from "@kedge/registry";
import { acceptanceSchema, type JobEvent, judgeCandidate, type RetrainJob, type Trainer, type TrainingJob } from "@kedge/retrain";
import type { Documents } from "@kedge/store";
import type { CollectorConfig } from "../config.js";
import type { BundleShelf } from "../fleet/bundle-shelf.js";
import { judgeFrames, packCandidate } from "./candidate.js";
import { type DatasetDeps, type Datasets, gatherDatasets, keepTrainingData, labelledFor, writeTrainingFiles } from "./datasets.js";
import { classesOf } from "./labelled-readings.js";

/** What the long work of retraining needs of the program. */
export interface JobWorkDeps extends Omit<DatasetDeps, "heldBackShare" | "newWeight"> {
  readonly incidents: Documents<Incident>;
  readonly shelf: BundleShelf;
  readonly bundles: BundleStore;
  readonly trainer: Trainer;
  readonly runtime: InferenceRuntime;
  readonly signer: Signer;
  readonly config: CollectorConfig["retrain"];
  readonly workDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly register: (packed: PackedBundle) => Promise<void>;
}

type Running = NonNullable<Awaited<ReturnType<BundleShelf["find"]>>>;

/** The three long steps of a job: train, judge, register. Each gives the event that says how it went, or throws. */
export class JobWork {
  readonly #deps: JobWorkDeps;
  readonly #training = new Map<string, AbortController>();

  constructor(deps: JobWorkDeps) {
    this.#deps = deps;
  }

  /** How many labelled readings there are for a job. */
  async labelledFrames(job: RetrainJob): Promise<number> {
    return (await labelledFor(job, await this.#sinceMs(job), this.#deps)).length;
  }

  async #sinceMs(job: RetrainJob): Promise<number> {
    const incident = job.incidentId === "" ? undefined : await this.#deps.incidents.get(job.incidentId);
    return incident?.body.onsetMs ?? incident?.body.createdAtMs ?? 0;
  }

  #candidatePath(job: RetrainJob): string {
    return join(this.#deps.workDir, `${job.id}-${job.attempt}.onnx`);
  }

  async #parts(job: RetrainJob): Promise<Running & { readonly datasets: Datasets }> {
    const known = await this.#deps.shelf.find(job.runningDigest as Sha256);
    if (known === undefined) throw new KedgeError("collector/bundle-gone", `the bundle ${job.runningDigest.slice(0, 8)} is not registered here`);
    const { heldBackShare, newReadingWeight } = this.#deps.config;
    const deps = { ...this.#deps, heldBackShare, newWeight: newReadingWeight };
    const datasets = await gatherDatasets(await labelledFor(job, await this.#sinceMs(job), deps), known.bundle.manifest, deps);
    return { ...known, datasets };
  }

  async #trainingJob(job: RetrainJob, seed: number): Promise<TrainingJob> {
    const { config, workDir, bundles } = this.#deps;
    const { bundle, datasets } = await this.#parts(job);
    const { signature, preprocessing, files } = bundle.manifest;
    const warmStart = join(workDir, `${job.id}-running.onnx`);
    await writeFile(warmStart, await bundles.getBlob(files.model.sha256));
    const { epochs, batchSize, learningRate, hidden } = config;
    return {
      jobId: `${job.id}-${job.attempt}`,
      seed,
      signature,
      preprocessing,
      classes: classesOf(signature),
      datasets: await writeTrainingFiles(workDir, datasets, config.newReadingWeight),
      hyperparameters: { epochs, batchSize, learningRate, hidden },
      warmStart,
    };
  }

  /** Trains a candidate and keeps it in the work directory. */
  async train(job: RetrainJob, seed: number): Promise<JobEvent> {
    const { trainer, log } = this.#deps;
    const { attempt } = job;
    const abort = new AbortController();
    this.#training.set(job.id, abort);
    try {
      const training = await this.#trainingJob(job, seed);
      const outcome = await trainer.train(training, (p) => log.debug({ job: job.id, ...p }, "training"), abort.signal);
      if (outcome.kind === "failed") {
        return { kind: "TrainingFailed", attempt, reason: `${outcome.message} ${outcome.detail}`.trim(), retryable: outcome.retryable };
      }
      await writeFile(this.#candidatePath(job), outcome.onnx);
      return { kind: "TrainingFinished", attempt, metrics: outcome.metrics };
    } finally {
      this.#training.delete(job.id);
    }
  }

  /** Stops the training of a job, or of all. */
  stopTraining(jobId?: string): void {
    for (const [id, abort] of this.#training) if (jobId === undefined || id === jobId) abort.abort();
  }

  /** Holds the candidate against the running model, on held-back frames of the cohort and on clean ones. */
  async judge(job: RetrainJob): Promise<JobEvent> {
    const { runtime, bundles, config } = this.#deps;
    const { bundle, datasets } = await this.#parts(job);
    const { manifest } = bundle;
    const running = await runtime.load(await bundles.getBlob(manifest.files.model.sha256), manifest.signature);
    const candidate = await runtime.load(await readFile(this.#candidatePath(job)), manifest.signature);
    const pair = async (frames: Datasets["clean"]) => ({
      running: (await judgeFrames(running, manifest, frames)).correct,
      candidate: (await judgeFrames(candidate, manifest, frames)).correct,
    });
    try {
      const policy = acceptanceSchema.parse({ maxCleanLoss: config.cleanLossPoints / 100 });
      return { kind: "GateJudged", attempt: job.attempt, result: judgeCandidate(await pair(datasets.heldBack), await pair(datasets.clean), policy) };
    } finally {
      await running.dispose();
      await candidate.dispose();
    }
  }

  /** Packs, signs and registers a candidate that has passed; its digest. */
  async register(job: RetrainJob): Promise<Sha256> {
    const { runtime, signer, sha256, clock, trainer, register } = this.#deps;
    const { bundle, reference, schema, datasets } = await this.#parts(job);
    const { digest, manifest } = bundle;
    const onnx = await readFile(this.#candidatePath(job));
    const train = await keepTrainingData(datasets, this.#deps);
    const model = await runtime.load(onnx, manifest.signature);
    try {
      const packed = await packCandidate({
        running: { digest, manifest, reference, schema },
        onnx,
        model,
        selector: job.selector,
        clean: datasets.clean,
        heldBack: datasets.heldBack,
        all: datasets.all,
        metrics: { ...job.metrics, accuracy: job.gate?.clean.candidate ?? 0, accuracyDrifted: job.gate?.drifted.candidate ?? 0 },
        lineage: {
          parent: digest,
          incident: job.incidentId === "" ? null : job.incidentId,
          job: job.id,
          trainer: trainer.kind,
          dataset: { ...manifest.lineage.dataset, train },
        },
        nowMs: clock.nowMs(),
        signer,
        sha256,
      });
      await register(packed);
      return packed.digest;
    } finally {
      await model.dispose();
    }
  }
}
