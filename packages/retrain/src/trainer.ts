import type { RetrainCode } from "./errors.js";
import type { TrainingJob } from "./training-job.js";

/** How far a training is: `share` in [0, 1]. */
export interface TrainingProgress {
  readonly share: number;
  readonly message: string;
  /** Mean loss of the last epoch, where the trainer says it. */
  readonly loss?: number;
}

/** A training that ended: a model, or why there is none. `detail` is what the trainer last wrote on standard error. */
export type TrainingOutcome =
  | { readonly kind: "trained"; readonly onnx: Uint8Array; readonly metrics: Readonly<Record<string, number>> }
  | { readonly kind: "failed"; readonly code: RetrainCode; readonly message: string; readonly detail: string; readonly retryable: boolean };

/** Word that a training is no longer wanted; an `AbortSignal` fits. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * What learns models. Laws: `train` settles with an outcome and does not throw on anything that a job, a dataset or a
 * learning process can do; it leaves no process behind, however it ends; after `signal` is aborted it ends as
 * `retrain/cancelled` soon; jobs with different ids may run at once; the model has the job's input and output names.
 */
export interface Trainer {
  readonly kind: string;
  train(job: TrainingJob, onProgress: (progress: TrainingProgress) => void, signal: CancelSignal): Promise<TrainingOutcome>;
}
