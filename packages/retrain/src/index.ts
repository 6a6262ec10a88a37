export {
  type AcceptanceFault,
  type AcceptanceLimits,
  type AcceptanceResult,
  acceptanceSchema,
  comparePaired,
  judgeCandidate,
  type PairedComparison,
  type PairedCorrectness,
} from "./acceptance.js";
export { type RetrainCode, retrainCodes } from "./errors.js";
export { isFinal, type JobContext, type JobEffect, type JobEvent, type JobState, jobEventKinds, jobStates, openJob, type RetrainJob, stepJob } from "./job.js";
export { checkFrames, decodeLabelledFrames, encodeLabelledFrames, type FramesDecoded, type FramesRejected, type LabelledFrames } from "./labelled-frames.js";
export {
  decideRetrain,
  type IncidentFacts,
  type PastJob,
  type RetrainDecision,
  type RetrainPolicy,
  type RetrainRefusal,
  retrainPolicySchema,
} from "./retrain-policy.js";
export { type Split, splitByContent } from "./split-by-content.js";
export type { CancelSignal, Trainer, TrainingOutcome, TrainingProgress } from "./trainer.js";
export {
  type Hyperparameters,
  hyperparametersSchema,
  type TrainingDataset,
  type TrainingJob,
  trainingJobSchema,
  trainingMetricsSchema,
} from "./training-job.js";
