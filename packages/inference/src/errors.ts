/** Codes of this room. The first group are expected outcomes (values), the second are faults (KedgeError). */
export const inferenceCodes = {
  /** A reading lacks an input that the model needs (or holds null there). */
  missingInput: "inference/missing-input",
  /** An input has another element type than the bundle says. */
  wrongType: "inference/wrong-type",
  /** An input has another shape, or another number of elements than its shape says. */
  wrongShape: "inference/wrong-shape",
  /** An input holds NaN or an infinity, or becomes one in preprocessing. */
  notFinite: "inference/not-finite",
  /** A number does not fit the model's integer type. */
  outOfRange: "inference/out-of-range",
  /** The model gave something that its signature does not allow. */
  badOutput: "inference/bad-output",

  /** The bytes are no model that this runtime can load. */
  modelUnreadable: "inference/model-unreadable",
  /** The signature and the model disagree on names, types or shapes. */
  signatureMismatch: "inference/signature-mismatch",
  /** The runtime's package is not installed on this machine. */
  runtimeMissing: "inference/runtime-missing",
  /** The model ran into a fault of the runtime. */
  runFailed: "inference/run-failed",
  /** A model was asked to run after it was disposed of. */
  disposed: "inference/disposed",
  /** The model takes or gives something that Kedge has no type for. */
  unsupportedType: "inference/unsupported-type",
  /** No signature can be derived from what the model says of itself. */
  signatureUnclear: "inference/signature-unclear",
} as const;

/** One of {@link inferenceCodes}. */
export type InferenceCode = (typeof inferenceCodes)[keyof typeof inferenceCodes];
