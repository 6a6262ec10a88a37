/** Codes of this room. The first group are expected outcomes (values), the second are faults (KedgeError). */
export const retrainCodes = {
  /** A file of labelled frames is torn, altered or not one. */
  badFrames: "retrain/bad-frames",
  /** The job asks for something that this trainer cannot do, such as a regression. */
  unsupportedJob: "retrain/unsupported-job",
  /** The trainer's process ended with a fault. */
  trainerFailed: "retrain/trainer-failed",
  /** The trainer could not be started. */
  trainerMissing: "retrain/trainer-missing",
  /** The trainer took longer than it may. */
  timedOut: "retrain/timed-out",
  /** Somebody stopped the training. */
  cancelled: "retrain/cancelled",
  /** The trainer ended well, but its result is absent or not what a result is. */
  badResult: "retrain/bad-result",
  /** The trained weights hold NaN or infinities. */
  diverged: "retrain/diverged",

  /** A layer, or an option of a layer, that has no ONNX form here; the message names it. */
  unsupportedLayer: "retrain/unsupported-layer",
  /** A model that is not a chain of layers with one input and one output. */
  unsupportedTopology: "retrain/unsupported-topology",
  /** A file of labelled frames cannot be read or written. */
  framesUnreadable: "retrain/frames-unreadable",
  /** A job's directory cannot be written. */
  workDirUnwritable: "retrain/work-dir-unwritable",
} as const;

/** One of {@link retrainCodes}. */
export type RetrainCode = (typeof retrainCodes)[keyof typeof retrainCodes];
