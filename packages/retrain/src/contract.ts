import { invariant } from "@kedge/core";
import type { CancelSignal, Trainer, TrainingProgress } from "./trainer.js";
import type { TrainingJob } from "./training-job.js";

/** What the law of trainers is tried on. */
export interface TrainerFixture {
  /** An easy job of a second or two, with its datasets on the disk. */
  job(jobId: string): Promise<TrainingJob>;
  /** A job that takes minutes. */
  longJob(jobId: string): Promise<TrainingJob>;
  /** Share of the easy job's rows that the model gets right, run by a runtime with the job's signature. */
  accuracy(onnx: Uint8Array): Promise<number>;
  /** A signal that is never aborted. */
  readonly never: CancelSignal;
  /** A signal, and what aborts it. */
  cancellable(): { readonly signal: CancelSignal; abort(): void };
  /** How many processes the trainer still has. */
  processes(): Promise<number>;
}

/** One thing that every trainer must do; `check` throws when it does not. */
export interface TrainerLaw {
  readonly name: string;
  check(trainer: Trainer, fixture: TrainerFixture): Promise<void>;
}

async function checkLearns(trainer: Trainer, fixture: TrainerFixture): Promise<void> {
  const told: TrainingProgress[] = [];
  const outcome = await trainer.train(await fixture.job("learns"), (p) => told.push(p), fixture.never);
  invariant(outcome.kind === "trained", `the training failed: ${JSON.stringify(outcome)}`);
  const found = await fixture.accuracy(outcome.onnx);
  invariant(found > 0.95, `the model gets ${found} of separable rows right`);
  invariant(told.every((p, i) => p.share >= (told[i - 1]?.share ?? 0)) && told.at(-1)?.share === 1, "progress does not rise to 1");
  invariant(Object.values(outcome.metrics).every(Number.isFinite), "a metric is no number");
}

async function checkRepeats(trainer: Trainer, fixture: TrainerFixture): Promise<void> {
  const job = await fixture.job("again");
  const [first, second, other] = [
    await trainer.train(job, () => {}, fixture.never),
    await trainer.train(job, () => {}, fixture.never),
    await trainer.train({ ...job, seed: job.seed + 1 }, () => {}, fixture.never),
  ];
  invariant(first.kind === "trained" && second.kind === "trained" && other.kind === "trained", "a training failed");
  invariant(first.onnx.join() === second.onnx.join(), "the same job gave another model");
  invariant(first.onnx.join() !== other.onnx.join(), "another seed gave the same model");
}

async function checkMissingRows(trainer: Trainer, fixture: TrainerFixture): Promise<void> {
  const job = await fixture.job("missing");
  const datasets = job.datasets.map((d) => ({ ...d, path: `${d.path}.gone` }));
  const outcome = await trainer.train({ ...job, datasets }, () => {}, fixture.never);
  invariant(outcome.kind === "failed" && outcome.code !== "retrain/cancelled", `a dataset that is not there ended as ${outcome.kind}`);
  invariant((outcome.message + outcome.detail).includes(".gone"), `the failure does not name the dataset: ${outcome.message}`);
}

async function checkBadJob(trainer: Trainer, fixture: TrainerFixture): Promise<void> {
  const outcome = await trainer.train({ ...(await fixture.job("bad")), jobId: "../escape" }, () => {}, fixture.never);
  invariant(outcome.kind === "failed" && outcome.code === "retrain/unsupported-job", "a job id that is a path was taken");
}

async function checkCancel(trainer: Trainer, fixture: TrainerFixture): Promise<void> {
  const { signal, abort } = fixture.cancellable();
  // Cancelled as soon as it tells that it works.
  const outcome = await trainer.train(await fixture.longJob("cancelled"), abort, signal);
  invariant(outcome.kind === "failed" && outcome.code === "retrain/cancelled", `a stopped training ended as ${JSON.stringify(outcome).slice(0, 200)}`);
  invariant((await fixture.processes()) === 0, "a stopped training left a process behind");
  const late = await trainer.train(await fixture.longJob("late"), () => {}, signal);
  invariant(late.kind === "failed" && late.code === "retrain/cancelled", "a training started after it was stopped");
}

async function checkTogether(trainer: Trainer, fixture: TrainerFixture): Promise<void> {
  const [a, b] = await Promise.all(["left", "right"].map(async (id) => trainer.train(await fixture.job(id), () => {}, fixture.never)));
  invariant(a?.kind === "trained" && b?.kind === "trained", "two trainings at once do not both succeed");
  invariant(a.onnx.join() === b.onnx.join(), "two trainings at once disturb each other");
}

/** The law of the {@link Trainer} port. A test runs every law over every trainer of the list. */
export const trainerLaws: readonly TrainerLaw[] = [
  { name: "learns what can be learnt, and tells how far it is", check: checkLearns },
  { name: "the same job gives the same model, another seed another", check: checkRepeats },
  { name: "a dataset that is not there fails by name", check: checkMissingRows },
  { name: "a job id that is no name is refused", check: checkBadJob },
  { name: "stops when told, and leaves no process behind", check: checkCancel },
  { name: "trains two jobs at once", check: checkTogether },
];
