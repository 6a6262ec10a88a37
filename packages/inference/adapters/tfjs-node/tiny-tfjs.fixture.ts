import * as tf from "@tensorflow/tfjs";
import type { Tfjs } from "./tfjs-types.js";

/** The same API as tfjs-node's on the plain JavaScript backend. */
export async function importPlainTfjs(): Promise<Tfjs> {
  await tf.setBackend("cpu");
  return tf as unknown as Tfjs;
}

/** A one-file model: softmax(x · W + b), three features to two classes. */
export async function denseTfjs(): Promise<Uint8Array> {
  await tf.setBackend("cpu");
  const input = tf.input({ shape: [3], name: "x" });
  const layer = tf.layers.dense({ units: 2, activation: "softmax", name: "scores" });
  const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
  layer.setWeights([tf.tensor2d([1, -1, 0.5, 0.25, -2, 2], [3, 2]), tf.tensor1d([0.1, -0.1])]);
  let bytes = new Uint8Array(0);
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const weightData = Buffer.from(artifacts.weightData as ArrayBuffer).toString("base64");
      const file = { format: "layers-model", modelTopology: artifacts.modelTopology, weightSpecs: artifacts.weightSpecs, weightData };
      bytes = new Uint8Array(Buffer.from(JSON.stringify(file)));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  return bytes;
}
