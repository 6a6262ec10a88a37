/** Just enough of the protobuf and ONNX formats to write models of a few nodes for tests. */

function varint(n: number): number[] {
  const out: number[] = [];
  let rest = n;
  while (rest > 127) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...out, rest];
}

type Bytes = readonly number[];
const number = (field: number, v: number): Bytes => [...varint(field * 8), ...varint(v)];
const block = (field: number, body: Bytes): Bytes => [...varint(field * 8 + 2), ...varint(body.length), ...body];
const text = (field: number, s: string): Bytes => block(field, [...Buffer.from(s, "utf8")]);

/** ONNX TensorProto.DataType. */
export const onnxTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, string: 8, bool: 9, float64: 11 } as const;

export interface TinyValue {
  readonly name: string;
  readonly type: keyof typeof onnxTypes;
  readonly dims: readonly (number | string)[];
}

function valueBytes(value: TinyValue): Bytes {
  const shape = value.dims.flatMap((d) => block(1, typeof d === "number" ? number(1, d) : text(2, d)));
  return [...text(1, value.name), ...block(2, block(1, [...number(1, onnxTypes[value.type]), ...block(2, shape)]))];
}

export interface TinyNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ints?: Readonly<Record<string, number>>;
}

function nodeOf(node: TinyNode): Bytes {
  const attributes = Object.entries(node.ints ?? {}).flatMap(([name, v]) => block(5, [...text(1, name), ...number(3, v), ...number(20, 2)]));
  return [...node.inputs.flatMap((i) => text(1, i)), ...node.outputs.flatMap((o) => text(2, o)), ...text(4, node.op), ...attributes];
}

function floatsOf(name: string, dims: readonly number[], values: readonly number[]): Bytes {
  const raw = [...new Uint8Array(Float32Array.from(values).buffer)];
  return [...dims.flatMap((d) => number(1, d)), ...number(2, 1), ...text(8, name), ...block(9, raw)];
}

/** An ONNX model of opset 13. */
export function tinyOnnx(parts: {
  readonly inputs: readonly TinyValue[];
  readonly outputs: readonly TinyValue[];
  readonly nodes: readonly TinyNode[];
  readonly weights?: readonly { readonly name: string; readonly dims: readonly number[]; readonly values: readonly number[] }[];
}): Uint8Array {
  const graph = [
    ...parts.nodes.flatMap((n) => block(1, nodeOf(n))),
    ...text(2, "tiny"),
    ...(parts.weights ?? []).flatMap((w) => block(5, floatsOf(w.name, w.dims, w.values))),
    ...parts.inputs.flatMap((v) => block(11, valueBytes(v))),
    ...parts.outputs.flatMap((v) => block(12, valueBytes(v))),
  ];
  return Uint8Array.from([...number(1, 8), ...block(7, graph), ...block(8, [...text(1, ""), ...number(2, 13)])]);
}

/** softmax(x · W + b), three features to two classes, and the class number beside it. */
export const denseOnnx = tinyOnnx({
  inputs: [{ name: "x", type: "float32", dims: ["batch", 3] }],
  outputs: [
    { name: "scores", type: "float32", dims: ["batch", 2] },
    { name: "label", type: "int64", dims: ["batch"] },
  ],
  nodes: [
    { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] },
    { op: "Softmax", inputs: ["y"], outputs: ["scores"], ints: { axis: 1 } },
    { op: "ArgMax", inputs: ["scores"], outputs: ["label"], ints: { axis: 1, keepdims: 0 } },
  ],
  weights: [
    { name: "w", dims: [3, 2], values: [1, -1, 0.5, 0.25, -2, 2] },
    { name: "b", dims: [2], values: [0.1, -0.1] },
  ],
});
