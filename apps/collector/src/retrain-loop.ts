import { mkdir } from "node:fs/promises";
import { isRefused, messageOf, newId, type Random, type Sha256 } from "@kedge/core";
import { type Incident, isOpen } from "@kedge/alert";
import { type JobEffect, type JobEvent, openJob, type RetrainJob, stepJob } from "@kedge/retrain";
import { change, type Documents } from "@kedge/store";
import type { JobRecord } from "./collections.js";
import { JobWork, type JobWorkDeps } from "./retraining/job-work.js";
import { wantsRetraining } from "./retraining/wants-retraining.js";

/** What the loop needs of the program. */
export interface RetrainDeps extends JobWorkDeps {
  readonly jobs: Documents<JobRecord>;
  readonly random: Random;
  /** Which scopes somebody waits to label readings of. */
  readonly wantSamples: (selectors: readonly string[]) => Promise<void>;
  readonly annotate: (incidentId: string, message: string, links: { readonly jobId?: string; readonly rolloutId?: string }) => Promise<void>;
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
  readonly #jobWork: JobWork;
  #tail: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: RetrainDeps) {
    this.#deps = deps;
    this.#jobWork = new JobWork(deps);
  }

  async start(): Promise<void> {
    await mkdir(this.#deps.workDir, { recursive: true });
    for (const { body } of await this.#open()) await this.apply(body.job.id, { kind: "ProgramRestarted" });
    this.#timer = setInterval(() => this.#attend(() => this.#tick()), tickMs);
  }

  #queue<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(act);
    this.#tail = result.catch((error: unknown) => this.#deps.log.error({ error: messageOf(error) }, "a step of a retraining failed"));
    return result;
  }

  /** What fails here has been told to the log, and is tried again at the next tick or look. */
  #attend(act: () => Promise<void>): void {
    this.#queue(act).catch(() => undefined);
  }

  #open() {
    return this.#deps.jobs.list({ status: ["COLLECTING", "TRAINING", "GATING", "PASSED"] });
  }

  /** An incident changed: perhaps it starts a job. */
  considerIncident(incident: Incident): void {
    if (!isOpen(incident)) return;
    this.#attend(async () => {
      if (!(await wantsRetraining(incident, this.#deps))) return;
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
      const total = await this.#jobWork.labelledFrames(job);
      if (total > job.labelledFrames) await this.apply(job.id, { kind: "FramesLabelled", total });
    }
  }

  async #run(job: RetrainJob, effects: readonly JobEffect[]): Promise<void> {
    const { attempt } = job;
    for (const effect of effects) {
      if (effect.kind === "Notify") await this.#deps.notify(job, effect);
      else if (effect.kind === "StopTraining") this.#jobWork.stopTraining(job.id);
      else if (effect.kind === "StartTraining")
        void this.#work(
          job,
          () => this.#jobWork.train(job, effect.seed),
          (reason) => ({ kind: "TrainingFailed", attempt, reason, retryable: false }),
        );
      else if (effect.kind === "RunGate")
        void this.#work(
          job,
          () => this.#jobWork.judge(job),
          (reason) => ({ kind: "GateBroke", attempt, reason }),
        );
      else if (effect.kind === "RegisterCandidate") void this.#register(job);
    }
  }

  /** Long work beside the queue; a fault becomes the event that says so. */
  async #work(job: RetrainJob, act: () => Promise<JobEvent>, broke: (reason: string) => JobEvent): Promise<void> {
    try {
      await this.apply(job.id, await act());
    } catch (error) {
      const reason = messageOf(error);
      this.#deps.log.error({ job: job.id, error: reason }, "retraining");
      await this.apply(job.id, broke(reason)).catch(() => undefined);
    }
  }

  async #register(job: RetrainJob): Promise<void> {
    const { log } = this.#deps;
    let digest: Sha256 | undefined;
    const register = async (): Promise<JobEvent> => {
      digest = await this.#jobWork.register(job);
      return { kind: "CandidateRegistered", digest };
    };
    await this.#work(job, register, (reason) => ({ kind: "RegistrationFailed", reason }));
    if (digest !== undefined)
      await this.#rollOut(job, digest).catch((error: unknown) => log.error({ job: job.id, error: messageOf(error) }, "the candidate is not rolled out"));
  }

  async #rollOut(job: RetrainJob, digest: Sha256): Promise<void> {
    const { rollOut, annotate, jobs } = this.#deps;
    const rolloutId = await rollOut(job, digest);
    if (rolloutId === null) return;
    await change(jobs, job.id, (record) => ({ ...record, rolloutId }));
    if (job.incidentId !== "") await annotate(job.incidentId, `rollout ${rolloutId} brings the retrained model`, { rolloutId });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#jobWork.stopTraining();
    await this.#tail;
  }
}
