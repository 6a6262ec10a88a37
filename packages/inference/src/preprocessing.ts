import type { TensorType } from "@kedge/sensor";

/**
 * One arithmetic step on every element, in float64 and rounded to float32 once, at the end.
 * `scale`: v · by + offset. `standardise`: (v − mean) / sd, per element of the last dimension when the lists are longer
 * than one. `clip`: into [low, high].
 */
export type PreprocessStep =
  | { readonly op: "scale"; readonly by: number; readonly offset: number }
  | { readonly op: "standardise"; readonly mean: readonly number[]; readonly sd: readonly number[] }
  | { readonly op: "clip"; readonly low: number; readonly high: number };

/** Where one model input comes from. */
export interface InputPreprocessing {
  /** One name: a reading's tensor (or a single column). A list: columns to stack, in this order. */
  readonly from: string | readonly string[];
  /** What the reading's tensor must be before the steps; `null` for columns. */
  readonly raw: { readonly type: TensorType; readonly dims: readonly number[] } | null;
  readonly steps: readonly PreprocessStep[];
}

/** How raw reading inputs become model inputs, by model input name. */
export interface Preprocessing {
  readonly inputs: Readonly<Record<string, InputPreprocessing>>;
}
