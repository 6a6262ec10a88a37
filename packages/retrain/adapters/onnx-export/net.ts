import type { LayersModel } from "@tensorflow/tfjs";
import { KedgeError } from "@kedge/core";
import { retrainCodes as codes } from "../../src/index.js";
import type { FreeShape } from "./graph-writer.js";

/** One layer of a chain, out of TensorFlow.js's hands. */
export interface NetLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly { readonly dims: readonly number[]; readonly values: Float32Array }[];
  /** The layer's output shape, batch first. */
  readonly shape: FreeShape;
}

/** A chain of layers with one input and one output. */
export interface Net {
  readonly inputShape: FreeShape;
  readonly layers: readonly NetLayer[];
}

function topologyFault(what: string): KedgeError {
  return new KedgeError(codes.unsupportedTopology, `exporting the model to ONNX failed: ${what}`, {
    hint: "only a chain of layers with one input and one output can be exported",
  });
}

function layerFault(name: string, found: string): KedgeError {
  return new KedgeError(codes.unsupportedLayer, `exporting the model to ONNX failed: layer "${name}" ${found}`, {
    hint: "inputs and outputs of the layers must be float32 tensors of one shape",
  });
}

type Layer = LayersModel["layers"][number];

function describeLayer(layer: Layer): NetLayer {
  const shape = layer.outputShape;
  if (!Array.isArray(shape) || shape.some((d) => Array.isArray(d))) throw layerFault(layer.name, "has several outputs");
  const weights = layer.getWeights().map((w) => {
    if (w.dtype !== "float32") throw layerFault(layer.name, `has ${w.dtype} weights`);
    return { dims: [...w.shape], values: Float32Array.from(w.dataSync()) };
  });
  return { className: layer.getClassName(), name: layer.name, config: layer.getConfig(), weights, shape: shape as FreeShape };
}

/** Reads a TensorFlow.js model; KedgeError `retrain/unsupported-topology` unless it is a chain. Its weights are copied. */
export function describeNet(model: LayersModel): Net {
  const [input, ...moreInputs] = model.inputs;
  if (input === undefined || moreInputs.length > 0) throw topologyFault(`the model has ${model.inputs.length} inputs`);
  if (model.outputs.length !== 1) throw topologyFault(`the model has ${model.outputs.length} outputs`);
  if (input.dtype !== "float32") throw topologyFault(`the model's input is ${input.dtype}`);
  const layers = model.layers.filter((l) => l.getClassName() !== "InputLayer");
  let before = input.sourceLayer;
  for (const layer of layers) {
    const nodes = layer.inboundNodes;
    const from = nodes[0]?.inboundLayers ?? [];
    if (nodes.length !== 1) throw topologyFault(`layer "${layer.name}" is used ${nodes.length} times`);
    // The first layer of a sequential model may carry its own input layer.
    const follows = from.length === 1 && (from[0] === before || (from[0]?.getClassName() === "InputLayer" && layer === layers[0]));
    if (!follows) throw topologyFault(`layer "${layer.name}" does not follow "${before.name}" alone`);
    before = layer;
  }
  return { inputShape: input.shape as FreeShape, layers: layers.map(describeLayer) };
}
