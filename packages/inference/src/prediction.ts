import type { Reading } from "@kedge/sensor";

/** What a model said, in the words of its task. */
export type Outcome =
  | { readonly kind: "classification"; readonly classIndex: number; readonly label: string; readonly probabilities: Float32Array }
  | { readonly kind: "regression"; readonly value: number }
  | { readonly kind: "anomaly"; readonly score: number };

/** A reading, what the model said about it, and how long that took (preprocessing and model, milliseconds). */
export interface Prediction {
  readonly reading: Reading;
  readonly outcome: Outcome;
  readonly latencyMs: number;
  readonly bundleDigest: string;
}
