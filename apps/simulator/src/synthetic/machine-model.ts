import type { ModelSignature, Preprocessing } from "@kedge/inference";

/** What the model of the simulation's machine looks at, in this order. */
export const machineInputs = ["temperature", "vibration", "current"] as const;
export const machineClasses = ["well", "worn"] as const;
const mean = [60, 0.5, 12] as const;
const sd = [5, 0.15, 2] as const;
/** softmax(x · w + b) of the standardised inputs: the hotter, the shakier and the hungrier, the more worn. */
export const machineWeights = { w: [-0.5, 0.5, -0.75, 0.75, -0.25, 0.25], b: [0.75, -0.75] } as const;

export const machineSignature: ModelSignature = {
  inputs: [{ name: "x", type: "float32", dims: [-1, 3] }],
  outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
  task: { kind: "classification", classes: machineClasses, scores: "scores", activation: "probabilities" },
};

export const machinePreprocessing: Preprocessing = {
  inputs: { x: { from: machineInputs, raw: null, steps: [{ op: "standardise", mean, sd }] } },
};

/** The model as a file (ONNX, opset 13: Gemm, Softmax). A test writes it anew from {@link machineWeights} and runs it. */
export const machineOnnx =
  "CAg6rgEKEgoBeAoBdwoBYhIBeSIER2VtbQohCgF5EgZzY29yZXMiB1NvZnRtYXgqCwoEYXhpcxgBoAECEgR0aW55KiMIAwgCEAFCAXdKGAAAAL8AAAA/AABAvwAAQD8AAIC+AACAPioRCAIQAUIBYkoIAABAPwAAQL9aGAoBeBITChEIARINCgcSBWJhdGNoCgIIA2IdCgZzY29yZXMSEwoRCAESDQoHEgViYXRjaAoCCAJCBAoAEA0=";

/** What the model answers to a standardised input. */
export function machineScores(x: readonly number[]): readonly [well: number, worn: number] {
  const { w, b } = machineWeights;
  const [well, worn] = [0, 1].map((c) => x.reduce((sum, v, i) => sum + v * (w[2 * i + c] ?? 0), b[c] ?? 0)) as [number, number];
  const share = 1 / (1 + Math.exp(well - worn));
  return [1 - share, share];
}

/** A reading's numbers as the model takes them. */
export function standardised(values: readonly number[]): number[] {
  return values.map((v, i) => Math.fround((v - (mean[i] ?? 0)) / (sd[i] ?? 1)));
}
