import { readFileSync } from "node:fs";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import type { Tensor } from "@kedge/sensor";
import { elementCount } from "@kedge/sensor";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import protobuf from "protobufjs";
import { beforeAll, describe, expect, test } from "vitest";
import { exportOnnx } from "./export-onnx.js";
import { onnxModelType, onnxSchema } from "./onnx-schema.js";

type Layers = tf.layers.Layer[];
const L = tf.layers;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Fills every weight: zeros and ones as they are made would hide a mistake. Variances stay positive. */
function randomise(model: tf.LayersModel, seed: number): void {
  for (const [i, layer] of model.layers.entries()) {
    const weights = layer.getWeights();
    const isNorm = layer.getClassName() === "BatchNormalization";
    layer.setWeights(
      weights.map((w, k) => {
        const isVariance = isNorm && k === weights.length - 1;
        return isVariance ? tf.randomUniform(w.shape, 0.5, 1.5, "float32", seed + 31 * i + k) : tf.randomNormal(w.shape, 0, 0.5, "float32", seed + 31 * i + k);
      }),
    );
  }
}

/** The largest distance between TensorFlow.js and the ONNX Runtime on random rows, relative above 1. */
async function distance(model: tf.LayersModel, seed: number, rows = 3): Promise<number> {
  randomise(model, seed);
  const inner = (model.inputs[0]?.shape ?? []).slice(1).map((d) => d ?? 6);
  const outer = (model.outputs[0]?.shape ?? []).slice(1).map((d) => d ?? -1);
  const x = tf.randomNormal([rows, ...inner], 0, 1, "float32", seed + 7);
  const expected = (model.predict(x) as tf.Tensor).dataSync();
  const loaded = await new OnnxruntimeNodeRuntime().load(exportOnnx(model, { input: "in", output: "out" }), {
    inputs: [{ name: "in", type: "float32", dims: [-1, ...inner] }],
    outputs: [{ name: "out", type: "float32", dims: [-1, ...outer] }],
    task: { kind: "regression", output: "out" },
  });
  const input: Tensor = { type: "float32", dims: [rows, ...inner], values: x.dataSync() as Float32Array };
  const found = (await loaded.run({ in: input }))["out"];
  await loaded.dispose();
  expect(found?.dims.slice(1)).toEqual((model.predict(x) as tf.Tensor).shape.slice(1));
  expect(found?.values.length).toBe(elementCount(found?.dims ?? []));
  let most = 0;
  for (const [i, e] of expected.entries()) most = Math.max(most, Math.abs(Number(found?.values[i]) - e) / Math.max(1, Math.abs(e)));
  return most;
}

const sequential = (shape: (number | null)[], layers: Layers): tf.LayersModel => tf.sequential({ layers: [L.inputLayer({ inputShape: shape }), ...layers] });

const nets: Readonly<Record<string, () => tf.LayersModel>> = {
  "784-64-10": () => tf.sequential({ layers: [L.dense({ units: 64, activation: "relu", inputShape: [784] }), L.dense({ units: 10, activation: "softmax" })] }),
  "a small LeNet": () =>
    sequential(
      [12, 12, 1],
      [
        L.conv2d({ filters: 4, kernelSize: 3, activation: "relu" }),
        L.maxPooling2d({ poolSize: 2 }),
        L.conv2d({ filters: 6, kernelSize: 3, padding: "same" }),
        L.batchNormalization({}),
        L.activation({ activation: "relu" }),
        L.averagePooling2d({ poolSize: 2 }),
        L.dropout({ rate: 0.5 }),
        L.flatten(),
        L.dense({ units: 5, activation: "softmax" }),
      ],
    ),
  "flatten after a convolution keeps TensorFlow's order": () => sequential([4, 5, 3], [L.conv2d({ filters: 2, kernelSize: 2 }), L.flatten()]),
  "even kernels, same padding, strides": () => sequential([7, 8, 2], [L.conv2d({ filters: 3, kernelSize: [4, 2], strides: [2, 3], padding: "same" })]),
  dilation: () =>
    sequential(
      [9, 9, 2],
      [L.conv2d({ filters: 3, kernelSize: 3, dilationRate: 2, padding: "same" }), L.conv2d({ filters: 2, kernelSize: 2, dilationRate: [2, 2] })],
    ),
  "no bias": () => sequential([6, 6, 2], [L.conv2d({ filters: 3, kernelSize: 3, useBias: false }), L.flatten(), L.dense({ units: 4, useBias: false })]),
  depthwise: () => sequential([6, 7, 3], [L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same", activation: "relu6" })]),
  separable: () => sequential([6, 7, 3], [L.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, activation: "tanh" })]),
  "pooling with same padding": () =>
    sequential(
      [5, 7, 2],
      [L.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }), L.maxPooling2d({ poolSize: [2, 3], strides: [1, 2], padding: "same" })],
    ),
  "global average": () => sequential([5, 6, 3], [L.conv2d({ filters: 4, kernelSize: 3 }), L.globalAveragePooling2d({}), L.dense({ units: 3 })]),
  "global pooling of the input, of any size": () => sequential([null, null, 3], [L.globalMaxPooling2d({})]),
  "batch norm of rows, no gamma": () => sequential([6], [L.dense({ units: 5 }), L.batchNormalization({ scale: false, epsilon: 0.01 }), L.dense({ units: 2 })]),
  "batch norm first, no beta": () => sequential([4, 4, 3], [L.batchNormalization({ center: false }), L.flatten()]),
  "zero padding": () =>
    sequential(
      [4, 4, 2],
      [
        L.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 3],
          ],
        }),
        L.conv2d({ filters: 2, kernelSize: 3 }),
        L.zeroPadding2d({ padding: 1 }),
        L.flatten(),
      ],
    ),
  "reshape into an image and permute": () =>
    sequential(
      [12],
      [L.reshape({ targetShape: [2, 3, 2] }), L.conv2d({ filters: 4, kernelSize: 2 }), L.permute({ dims: [3, 1, 2] }), L.reshape({ targetShape: [-1] })],
    ),
  "dense along the last axis of an image": () => sequential([3, 4, 2], [L.conv2d({ filters: 3, kernelSize: 1 }), L.dense({ units: 4, activation: "sigmoid" })]),
  "softmax over channels": () => sequential([3, 3, 2], [L.conv2d({ filters: 3, kernelSize: 1, activation: "softmax" }), L.softmax({ axis: 3 })]),
  "activation layers": () =>
    sequential([6], [L.dense({ units: 8 }), L.leakyReLU({ alpha: 0.2 }), L.elu({}), L.reLU({ maxValue: 1.5 }), L.dense({ units: 4 }), L.reLU({})]),
  "noise layers do nothing": () =>
    sequential([5, 5, 1], [L.gaussianNoise({ stddev: 1 }), L.gaussianDropout({ rate: 0.5 }), L.alphaDropout({ rate: 0.2 }), L.flatten()]),
  "a functional chain": () => {
    const input = tf.input({ shape: [6] });
    return tf.model({ inputs: input, outputs: L.dense({ units: 2 }).apply(L.dense({ units: 4, activation: "elu" }).apply(input)) as tf.SymbolicTensor });
  },
};

describe("agrees with TensorFlow.js to 1e-5", () => {
  test.each(Object.keys(nets))("%s", async (name) => {
    const model = nets[name]?.();
    if (model === undefined) throw new Error(name);
    for (const seed of [1, 2, 3]) expect(await distance(model, seed)).toBeLessThan(1e-5);
  });

  test.each(["relu", "relu6", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus", "softsign", "hardSigmoid", "linear", "swish"] as const)(
    "activation %s",
    async (activation) => {
      expect(await distance(sequential([5], [L.dense({ units: 7, activation })]), 11)).toBeLessThan(1e-5);
    },
  );

  const activation = fc.constantFrom("relu" as const, "tanh" as const, "sigmoid" as const, "elu" as const, "linear" as const);
  const padding = fc.constantFrom("same" as const, "valid" as const);
  const size = fc.integer({ min: 1, max: 3 });
  const imageLayer = fc.oneof(
    fc.record({ filters: size, kernelSize: fc.tuple(size, size), strides: fc.tuple(size, size), padding, activation }).map((c) => () => L.conv2d(c)),
    fc
      .record({ kernelSize: fc.tuple(size, size), depthMultiplier: fc.integer({ min: 1, max: 2 }), padding, activation })
      .map((c) => () => L.depthwiseConv2d(c)),
    fc.record({ poolSize: fc.tuple(size, size), strides: fc.tuple(size, size), padding }).map((c) => () => L.maxPooling2d(c)),
    fc.record({ poolSize: fc.tuple(size, size), strides: fc.tuple(size, size), padding }).map((c) => () => L.averagePooling2d(c)),
    fc.record({ center: fc.boolean(), scale: fc.boolean() }).map((c) => () => L.batchNormalization(c)),
    fc.constant(() => L.dropout({ rate: 0.3 })),
    activation.map((a) => () => L.activation({ activation: a })),
  );
  const rowLayer = fc.oneof(
    fc.record({ units: fc.integer({ min: 1, max: 6 }), activation, useBias: fc.boolean() }).map((c) => () => L.dense(c)),
    fc.constant(() => L.batchNormalization({})),
    fc.constant(() => L.leakyReLU({})),
  );

  test("small nets of any layers", async () => {
    const net = fc.record({
      shape: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), size),
      image: fc.array(imageLayer, { maxLength: 4 }),
      ending: fc.constantFrom("flatten", "average", "none"),
      rows: fc.array(rowLayer, { maxLength: 3 }),
      seed: fc.nat(1000),
    });
    let built = 0;
    await fc.assert(
      fc.asyncProperty(net, async ({ shape, image, ending, rows, seed }) => {
        const layers: Layers = image.map((make) => make());
        if (ending === "flatten") layers.push(L.flatten(), ...rows.map((make) => make()));
        if (ending === "average") layers.push(L.globalAveragePooling2d({}), ...rows.map((make) => make()));
        let model: tf.LayersModel;
        try {
          model = sequential([...shape], layers);
        } catch {
          return; // Kernels larger than what is left of the image.
        }
        if (model.layers.some((l) => (l.outputShape as (number | null)[]).some((d) => d !== null && d <= 0))) return;
        built += 1;
        expect(await distance(model, seed, 2)).toBeLessThan(1e-5);
        model.dispose();
      }),
      { seed: 77, numRuns: 120 },
    );
    expect(built).toBeGreaterThan(60);
  }, 60_000);
});

test("same padding of an image of free size: with stride 1 only", async () => {
  const stride1 = () => L.conv2d({ filters: 2, kernelSize: [3, 2], dilationRate: [1, 2], padding: "same" });
  expect(await distance(sequential([null, null, 2], [stride1()]), 5)).toBeLessThan(1e-5);
  const strided = sequential([null, null, 2], [L.maxPooling2d({ poolSize: 2, padding: "same" })]);
  expect(() => exportOnnx(strided)).toThrow(expect.objectContaining({ code: "retrain/unsupported-layer", message: expect.stringContaining("free size") }));
});

describe("what cannot be exported is refused by name", () => {
  const refused: Readonly<Record<string, readonly [() => tf.LayersModel, string]>> = {
    "another layer": [() => sequential([4, 3], [L.lstm({ units: 2 })]), "(LSTM) has no ONNX form here"],
    "a layer named like an object's property": [() => sequential([4], [L.repeatVector({ n: 2 })]), "(RepeatVector) has no ONNX form here"],
    "planes first": [() => sequential([2, 4, 4], [L.flatten({ dataFormat: "channelsFirst" })]), 'has dataFormat "channelsFirst"'],
    "another activation": [() => sequential([4], [L.dense({ units: 2, activation: "mish" })]), 'has activation "mish"'],
    "softmax of another axis": [() => sequential([4, 3], [L.softmax({ axis: 1 })]), "has axis 1"],
    "batch norm of another axis": [() => sequential([4, 4, 3], [L.batchNormalization({ axis: 1 })]), "has axis 1"],
    "batch norm of rank 3": [() => sequential([4, 3], [L.batchNormalization({})]), "an input of rank 3"],
  };
  test.each(Object.keys(refused))("%s", (name) => {
    const [make, message] = refused[name] ?? [];
    if (make === undefined || message === undefined) throw new Error(name);
    expect(() => exportOnnx(make())).toThrow(expect.objectContaining({ code: "retrain/unsupported-layer", message: expect.stringContaining(message) }));
  });

  test("two inputs, a fork, a shared layer", () => {
    const [a, b] = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
    const dense = L.dense({ units: 3 });
    const first = dense.apply(a) as tf.SymbolicTensor;
    const models = [
      tf.model({ inputs: [a, b], outputs: L.add().apply([a, b]) as tf.SymbolicTensor }),
      tf.model({ inputs: a, outputs: L.add().apply([a, L.dense({ units: 3 }).apply(a) as tf.SymbolicTensor]) as tf.SymbolicTensor }),
      tf.model({ inputs: a, outputs: dense.apply(first) as tf.SymbolicTensor }),
      tf.model({ inputs: a, outputs: [first, first] }),
    ];
    for (const model of models) expect(() => exportOnnx(model)).toThrow(expect.objectContaining({ code: "retrain/unsupported-topology" }));
  });
});

describe("the format", () => {
  test("is that of proto/onnx-subset.proto", () => {
    const source = readFileSync(new URL("../../proto/onnx-subset.proto", import.meta.url), "utf8");
    const parsed = protobuf.parse(source, { keepCase: true }).root;
    const fields = (root: protobuf.Root) =>
      (root.lookup("onnx") as protobuf.Namespace).nestedArray.map((t) => [
        t.name,
        (t as protobuf.Type).fieldsArray.map((f) => [f.name, f.type, f.id, f.repeated]),
      ]);
    expect(fields(protobuf.Root.fromJSON(onnxSchema))).toEqual(fields(parsed));
  });

  test("holds names, free batch and opset; the same net gives the same bytes", () => {
    const model = nets["784-64-10"]?.();
    if (model === undefined) throw new Error("no net");
    const bytes = exportOnnx(model, { input: "image", output: "scores" });
    expect(exportOnnx(model, { input: "image", output: "scores" })).toEqual(bytes);
    const found = onnxModelType().toObject(onnxModelType().decode(bytes), { longs: Number });
    expect(found["opset_import"]).toEqual([{ version: 13 }]);
    expect(found["graph"].input).toEqual([
      { name: "image", type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "batch" }, { dim_value: 784 }] } } } },
    ]);
    expect(found["graph"].output[0].name).toBe("scores");
  });
});
