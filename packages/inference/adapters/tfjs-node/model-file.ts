import { KedgeError, messageOf } from "@kedge/core";
import { z } from "zod";
import { inferenceCodes as codes } from "../../src/index.js";

/**
 * A TensorFlow.js model as one file: the JSON of its `model.json` with the weights inside, base64, in the order of
 * `weightSpecs`. Bundles hold a model in one file, TensorFlow.js saves it as several.
 */
const modelFile = z.object({
  format: z.enum(["layers-model", "graph-model"]),
  modelTopology: z.record(z.string(), z.unknown()),
  weightSpecs: z.array(z.object({ name: z.string(), shape: z.array(z.int().nonnegative()), dtype: z.string() }).loose()),
  weightData: z.base64(),
  signature: z.record(z.string(), z.unknown()).optional(),
});

/** What TensorFlow.js loads a model from. */
export interface ModelArtifacts {
  readonly format: "layers-model" | "graph-model";
  readonly modelTopology: Readonly<Record<string, unknown>>;
  readonly weightSpecs: readonly unknown[];
  readonly weightData: ArrayBuffer;
}

/** Reads a one-file TensorFlow.js model; KedgeError `inference/model-unreadable`. */
export function readModelFile(model: Uint8Array): ModelArtifacts {
  try {
    const file = modelFile.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(model)));
    const weights = Buffer.from(file.weightData, "base64");
    const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer;
    return { ...file, weightData };
  } catch (cause) {
    throw new KedgeError(codes.modelUnreadable, `the model (${model.length} bytes) is no TensorFlow.js model in one file: ${messageOf(cause)}`, {
      hint: "it must be the JSON of model.json with format, modelTopology, weightSpecs and the weights as base64 in weightData",
      context: { bytes: model.length, exit: "config" },
      cause,
    });
  }
}
