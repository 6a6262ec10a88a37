import { activate, clip, softmax } from "./activations.js";
import { conv2d, depthwiseConv2d, globalPool2d, pool2d, separableConv2d, zeroPadding2d } from "./convolutions.js";
import type { GraphWriter } from "./graph-writer.js";
import type { NetLayer } from "./net.js";
import { numberOption, allowOnly, unsupported, weight } from "./options.js";
import { asPlanes, asRows, type Value } from "./value.js";

/** Adds one layer to the graph and gives its value. */
export type LayerConverter = (graph: GraphWriter, value: Value, layer: NetLayer) => Value;

const same: LayerConverter = (_, value) => value;

/** Gemm for rows of numbers; a longer shape is multiplied along its last axis. */
const dense: LayerConverter = (graph, value, layer) => {
  const x = asRows(graph, value);
  const kernel = weight(layer, 0);
  const w = graph.weights(kernel.dims, kernel.values);
  const b = layer.config["useBias"] === false ? undefined : weight(layer, 1);
  const bias = b === undefined ? [] : [graph.weights(b.dims, b.values)];
  const product = x.shape.length === 2 ? graph.node("Gemm", [x.name, w, ...bias]) : graph.node("MatMul", [x.name, w]);
  const name = x.shape.length === 2 || bias.length === 0 ? product : graph.node("Add", [product, ...bias]);
  return activate(graph, { name, shape: layer.shape, planes: false }, layer, layer.config["activation"]);
};

const flatten: LayerConverter = (graph, value, layer) => {
  allowOnly(layer, "dataFormat", ["channelsLast"]);
  const x = asRows(graph, value);
  return { name: graph.node("Flatten", [x.name], { axis: { i: 1 } }), shape: layer.shape, planes: false };
};

/** The batch is copied (0); a size that TensorFlow does not know yet is worked out (-1), which ONNX does once only. */
const reshape: LayerConverter = (graph, value, layer) => {
  const x = asRows(graph, value);
  const target = layer.shape.slice(1).map((d) => d ?? -1);
  if (target.filter((d) => d === -1).length > 1) throw unsupported(layer, "several free sizes");
  return { name: graph.node("Reshape", [x.name, graph.ints([0, ...target])]), shape: layer.shape, planes: false };
};

const permute: LayerConverter = (graph, value, layer) => {
  const x = asRows(graph, value);
  const dims = layer.config["dims"];
  if (!Array.isArray(dims) || !dims.every(Number.isInteger)) throw unsupported(layer, `dims ${JSON.stringify(dims)}`);
  return { name: graph.node("Transpose", [x.name], { perm: { ints: [0, ...(dims as number[])] } }), shape: layer.shape, planes: false };
};

/** In prediction: (x − moving mean) / √(moving variance + ε) · gamma + beta, per channel. */
const batchNormalization: LayerConverter = (graph, value, layer) => {
  const rank = value.shape.length;
  if (rank !== 2 && rank !== 4) throw unsupported(layer, `an input of rank ${rank}`);
  const axis = numberOption(layer, "axis", -1);
  if (axis !== -1 && axis !== rank - 1) throw unsupported(layer, `axis ${axis}`);
  const x = rank === 4 ? asPlanes(graph, value) : value;
  const channels = weight(layer, layer.weights.length - 1).dims;
  const ones = new Float32Array(channels[0] ?? 0).fill(1);
  let next = 0;
  const take = (present: boolean, fallback: Float32Array): string => {
    if (!present) return graph.weights(channels, fallback);
    const found = weight(layer, next);
    next += 1;
    return graph.weights(found.dims, found.values);
  };
  const gamma = take(layer.config["scale"] !== false, ones);
  const beta = take(layer.config["center"] !== false, new Float32Array(ones.length));
  const inputs = [x.name, gamma, beta, take(true, ones), take(true, ones)];
  return { ...x, name: graph.node("BatchNormalization", inputs, { epsilon: { f: numberOption(layer, "epsilon", 1e-3) } }) };
};

const relu: LayerConverter = (graph, value, layer) => {
  const high = layer.config["maxValue"];
  if (high === undefined || high === null) return activate(graph, value, layer, "relu");
  return clip(graph, value, numberOption(layer, "maxValue", 6));
};

const softmaxLayer: LayerConverter = (graph, value, layer) => {
  const axis = numberOption(layer, "axis", -1);
  if (axis !== -1 && axis !== value.shape.length - 1) throw unsupported(layer, `axis ${axis}`);
  return softmax(graph, value);
};

const slope =
  (op: "LeakyRelu" | "Elu", fallback: number): LayerConverter =>
  (graph, value, layer) => ({
    ...value,
    name: graph.node(op, [value.name], { alpha: { f: numberOption(layer, "alpha", fallback) } }),
  });

/** How each TensorFlow.js layer is written, by class name. What is not here is refused. */
export const layerConverters: Readonly<Record<string, LayerConverter>> = {
  Dense: dense,
  Conv2D: conv2d,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
  MaxPooling2D: pool2d("MaxPool"),
  AveragePooling2D: pool2d("AveragePool"),
  GlobalAveragePooling2D: globalPool2d("ReduceMean"),
  GlobalMaxPooling2D: globalPool2d("ReduceMax"),
  ZeroPadding2D: zeroPadding2d,
  BatchNormalization: batchNormalization,
  Activation: (graph, value, layer) => activate(graph, value, layer, layer.config["activation"]),
  ReLU: relu,
  LeakyReLU: slope("LeakyRelu", 0.3),
  ELU: slope("Elu", 1),
  Softmax: softmaxLayer,
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  // These do something in training only.
  Dropout: same,
  SpatialDropout2D: same,
  GaussianDropout: same,
  GaussianNoise: same,
  AlphaDropout: same,
};
