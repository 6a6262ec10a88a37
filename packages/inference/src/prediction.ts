import type { Reading } from "@kedge/sensor";

/** One thing that a detector found: where, in shares of the frame (left, top, width, height), what, and how surely. */
export interface DetectedBox {
  readonly classIndex: number;
  readonly label: string;
  readonly score: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a model said, in the words of its task. */
export type Outcome =
  | { readonly kind: "classification"; readonly classIndex: number; readonly label: string; readonly probabilities: Float32Array }
  | { readonly kind: "regression"; readonly value: number }
  | { readonly kind: "anomaly"; readonly score: number }
  /** `dropped`: boxes beyond those that are kept. */
  | { readonly kind: "detection"; readonly boxes: readonly DetectedBox[]; readonly dropped: number };

/** How the machine was when it predicted; null for what it does not tell. */
export interface Vitals {
  /** The hottest part, °C. */
  readonly temperatureC: number | null;
  /** Memory that the agent holds, MiB. */
  readonly memoryMib: number | null;
}

/** A reading, what the model said about it, and how long that took (preprocessing and model, milliseconds). */
export interface Prediction {
  readonly reading: Reading;
  readonly outcome: Outcome;
  readonly latencyMs: number;
  readonly bundleDigest: string;
  readonly vitals?: Vitals;
}
