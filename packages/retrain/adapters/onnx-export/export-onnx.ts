import type { LayersModel } from "@tensorflow/tfjs";
import { GraphWriter } from "./graph-writer.js";
import { layerConverters } from "./layer-converters.js";
import { describeNet, type Net } from "./net.js";
import { unsupported } from "./options.js";
import { asRows, type Value } from "./value.js";

/** Names of the model's input and output in the file. */
export interface ExportNames {
  readonly input: string;
  readonly output: string;
}

/** Writes a net as an ONNX model (opset 13). Fails with KedgeError `retrain/unsupported-layer`, naming the layer. */
export function netToOnnx(net: Net, names: ExportNames): Uint8Array {
  const graph = new GraphWriter();
  let value: Value = { name: names.input, shape: net.inputShape, planes: false };
  for (const layer of net.layers) {
    const convert = Object.hasOwn(layerConverters, layer.className) ? layerConverters[layer.className] : undefined;
    if (convert === undefined) throw unsupported(layer);
    value = convert(graph, value, layer);
  }
  const last = asRows(graph, value);
  graph.node("Identity", [last.name], {}, names.output);
  return graph.finish({ name: names.input, shape: net.inputShape }, { name: names.output, shape: last.shape });
}

/**
 * Writes a TensorFlow.js layers model as an ONNX model. The model must be a chain of the layers in `layerConverters`;
 * anything else is refused by name (`retrain/unsupported-layer`, `retrain/unsupported-topology`).
 */
export function exportOnnx(model: LayersModel, names: ExportNames = { input: "input", output: "output" }): Uint8Array {
  return netToOnnx(describeNet(model), names);
}
