import protobuf from "protobufjs/light.js";

type Field = readonly [type: string, id: number, repeated?: "repeated"];

const message = (fields: Readonly<Record<string, Field>>): protobuf.IType => ({
  fields: Object.fromEntries(Object.entries(fields).map(([name, [type, id, rule]]) => [name, rule === undefined ? { type, id } : { rule, type, id }])),
});

/** `proto/onnx-subset.proto` as protobufjs keeps it; a test holds the two equal. */
export const onnxSchema: protobuf.INamespace = {
  nested: {
    onnx: {
      nested: {
        AttributeProto: message({
          name: ["string", 1],
          f: ["float", 2],
          i: ["int64", 3],
          s: ["bytes", 4],
          ints: ["int64", 8, "repeated"],
          type: ["int32", 20],
        }),
        NodeProto: message({
          input: ["string", 1, "repeated"],
          output: ["string", 2, "repeated"],
          name: ["string", 3],
          op_type: ["string", 4],
          attribute: ["AttributeProto", 5, "repeated"],
        }),
        TensorProto: message({ dims: ["int64", 1, "repeated"], data_type: ["int32", 2], name: ["string", 8], raw_data: ["bytes", 9] }),
        DimensionProto: message({ dim_value: ["int64", 1], dim_param: ["string", 2] }),
        TensorShapeProto: message({ dim: ["DimensionProto", 1, "repeated"] }),
        TensorTypeProto: message({ elem_type: ["int32", 1], shape: ["TensorShapeProto", 2] }),
        TypeProto: message({ tensor_type: ["TensorTypeProto", 1] }),
        ValueInfoProto: message({ name: ["string", 1], type: ["TypeProto", 2] }),
        GraphProto: message({
          node: ["NodeProto", 1, "repeated"],
          name: ["string", 2],
          initializer: ["TensorProto", 5, "repeated"],
          input: ["ValueInfoProto", 11, "repeated"],
          output: ["ValueInfoProto", 12, "repeated"],
        }),
        OperatorSetIdProto: message({ domain: ["string", 1], version: ["int64", 2] }),
        ModelProto: message({
          ir_version: ["int64", 1],
          producer_name: ["string", 2],
          graph: ["GraphProto", 7],
          opset_import: ["OperatorSetIdProto", 8, "repeated"],
        }),
      },
    },
  },
};

/** Reads and writes whole models; made on demand, so that importing this file does no work. */
export function onnxModelType(): protobuf.Type {
  return protobuf.Root.fromJSON(onnxSchema).lookupType("onnx.ModelProto");
}
