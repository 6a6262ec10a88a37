import type { TensorType } from "@kedge/sensor";

/** One input or output of a model. A dimension of -1 is free (the batch). */
export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
}

/**
 * What a model's outputs mean. Classification: `scores` names the output tensor that holds one score per class, which
 * are `probabilities` already or `logits` that need a softmax. Regression and anomaly: `output` holds one number.
 */
export type Task =
  | { readonly kind: "classification"; readonly classes: readonly string[]; readonly scores: string; readonly activation: "probabilities" | "logits" }
  | { readonly kind: "regression"; readonly output: string }
  | { readonly kind: "anomaly"; readonly output: string };

/** What a model takes and gives. Input and output names are the model file's own. */
export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly task: Task;
}
