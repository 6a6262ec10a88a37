import { preprocess } from "@kedge/inference";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { compareGolden, parseGolden } from "@kedge/registry";
import { createKeyPair } from "@kedge/registry/adapters";
import { decodeReferenceProfile, misfitOf } from "@kedge/wire";
import { expect, test } from "vitest";
import { tinyOnnx } from "../../../../packages/inference/adapters/onnxruntime-node/tiny-onnx.fixture.js";
import { machineInputs, machineOnnx, machinePreprocessing, machineScores, machineSignature, machineWeights, standardised } from "./machine-model.js";
import { packSynthetic } from "./synthetic-bundle.js";

const { signer } = createKeyPair();

test("the model's bytes are what its weights make", () => {
  const bytes = tinyOnnx({
    inputs: [{ name: "x", type: "float32", dims: ["batch", 3] }],
    outputs: [{ name: "scores", type: "float32", dims: ["batch", 2] }],
    nodes: [
      { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] },
      { op: "Softmax", inputs: ["y"], outputs: ["scores"], ints: { axis: 1 } },
    ],
    weights: [
      { name: "w", dims: [3, 2], values: machineWeights.w },
      { name: "b", dims: [2], values: machineWeights.b },
    ],
  });
  expect(machineOnnx).toBe(Buffer.from(bytes).toString("base64"));
});

test("a real runtime loads it, and answers its golden inputs and readings as the simulation says", async () => {
  const packed = await packSynthetic(4, signer, 0);
  const contentOf = (role: string): Uint8Array => packed.files.get(packed.manifest.files[role]?.path ?? "") ?? new Uint8Array();
  const model = await new OnnxruntimeNodeRuntime().load(contentOf("model"), machineSignature);
  const golden = parseGolden(contentOf("golden"));
  if (golden.kind === "rejected") throw new Error(golden.message);
  expect(golden.golden.cases.length).toBe(4);
  for (const known of golden.golden.cases)
    expect(compareGolden(known, await model.run(known.inputs), golden.golden.tolerance)).toMatchObject({ kind: "match" });
  const inputs = { temperature: 71.5, vibration: 0.9, current: 9, mode: "run" };
  const ready = preprocess(machinePreprocessing, machineSignature, { id: "r", atMs: 0, inputs });
  if (ready.kind === "rejected") throw new Error(ready.message);
  const { scores } = await model.run(ready.inputs);
  const [well, worn] = machineScores(standardised(machineInputs.map((name) => inputs[name])));
  expect([...(scores?.values ?? [])].map(Number)).toEqual([expect.closeTo(well, 5), expect.closeTo(worn, 5)]);
  await model.dispose();
});

test.each([4, 32])("with %s numeric inputs its reference is one that devices and collectors take", async (features) => {
  const packed = await packSynthetic(features, signer, 0);
  expect(packed.manifest).toMatchObject({ name: "simulated-machine", version: `${features}.0.0` });
  const decoded = decodeReferenceProfile(packed.files.get(packed.manifest.files["reference"]?.path ?? "") ?? new Uint8Array());
  if (decoded.kind === "rejected") throw new Error(decoded.message);
  const { spec, cohorts } = decoded.value;
  expect(spec.features.filter((f) => f.role === "input" && f.kind === "numeric").length).toBe(features);
  expect(cohorts.map((c) => misfitOf(c.profile, spec))).toEqual([undefined]);
});

test("is the same bundle whenever it is packed, but for its date", async () => {
  expect((await packSynthetic(4, signer, 5)).digest).toBe((await packSynthetic(4, signer, 5)).digest);
});
