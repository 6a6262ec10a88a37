import { activate } from "./activations.js";
import type { Attribute, GraphWriter } from "./graph-writer.js";
import type { NetLayer } from "./net.js";
import { pads, pair, allowOnly, weight } from "./options.js";
import { asPlanes, type Value } from "./value.js";

type Weights = NetLayer["weights"][number];

/** Reorders weights: element of `to` at (a, b, c, d) is `from` at `index(a, b, c, d)`. */
function reorder(
  dims: readonly [number, number, number, number],
  from: Float32Array,
  index: (a: number, b: number, c: number, d: number) => number,
): Float32Array {
  const [n0, n1, n2, n3] = dims;
  const out = new Float32Array(n0 * n1 * n2 * n3);
  let o = 0;
  for (let a = 0; a < n0; a += 1) {
    for (let b = 0; b < n1; b += 1) {
      for (let c = 0; c < n2; c += 1) {
        for (let d = 0; d < n3; d += 1) {
          out[o] = from[index(a, b, c, d)] ?? 0;
          o += 1;
        }
      }
    }
  }
  return out;
}

function sizes(w: Weights): readonly [number, number, number, number] {
  const [h = 0, wide = 0, inputs = 0, outputs = 0] = w.dims;
  return [h, wide, inputs, outputs];
}

/** TensorFlow's kernel is [height, width, in, out], ONNX's [out, in, height, width]. */
function fullKernel(graph: GraphWriter, w: Weights): string {
  const [h, wide, inputs, outputs] = sizes(w);
  const dims = [outputs, inputs, h, wide] as const;
  return graph.weights(
    dims,
    reorder(dims, w.values, (o, i, y, x) => ((y * wide + x) * inputs + i) * outputs + o),
  );
}

/** TensorFlow's depthwise kernel is [height, width, in, multiplier]; ONNX has one group per input channel. */
function depthKernel(graph: GraphWriter, w: Weights): string {
  const [h, wide, inputs, multiplier] = sizes(w);
  const dims = [inputs * multiplier, 1, h, wide] as const;
  return graph.weights(
    dims,
    reorder(dims, w.values, (o, _, y, x) => (y * wide + x) * inputs * multiplier + o),
  );
}

type Pair = readonly [number, number];

function windowAttributes(layer: NetLayer, value: Value, kernel: Pair, strides: Pair, dilations: Pair): Readonly<Record<string, Attribute>> {
  allowOnly(layer, "dataFormat", ["channelsLast"]);
  const along = (axis: 0 | 1) => ({ size: value.shape[axis + 1] ?? null, kernel: kernel[axis], stride: strides[axis], dilation: dilations[axis] });
  return { kernel_shape: { ints: kernel }, strides: { ints: strides }, pads: { ints: pads(layer, along(0), along(1)) } };
}

function convAttributes(layer: NetLayer, value: Value, kernel: Weights, group: number): Readonly<Record<string, Attribute>> {
  const [h, wide] = sizes(kernel);
  const dilations = pair(layer, "dilationRate", [1, 1]);
  const shared = windowAttributes(layer, value, [h, wide], pair(layer, "strides", [1, 1]), dilations);
  return { ...shared, dilations: { ints: dilations }, group: { i: group } };
}

function bias(graph: GraphWriter, layer: NetLayer, i: number): readonly string[] {
  if (layer.config["useBias"] === false) return [];
  const b = weight(layer, i);
  return [graph.weights(b.dims, b.values)];
}

/** A convolution of images. */
export function conv2d(graph: GraphWriter, value: Value, layer: NetLayer): Value {
  const kernel = weight(layer, 0);
  const x = asPlanes(graph, value);
  const name = graph.node("Conv", [x.name, fullKernel(graph, kernel), ...bias(graph, layer, 1)], convAttributes(layer, value, kernel, 1));
  return activate(graph, { name, shape: layer.shape, planes: true }, layer, layer.config["activation"]);
}

/** A convolution of each channel by itself. */
export function depthwiseConv2d(graph: GraphWriter, value: Value, layer: NetLayer): Value {
  const kernel = weight(layer, 0);
  const x = asPlanes(graph, value);
  const name = graph.node("Conv", [x.name, depthKernel(graph, kernel), ...bias(graph, layer, 1)], convAttributes(layer, value, kernel, sizes(kernel)[2]));
  return activate(graph, { name, shape: layer.shape, planes: true }, layer, layer.config["activation"]);
}

/** A depthwise convolution and then a 1×1 one. */
export function separableConv2d(graph: GraphWriter, value: Value, layer: NetLayer): Value {
  const [depth, point] = [weight(layer, 0), weight(layer, 1)];
  const x = asPlanes(graph, value);
  const middle = graph.node("Conv", [x.name, depthKernel(graph, depth)], convAttributes(layer, value, depth, sizes(depth)[2]));
  const name = graph.node("Conv", [middle, fullKernel(graph, point), ...bias(graph, layer, 2)], { kernel_shape: { ints: [1, 1] } });
  return activate(graph, { name, shape: layer.shape, planes: true }, layer, layer.config["activation"]);
}

/** Max or average pooling; padding counts in neither. */
export function pool2d(op: "MaxPool" | "AveragePool"): (graph: GraphWriter, value: Value, layer: NetLayer) => Value {
  return (graph, value, layer) => {
    const size = pair(layer, "poolSize", [2, 2]);
    const attributes = windowAttributes(layer, value, size, pair(layer, "strides", size), [1, 1]);
    return { name: graph.node(op, [asPlanes(graph, value).name], attributes), shape: layer.shape, planes: true };
  };
}

/** The mean or the largest of each channel over the whole image. */
export function globalPool2d(op: "ReduceMean" | "ReduceMax"): (graph: GraphWriter, value: Value, layer: NetLayer) => Value {
  return (graph, value, layer) => {
    allowOnly(layer, "dataFormat", ["channelsLast"]);
    const axes = value.planes ? [2, 3] : [1, 2];
    return { name: graph.node(op, [value.name], { axes: { ints: axes }, keepdims: { i: 0 } }), shape: layer.shape, planes: false };
  };
}

/** Rows and columns of zeros around an image. */
export function zeroPadding2d(graph: GraphWriter, value: Value, layer: NetLayer): Value {
  allowOnly(layer, "dataFormat", ["channelsLast"]);
  const padding = layer.config["padding"] as readonly (readonly number[])[];
  const [[top = 0, bottom = 0] = [], [left = 0, right = 0] = []] = padding;
  const pads = value.planes ? [0, 0, top, left, 0, 0, bottom, right] : [0, top, left, 0, 0, bottom, right, 0];
  return { ...value, name: graph.node("Pad", [value.name, graph.ints(pads)]), shape: layer.shape };
}
