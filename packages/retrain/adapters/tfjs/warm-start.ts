import { onnxModelType } from "../onnx-export/onnx-schema.js";

/** Weights of one dense layer: a kernel of [in, out] and a bias of [out]. */
export interface DenseWeights {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data_type: number;
  readonly raw_data: Uint8Array;
}

interface Graph {
  readonly node?: readonly { readonly op_type: string; readonly input?: readonly string[]; readonly attribute?: readonly unknown[] }[];
  readonly initializer?: readonly Initializer[];
}

function floatsOf({ raw_data, data_type }: Initializer): Float32Array | undefined {
  if (data_type !== 1 || raw_data.length % 4 !== 0) return undefined;
  return new Float32Array(new Uint8Array(raw_data).buffer);
}

/**
 * The dense layers of an ONNX model that Kedge wrote, in order; `undefined` when the model is of another make. Only
 * plain Gemm nodes count: one with attributes may transpose or scale.
 */
export function readDenseWeights(model: Uint8Array): readonly DenseWeights[] | undefined {
  let graph: Graph;
  try {
    const type = onnxModelType();
    graph = (type.toObject(type.decode(model), { longs: Number, arrays: true }) as { readonly graph?: Graph }).graph ?? {};
  } catch {
    return undefined;
  }
  const initializers = new Map((graph.initializer ?? []).map((i) => [i.name, i]));
  const layers: DenseWeights[] = [];
  for (const node of graph.node ?? []) {
    if (node.op_type !== "Gemm") continue;
    const [kernel, bias] = [initializers.get(node.input?.[1] ?? ""), initializers.get(node.input?.[2] ?? "")];
    const [inputs = 0, outputs = 0] = kernel?.dims ?? [];
    const [k, b] = [kernel && floatsOf(kernel), bias && floatsOf(bias)];
    if (k === undefined || b === undefined || (node.attribute?.length ?? 0) > 0 || k.length !== inputs * outputs || b.length !== outputs) return undefined;
    layers.push({ inputs, outputs, kernel: k, bias: b });
  }
  return layers;
}
