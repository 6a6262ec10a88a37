import type { TensorType } from "@kedge/sensor";

/** One input or output of a model. A dimension of -1 is free (the batch). */
export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
}

/** What the four numbers of a box are: corners, corners with y first, centre and size, or the left top corner and size. */
export type BoxLayout = "xyxy" | "yxyx" | "cxcywh" | "xywh";

/**
 * What a model's outputs mean. Classification: `scores` names the output tensor that holds one score per class, which
 * are `probabilities` already or `logits` that need a softmax. Regression and anomaly: `output` holds one number.
 * Detection: `boxes` [N, 4], `scores` [N] and `labels` [N] (class numbers) are outputs, and so is `count` where not all N are meant; `frame` is
 * what coordinates are counted in (pixels), null for shares of the frame; boxes below `minScore` are none.
 */
export type Task =
  | { readonly kind: "classification"; readonly classes: readonly string[]; readonly scores: string; readonly activation: "probabilities" | "logits" }
  | { readonly kind: "regression"; readonly output: string }
  | { readonly kind: "anomaly"; readonly output: string }
  | {
      readonly kind: "detection";
      /** By the model's class numbers, so that one which counts from 1 has a name for 0 too, such as "background". */
      readonly classes: readonly string[];
      readonly boxes: string;
      readonly scores: string;
      readonly labels: string;
      readonly count: string | null;
      readonly layout: BoxLayout;
      readonly frame: { readonly width: number; readonly height: number } | null;
      readonly minScore: number;
    };

/** What a model takes and gives. Input and output names are the model file's own. */
export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly task: Task;
}
