import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, isRefused, KedgeError, type Log, messageOf, newId, type Random, type Sha256 } from "@kedge/core";
import { type Incident, isOpen } from "@kedge/alert";
import type { InferenceRuntime } from "@kedge/inference";
import type { BundleStore, PackedBundle, Signer } from "@kedge/registry";
import {
  acceptanceSchema,
  decideRetrain,
  isFinal,
  type JobEffect,
  type JobEvent,
  judgeCandidate,
  openJob,
  type RetrainJob,
  retrainPolicySchema,
  stepJob,
  type Trainer,
} from "@kedge/retrain";
import { change, type Documents } from "@kedge/store";
import type { JobRecord } from "./collections.js";
import type { CollectorConfig } from "./config.js";
import type { BundleShelf } from "./fleet/bundle-shelf.js";
import { judgeFrames, packCandidate } from "./retraining/candidate.js";
import { type DatasetDeps, gatherDatasets, keepTrainingData, labelledFor, writeTrainingFiles } from "./retraining/datasets.js";
import { classesOf } from "./retraining/labelled-readings.js";

/** What the loop needs of the program. */
export interface RetrainDeps extends Omit<DatasetDeps, "heldBackShare" | "newWeight"> {
  readonly jobs: Documents<JobRecord>;
  readonly incidents: Documents<Incident>;
  readonly shelf: BundleShelf;
  readonly bundles: BundleStore;
  readonly trainer: Trainer;
  readonly runtime: InferenceRuntime;
  readonly signer: Signer;
  readonly config: CollectorConfig["retrain"];
  readonly workDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Which scopes somebody waits to label readings of. */
  readonly wantSamples: (selectors: readonly string[]) => Promise<void>;
  readonly annotate: (incidentId: string, message: string, links: { readonly jobId?: string; readonly rolloutId?: string }) => Promise<void>;
  readonly register: (packed: PackedBundle) => Promise<void>;
  /** Starts the rollout of a candidate, if that is automatic; its id. */
  readonly rollOut: (job: RetrainJob, digest: Sha256) => Promise<string | null>;
  readonly notify: (job: RetrainJob, effect: Extract<JobEffect, { kind: "Notify" }>) => Promise<void>;
  readonly onJob: (record: JobRecord) => void;
}

const tickMs = 2_000;
const limits = { maxAttempts: 3, collectTimeoutMs: 7 * 86_400_000 } as const;

/** alert → retrain → registry: an incident that new data would mend becomes a job, and a job a candidate behind a gate. */
export class RetrainLoop {
  readonly #deps: RetrainDeps;
  readonly #running = new Map<string, AbortController>();
  #tail: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: RetrainDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    await mkdir(this.#deps.workDir, { recursive: true });
    for (const { body } of await this.#open()) await this.apply(body.job.id, { kind: "ProgramRestarted" });
    this.#timer = setInterval(() => void this.#queue(() => this.#tick()), tickMs);
  }

  #queue<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(act);
    this.#tail = result.catch((error: unknown) => this.#deps.log.error({ error: messageOf(error) }, "a step of a retraining failed"));
    return result;
  }

  #open() {
    return this.#deps.jobs.list({ status: ["COLLECTING", "TRAINING", "GATING", "PASSED"] });
  }

  /** An incident changed: perhaps it starts a job. */
  considerIncident(incident: Incident): void {
    if (!isOpen(incident)) return;
    void this.#queue(async () => {
      const { jobs, config, clock } = this.#deps;
      const past = (await jobs.list({ newestFirst: true, limit: 200 })).map(({ body: { job } }) => ({
        ...job,
        endedAtMs: isFinal(job.state) ? job.stateSinceMs : null,
      }));
      const facts = {
        id: incident.incidentId,
        modelName: incident.modelName,
        scope: incident.scope.kind,
        severity: incident.severity,
        retrainAdvised: incident.retrainAdvised,
        open: true,
      };
      const policy = retrainPolicySchema.parse({
        enabled: config.enabled,
        cooldownMs: config.cooldownMs,
        minLabelledFrames: config.labelledReadings,
        heldBackShare: config.heldBackShare,
      });
      if (decideRetrain(facts, past, policy, clock.nowMs()).start)
        await this.#begin(incident.incidentId, incident.modelName, incident.bundleDigest, incident.scope.kind === "cohort" ? incident.scope.selector : "");
    });
  }

  /** Starts a job by hand. */
  begin(incidentId: string, modelName: string, digest: Sha256, selector: string): Promise<JobRecord> {
    return this.#queue(() => this.#begin(incidentId, modelName, digest, selector));
  }

  async #begin(incidentId: string, modelName: string, runningDigest: Sha256, selector: string): Promise<JobRecord> {
    const { jobs, clock, random, config, annotate } = this.#deps;
    const id = newId("job", clock.nowMs(), random);
    const { to, effects } = openJob(
      { id, incidentId, modelName, runningDigest, selector, seed: Math.floor(random() * 2 ** 32), wantedFrames: config.labelledReadings },
      clock.nowMs(),
    );
    const record: JobRecord = { job: to, rolloutId: null };
    await jobs.insert(id, record);
    this.#deps.onJob(record);
    if (incidentId !== "") await annotate(incidentId, `retraining ${id} waits for ${to.wantedFrames} labelled readings`, { jobId: id });
    await this.#run(to, effects);
    return record;
  }

  /** Brings an event to a job; the job, why it was refused, or `undefined` when there is none. */
  async apply(jobId: string, event: JobEvent): Promise<JobRecord | { readonly refused: string } | undefined> {
    const { jobs, clock, config } = this.#deps;
    for (;;) {
      const found = await jobs.get(jobId);
      if (found === undefined) return undefined;
      const step = stepJob(found.body.job, event, { ...limits, nowMs: clock.nowMs(), trainTimeoutMs: config.trainer.timeoutMs });
      if (isRefused(step)) return step;
      const record = { ...found.body, job: step.to };
      const saved = await jobs.save(jobId, record, found.version);
      if (saved.kind === "conflict") continue;
      if (JSON.stringify(step.to) !== JSON.stringify(found.body.job)) this.#deps.onJob(record);
      await this.#run(step.to, step.effects);
      return record;
    }
  }

  async #tick(): Promise<void> {
    const open = await this.#open();
    await this.#deps.wantSamples(open.flatMap(({ body: { job } }) => (job.state === "COLLECTING" ? [job.selector] : [])));
    for (const {
      body: { job },
    } of open) {
      await this.apply(job.id, { kind: "TimePassed" });
      if (job.state !== "COLLECTING") continue;
      const total = (await labelledFor(job, await this.#sinceMs(job), this.#deps)).length;
      if (total > job.labelledFrames) await this.apply(job.id, { kind: "FramesLabelled", total });
    }
  }

  async #sinceMs(job: RetrainJob): Promise<number> {
    const incident = job.incidentId === "" ? undefined : await this.#deps.incidents.get(job.incidentId);
    return incident?.body.onsetMs ?? incident?.body.createdAtMs ?? 0;
  }

  async #run(job: RetrainJob, effects: readonly JobEffect[]): Promise<void> {
    for (const effect of effects) {
      if (effect.kind === "Notify") await this.#deps.notify(job, effect);
      else if (effect.kind === "StopTraining") this.#running.get(job.id)?.abort();
      else if (effect.kind === "StartTraining") void this.#work(job, "TrainingFailed", () => this.#train(job, effect.seed));
      else if (effect.kind === "RunGate") void this.#work(job, "GateBroke", () => this.#judge(job));
      else if (effect.kind === "RegisterCandidate") void this.#work(job, "RegistrationFailed", () => this.#register(job));
    }
  }

  /** Long work beside the queue; a fault becomes the event that says so. */
  async #work(job: RetrainJob, fault: "TrainingFailed" | "GateBroke" | "RegistrationFailed", act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const reason = messageOf(error);
      this.#deps.log.error({ job: job.id, error: reason }, "retraining");
      const { attempt } = job;
      const event: JobEvent =
        fault === "RegistrationFailed"
          ? { kind: fault, reason }
          : fault === "GateBroke"
            ? { kind: fault, attempt, reason }
            : { kind: fault, attempt, reason, retryable: false };
      await this.apply(job.id, event).catch(() => undefined);
    }
  }

  #candidatePath(job: RetrainJob): string {
    return join(this.#deps.workDir, `${job.id}-${job.attempt}.onnx`);
  }

  async #parts(job: RetrainJob) {
    const known = await this.#deps.shelf.find(job.runningDigest as Sha256);
    if (known === undefined) throw new KedgeError("collector/bundle-gone", `the bundle ${job.runningDigest.slice(0, 8)} is not registered here`);
    const { heldBackShare, newReadingWeight } = this.#deps.config;
    const deps = { ...this.#deps, heldBackShare, newWeight: newReadingWeight };
    const datasets = await gatherDatasets(await labelledFor(job, await this.#sinceMs(job), deps), known.bundle.manifest, deps);
    return { ...known, datasets };
  }

  async #train(job: RetrainJob, seed: number): Promise<void> {
    const { trainer, config, workDir, bundles, log } = this.#deps;
    const { bundle, datasets } = await this.#parts(job);
    const { signature, preprocessing, files } = bundle.manifest;
    const warmStart = join(workDir, `${job.id}-running.onnx`);
    await writeFile(warmStart, await bundles.getBlob(files.model.sha256));
    const { epochs, batchSize, learningRate, hidden } = config;
    const abort = new AbortController();
    this.#running.set(job.id, abort);
    const training = {
      jobId: `${job.id}-${job.attempt}`,
      seed,
      signature,
      preprocessing,
      classes: classesOf(signature),
      datasets: await writeTrainingFiles(workDir, datasets, config.newReadingWeight),
      hyperparameters: { epochs, batchSize, learningRate, hidden },
      warmStart,
    };
    const outcome = await trainer.train(training, (p) => log.debug({ job: job.id, ...p }, "training"), abort.signal);
    this.#running.delete(job.id);
    const { attempt } = job;
    if (outcome.kind === "failed") {
      await this.apply(job.id, { kind: "TrainingFailed", attempt, reason: `${outcome.message} ${outcome.detail}`.trim(), retryable: outcome.retryable });
      return;
    }
    await writeFile(this.#candidatePath(job), outcome.onnx);
    await this.apply(job.id, { kind: "TrainingFinished", attempt, metrics: outcome.metrics });
  }

  async #judge(job: RetrainJob): Promise<void> {
    const { runtime, bundles, config } = this.#deps;
    const { bundle, datasets } = await this.#parts(job);
    const { manifest } = bundle;
    const running = await runtime.load(await bundles.getBlob(manifest.files.model.sha256), manifest.signature);
    const candidate = await runtime.load(await readFile(this.#candidatePath(job)), manifest.signature);
    const pair = async (frames: typeof datasets.clean) => ({
      running: (await judgeFrames(running, manifest, frames)).correct,
      candidate: (await judgeFrames(candidate, manifest, frames)).correct,
    });
    const result = judgeCandidate(
      await pair(datasets.heldBack),
      await pair(datasets.clean),
      acceptanceSchema.parse({ maxCleanLoss: config.cleanLossPoints / 100 }),
    );
    await running.dispose();
    await candidate.dispose();
    await this.apply(job.id, { kind: "GateJudged", attempt: job.attempt, result });
  }

  async #register(job: RetrainJob): Promise<void> {
    const { runtime, signer, sha256, clock, trainer, register, rollOut, annotate, jobs } = this.#deps;
    const { bundle, reference, datasets } = await this.#parts(job);
    const onnx = await readFile(this.#candidatePath(job));
    const model = await runtime.load(onnx, bundle.manifest.signature);
    const train = await keepTrainingData(datasets, this.#deps);
    const packed = await packCandidate({
      running: { digest: bundle.digest, manifest: bundle.manifest, reference },
      onnx,
      model,
      selector: job.selector,
      clean: datasets.clean,
      heldBack: datasets.heldBack,
      all: datasets.all,
      metrics: { ...job.metrics, accuracy: job.gate?.clean.candidate ?? 0, accuracyDrifted: job.gate?.drifted.candidate ?? 0 },
      lineage: {
        parent: bundle.digest,
        incident: job.incidentId === "" ? null : job.incidentId,
        job: job.id,
        trainer: trainer.kind,
        dataset: { ...bundle.manifest.lineage.dataset, train },
      },
      nowMs: clock.nowMs(),
      signer,
      sha256,
    });
    await model.dispose();
    await register(packed);
    await this.apply(job.id, { kind: "CandidateRegistered", digest: packed.digest });
    const rolloutId = await rollOut(job, packed.digest);
    if (rolloutId === null) return;
    await change(jobs, job.id, (record) => ({ ...record, rolloutId }));
    if (job.incidentId !== "") await annotate(job.incidentId, `rollout ${rolloutId} brings the retrained model`, { rolloutId });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const abort of this.#running.values()) abort.abort();
    await this.#tail;
  }
}
