import type { Tensor } from "@kedge/sensor";
import type { ModelSignature } from "./model-signature.js";

/**
 * A model in memory. Laws: `run` gives every output of the signature, with the signature's type and shape; the same
 * inputs give the same outputs; it copies what it needs of its inputs before the promise settles, and what it gives is
 * never written to again; calls may overlap; `dispose` frees the memory, may be called twice, and `run` after it fails
 * with `inference/disposed`.
 */
export interface LoadedModel {
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  dispose(): Promise<void>;
}

/**
 * What runs models. `load` checks the signature against the model's own input and output names, types and shapes;
 * it fails with a KedgeError: `inference/model-unreadable`, `inference/signature-mismatch`, `inference/runtime-missing`.
 */
export interface InferenceRuntime {
  readonly kind: string;
  load(model: Uint8Array, signature: ModelSignature): Promise<LoadedModel>;
}
