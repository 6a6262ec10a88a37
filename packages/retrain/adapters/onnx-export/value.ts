import type { FreeShape, GraphWriter } from "./graph-writer.js";

/**
 * A value between layers. TensorFlow.js keeps images as rows of pixels of channels (NHWC), ONNX convolves planes of
 * channels (NCHW). `shape` is TensorFlow's in either case; `planes` says how the ONNX value lies.
 */
export interface Value {
  readonly name: string;
  readonly shape: FreeShape;
  readonly planes: boolean;
}

/** The value as planes of channels; of rank 4. */
export function asPlanes(graph: GraphWriter, value: Value): Value {
  if (value.planes) return value;
  return { ...value, name: graph.node("Transpose", [value.name], { perm: { ints: [0, 3, 1, 2] } }), planes: true };
}

/** The value as TensorFlow has it. Anything that counts elements, such as flatten, must see this order. */
export function asRows(graph: GraphWriter, value: Value): Value {
  if (!value.planes) return value;
  return { ...value, name: graph.node("Transpose", [value.name], { perm: { ints: [0, 2, 3, 1] } }), planes: false };
}
