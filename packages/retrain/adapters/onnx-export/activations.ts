import type { GraphWriter } from "./graph-writer.js";
import type { NetLayer } from "./net.js";
import { unsupported } from "./options.js";
import { asRows, type Value } from "./value.js";

const plain: Readonly<Record<string, string>> = {
  relu: "Relu",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  elu: "Elu",
  selu: "Selu",
  softplus: "Softplus",
  softsign: "Softsign",
};

/** Adds an activation by its TensorFlow.js name. All but softmax work on elements, in either order. */
export function activate(graph: GraphWriter, value: Value, layer: NetLayer, activation: unknown): Value {
  if (activation === undefined || activation === null || activation === "linear") return value;
  if (activation === "softmax") return softmax(graph, value);
  if (activation === "relu6") return clip(graph, value, 6);
  if (activation === "hardSigmoid") return { ...value, name: graph.node("HardSigmoid", [value.name], { alpha: { f: 0.2 }, beta: { f: 0.5 } }) };
  if (activation === "swish") return { ...value, name: graph.node("Mul", [value.name, graph.node("Sigmoid", [value.name])]) };
  const op = typeof activation === "string" && Object.hasOwn(plain, activation) ? plain[activation] : undefined;
  if (op === undefined) throw unsupported(layer, `activation ${JSON.stringify(activation)}`);
  return { ...value, name: graph.node(op, [value.name]) };
}

/** Softmax over the channels: the last axis of TensorFlow's order. */
export function softmax(graph: GraphWriter, value: Value): Value {
  const rows = asRows(graph, value);
  return { ...rows, name: graph.node("Softmax", [rows.name], { axis: { i: -1 } }) };
}

/** Between 0 and `high`. */
export function clip(graph: GraphWriter, value: Value, high: number): Value {
  const bounds = [graph.weights([], Float32Array.of(0)), graph.weights([], Float32Array.of(high))];
  return { ...value, name: graph.node("Clip", [value.name, ...bounds]) };
}
