export type { InferenceRuntime, LoadedModel } from "./inference-runtime.js";
export type { ModelSignature, Task, TensorSpec } from "./model-signature.js";
export type { Outcome, Prediction } from "./prediction.js";
export type { InputPreprocessing, Preprocessing, PreprocessStep } from "./preprocessing.js";
