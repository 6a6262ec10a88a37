import { onnxModelType } from "./onnx-schema.js";

/** An attribute of an ONNX node. Whole numbers are `i`, fractions `f`: ONNX tells them apart. */
export type Attribute = { readonly i: number } | { readonly f: number } | { readonly s: string } | { readonly ints: readonly number[] };

/** ONNX AttributeProto.AttributeType. */
const attributeTypes = { f: 1, i: 2, s: 3, ints: 7 } as const;

function attributeOf(name: string, value: Attribute): object {
  if ("s" in value) return { name, s: Buffer.from(value.s), type: attributeTypes.s };
  const kind = "i" in value ? "i" : "f" in value ? "f" : "ints";
  return { name, ...value, type: attributeTypes[kind] };
}

/** ONNX TensorProto.DataType. */
const float32 = 1;
const int64 = 7;

/** IR 7 and opset 13 are what every ONNX Runtime since 1.8 reads. */
const irVersion = 7;
const opset = 13;

/** The shape of an input or output; `null` is the batch, or another free size. */
export type FreeShape = readonly (number | null)[];

function valueInfo(name: string, shape: FreeShape): object {
  const dim = shape.map((d, i) => (d === null ? { dim_param: i === 0 ? "batch" : `free_${name}_${i}` } : { dim_value: d }));
  return { name, type: { tensor_type: { elem_type: float32, shape: { dim } } } };
}

/** Collects the nodes and weights of one ONNX graph. Names are counted, so the same net gives the same bytes. */
export class GraphWriter {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  #names = 0;

  #name(prefix: string): string {
    this.#names += 1;
    return `${prefix}_${this.#names}`;
  }

  /** Adds a node with one output and gives that output's name. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, output: string = this.#name(op)): string {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.#nodes.push({ input: inputs, output: [output], name: `${op}#${output}`, op_type: op, attribute });
    return output;
  }

  /** Adds float32 weights and gives their name. */
  weights(dims: readonly number[], values: Float32Array): string {
    const name = this.#name("w");
    this.#initializers.push({ dims, data_type: float32, name, raw_data: new Uint8Array(Float32Array.from(values).buffer) });
    return name;
  }

  /** Adds a list of whole numbers and gives its name. */
  ints(values: readonly number[]): string {
    const name = this.#name("n");
    const raw = BigInt64Array.from(values, (v) => BigInt(v));
    this.#initializers.push({ dims: [values.length], data_type: int64, name, raw_data: new Uint8Array(raw.buffer) });
    return name;
  }

  /** The model file. */
  finish(input: { readonly name: string; readonly shape: FreeShape }, output: { readonly name: string; readonly shape: FreeShape }): Uint8Array {
    const graph = {
      node: this.#nodes,
      name: "kedge",
      initializer: this.#initializers,
      input: [valueInfo(input.name, input.shape)],
      output: [valueInfo(output.name, output.shape)],
    };
    const type = onnxModelType();
    const model = { ir_version: irVersion, producer_name: "kedge", graph, opset_import: [{ domain: "", version: opset }] };
    return new Uint8Array(type.encode(type.create(model)).finish());
  }
}
