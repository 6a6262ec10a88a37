import { KedgeError } from "@kedge/core";
import { describe, expect, test } from "vitest";
import type { ModelSignature } from "../../src/index.js";
import { inspectOnnx } from "./open-session.js";
import { OnnxruntimeNodeRuntime, onnxruntimeNode } from "./onnxruntime-node-runtime.js";
import { denseOnnx, tinyOnnx } from "./tiny-onnx.fixture.js";

const echo = (type: "uint8" | "int32" | "int64" | "bool" | "string" | "float32"): Uint8Array =>
  tinyOnnx({
    inputs: [{ name: "in", type, dims: ["n", 2] }],
    outputs: [{ name: "out", type, dims: ["n", 2] }],
    nodes: [{ op: "Identity", inputs: ["in"], outputs: ["out"] }],
  });

async function faultOf(work: () => Promise<unknown>): Promise<KedgeError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KedgeError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

describe("inspectOnnx", () => {
  test("gives names, types and shapes, -1 where free", async () => {
    expect(await inspectOnnx(denseOnnx)).toEqual({
      inputs: [{ name: "x", type: "float32", dims: [-1, 3] }],
      outputs: [
        { name: "scores", type: "float32", dims: [-1, 2] },
        { name: "label", type: "int64", dims: [-1] },
      ],
    });
  });

  test("names an element type that Kedge has none for", async () => {
    const model = tinyOnnx({
      inputs: [{ name: "deep", type: "float64", dims: [2] }],
      outputs: [{ name: "out", type: "float64", dims: [2] }],
      nodes: [{ op: "Identity", inputs: ["deep"], outputs: ["out"] }],
    });
    const fault = await faultOf(() => inspectOnnx(model));
    expect(fault.code).toBe("inference/unsupported-type");
    expect(fault.message).toContain('input "deep" is float64');
    expect(fault.hint).toContain("float32");
  });

  test("an operator that does not exist ends in a KedgeError with a hint", async () => {
    const model = tinyOnnx({
      inputs: [{ name: "x", type: "float32", dims: [2] }],
      outputs: [{ name: "y", type: "float32", dims: [2] }],
      nodes: [{ op: "Wobble", inputs: ["x"], outputs: ["y"] }],
    });
    const fault = await faultOf(() => inspectOnnx(model));
    expect(fault.code).toBe("inference/model-unreadable");
    expect(fault.message).toContain("Wobble");
    expect(fault.hint).toContain("ONNX");
    expect(fault.context["exit"]).toBe("config");
  });
});

describe("OnnxruntimeNodeRuntime", () => {
  test.each([
    { type: "uint8", values: Uint8Array.of(0, 255) },
    { type: "bool", values: Uint8Array.of(0, 1) },
    { type: "int32", values: Int32Array.of(-2147483648, 2147483647) },
    { type: "int64", values: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
    { type: "float32", values: Float32Array.of(1.1754943508222875e-38, 3.4028234663852886e38) },
    { type: "string", values: ["ø", ""] },
  ] as const)("carries $type through unchanged", async ({ type, values }) => {
    const spec = (name: string) => ({ name, type, dims: [-1, 2] });
    const signature: ModelSignature = { inputs: [spec("in")], outputs: [spec("out")], task: { kind: "regression", output: "out" } };
    const model = await new OnnxruntimeNodeRuntime().load(echo(type), signature);
    const outputs = await model.run({ in: { type, dims: [1, 2], values } });
    expect(outputs["out"]).toEqual({ type, dims: [1, 2], values });
    await model.dispose();
  });

  test("names every disagreement between signature and model at once", async () => {
    const signature: ModelSignature = {
      inputs: [{ name: "image", type: "float32", dims: [-1, 3] }],
      outputs: [{ name: "scores", type: "float32", dims: [-1, 10] }],
      task: { kind: "classification", classes: ["a", "b"], scores: "scores", activation: "probabilities" },
    };
    const fault = await faultOf(() => new OnnxruntimeNodeRuntime().load(denseOnnx, signature));
    expect(fault.code).toBe("inference/signature-mismatch");
    expect(fault.message).toContain('input "image": expected float32 [any, 3], found no such input (the model has "x")');
    expect(fault.message).toContain('output "scores": expected float32 [any, 10], found float32 [any, 2]');
    expect(fault.message).toContain('input "x": the model needs it');
  });

  test("dispose waits for runs under way", async () => {
    const signature: ModelSignature = {
      inputs: [{ name: "x", type: "float32", dims: [-1, 3] }],
      outputs: [{ name: "label", type: "int64", dims: [-1] }],
      task: { kind: "regression", output: "label" },
    };
    const model = await new OnnxruntimeNodeRuntime().load(denseOnnx, signature);
    const running = Array.from({ length: 20 }, () => model.run({ x: { type: "float32", dims: [1, 3], values: Float32Array.of(0, 0, 1) } }));
    await model.dispose();
    for (const outputs of await Promise.all(running)) expect(outputs["label"]?.values).toEqual(BigInt64Array.of(1n));
  });

  test("its configuration refuses unknown keys", () => {
    expect(onnxruntimeNode.config.safeParse({ kind: "onnxruntime-node" }).success).toBe(true);
    expect(onnxruntimeNode.config.safeParse({ kind: "onnxruntime-node", threads: 4 }).success).toBe(false);
  });
});
