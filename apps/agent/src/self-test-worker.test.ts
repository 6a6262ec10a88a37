import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OnnxruntimeNodeRuntime } from "@kedge/inference/adapters";
import { type BundleParts, envelopeBytes, type PackedBundle } from "@kedge/registry";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tinyOnnx } from "../../../packages/inference/adapters/onnxruntime-node/tiny-onnx.fixture.js";
import { runSelfTest } from "./self-test.js";
import { temporaryDirectory, toyBundle } from "./toy-agent.fixture.js";

vi.setConfig({ testTimeout: 60_000 });

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  home = await temporaryDirectory();
});
afterEach(() => home.remove());

/** softmax(x · W) of four values, with weights of a real net's size: a changed bit must show in the answers. */
const weights = Array.from({ length: 8 }, (_, i) => Math.sin(i + 1));
const model = tinyOnnx({
  inputs: [{ name: "x", type: "float32", dims: ["n", 4] }],
  outputs: [{ name: "scores", type: "float32", dims: ["n", 2] }],
  nodes: [
    { op: "MatMul", inputs: ["x", "w"], outputs: ["y"] },
    { op: "Softmax", inputs: ["y"], outputs: ["scores"], ints: { axis: 1 } },
  ],
  weights: [{ name: "w", dims: [4, 2], values: weights }],
});

/** Golden cases as the packer makes them: what the model itself gives. */
async function goldenOf(): Promise<BundleParts["golden"]> {
  const { manifest } = await toyBundle("1", 1, { model });
  const loaded = await new OnnxruntimeNodeRuntime().load(model, manifest.signature);
  const inputs = { x: { type: "float32", dims: [1, 4], values: Float32Array.of(0.1, -0.4, 0.9, 0.3) } } as const;
  const outputs = await loaded.run(inputs);
  await loaded.dispose();
  return { tolerance: 1e-5, cases: [{ inputs, outputs }] };
}

/** A bundle's directory as it lies on a device's shelf, with one file changed. */
async function shelve(bundle: PackedBundle, name?: string, change?: (bytes: Uint8Array) => Uint8Array): Promise<string> {
  await mkdir(join(home.path, "files"), { recursive: true });
  await writeFile(join(home.path, "manifest.json"), envelopeBytes(bundle.envelope));
  for (const [path, bytes] of bundle.files) await writeFile(join(home.path, "files", path), path === name && change !== undefined ? change(bytes) : bytes);
  return home.path;
}

describe("a bundle's golden inputs, in a process of their own", () => {
  test("that the model answers as signed: it may be served", async () => {
    const directory = await shelve(await toyBundle("1", 1, { model, golden: await goldenOf() }));
    expect(await runSelfTest(directory)).toBeUndefined();
  });

  test("one bit of the weights changed, in its high byte", async () => {
    const at = model.findIndex((_, i) => i > 20 && Buffer.from(Float32Array.of(weights[0] ?? 0).buffer).equals(Buffer.from(model.subarray(i, i + 4))));
    expect(at).toBeGreaterThan(0);
    const flip = (bytes: Uint8Array): Uint8Array => bytes.map((v, i) => (i === at + 3 ? v ^ 0x02 : v));
    const directory = await shelve(await toyBundle("1", 1, { model, golden: await goldenOf() }), "model.onnx", flip);
    expect(await runSelfTest(directory)).toMatch(/^golden case 0: .*expected/);
  });

  test("other answers were signed: wrong preprocessing, another runtime", async () => {
    const golden = await goldenOf();
    const wrong = {
      ...golden,
      cases: golden.cases.map((c) => ({ ...c, outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(0.5, 0.5) } } as const })),
    };
    const directory = await shelve(await toyBundle("1", 1, { model, golden: wrong }));
    expect(await runSelfTest(directory)).toMatch(/^golden case 0: /);
  });

  test.each<readonly [string, string, (bytes: Uint8Array) => Uint8Array]>([
    ["a model that is none", "model.onnx", () => Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7) & 255)],
    ["a model cut short", "model.onnx", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["an empty model", "model.onnx", () => new Uint8Array(0)],
    ["golden cases that are none", "golden.json", () => new TextEncoder().encode("{")],
  ])("%s: refused, with words", async (_, name, change) => {
    const directory = await shelve(await toyBundle("1", 1, { model, golden: await goldenOf() }), name, change);
    expect((await runSelfTest(directory))?.length).toBeGreaterThan(10);
  });

  test("no bundle at all: refused, with words", async () => {
    expect(await runSelfTest(join(home.path, "none"))).toContain("ENOENT");
  });
});

test("a worker that eats the memory is ended, and not the agent", async () => {
  const worker = join(home.path, "eater.mjs");
  await writeFile(worker, "const held = []; setInterval(() => held.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5);");
  expect(await runSelfTest(home.path, { worker, memoryMiB: 192, timeoutMs: 30_000 })).toBe("it took more than 192 MiB of memory");
});
