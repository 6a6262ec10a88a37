import type { Tensor } from "@kedge/sensor";
import { beforeAll, describe, expect, test } from "vitest";
import { runtimeLaws, type RuntimeFixture } from "../src/contract.js";
import { inferenceCodes, type InferenceRuntime, type ModelSignature, type TensorSpec } from "../src/index.js";
import { runtimeKinds, TfjsNodeRuntime } from "./index.js";
import { denseOnnx } from "./onnxruntime-node/tiny-onnx.fixture.js";
import { denseTfjs, importPlainTfjs } from "./tfjs-node/tiny-tfjs.fixture.js";

const floats = (dims: readonly number[], values: readonly number[]): Tensor => ({ type: "float32", dims, values: Float32Array.from(values) });

/** softmax(x · W + b) of the fixtures' weights, in float64. */
function expected(x: readonly [number, number, number]): readonly number[] {
  const a = x[0] + 0.5 * x[1] - 2 * x[2] + 0.1;
  const b = -x[0] + 0.25 * x[1] + 2 * x[2] - 0.1;
  return [1 / (1 + Math.exp(b - a)), 1 / (1 + Math.exp(a - b))];
}

const inputs: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [1, 2, 3],
  [-4, 0.5, -1],
  [0.125, -8, 0.25],
  [30, -30, 0.1],
];
const x: TensorSpec = { name: "x", type: "float32", dims: [-1, 3] };
const scores: TensorSpec = { name: "scores", type: "float32", dims: [-1, 2] };
const signature: ModelSignature = {
  inputs: [x],
  outputs: [scores],
  task: { kind: "classification", classes: ["no", "yes"], scores: "scores", activation: "probabilities" },
};
const cases = inputs.map((v) => ({ inputs: { x: floats([1, 3], v) }, outputs: { scores: floats([1, 2], expected(v)) } }));

/** A model in the format that each runtime takes. */
const models: Readonly<Record<string, () => Promise<Uint8Array>>> = { "onnxruntime-node": async () => denseOnnx, "tfjs-node": denseTfjs };

const runtimes: readonly { readonly title: string; readonly runtime: InferenceRuntime; readonly model: () => Promise<Uint8Array> }[] = [
  ...runtimeKinds.map((kind) => ({
    title: kind.kind,
    runtime: kind.create({ kind: kind.kind } as never, {}),
    model: models[kind.kind] ?? (async () => new Uint8Array()),
  })),
  { title: "tfjs-node's adapter over the plain JavaScript build", runtime: new TfjsNodeRuntime(importPlainTfjs), model: denseTfjs },
];

describe.each(runtimes)("the law of runtimes: $title", ({ title, runtime, model }) => {
  let fixture: RuntimeFixture = { model: new Uint8Array(), signature, cases, tolerance: 1e-6 };
  let missing = "";

  beforeAll(async () => {
    fixture = { ...fixture, model: await model() };
    try {
      await (await runtime.load(fixture.model, signature)).dispose();
    } catch (error) {
      if ((error as { code?: string }).code !== inferenceCodes.runtimeMissing) throw error;
      missing = (error as Error).message;
      process.stdout.write(`skipped: the law of runtimes over ${title}: ${missing} (it is not installed)\n`);
    }
  }, 30_000);

  test.for(runtimeLaws)("$name", async (law, { skip }) => {
    skip(missing !== "", missing);
    await law.check(runtime, fixture);
  });
});

test("a runtime whose package is absent says how to install it", async () => {
  const runtime = new TfjsNodeRuntime(() => import("@tensorflow/not-installed" as string));
  await expect(runtime.load(denseOnnx, signature)).rejects.toMatchObject({
    code: "inference/runtime-missing",
    message: "loading @tensorflow/tfjs-node failed",
    hint: expect.stringContaining("npm install @tensorflow/tfjs-node"),
    context: { exit: "config" },
  });
});
