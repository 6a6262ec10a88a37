import type { ModelSignature, Prediction, Preprocessing } from "@kedge/inference";
import { buildSpec, profileOf, type Profile, specHash } from "@kedge/profile";
import { type PackedBundle, packBundle, type Signer } from "@kedge/registry";
import { sha256 } from "@kedge/registry/adapters";
import { encodeReferenceProfile } from "@kedge/wire";
import { tinyOnnx } from "../../../packages/inference/adapters/onnxruntime-node/tiny-onnx.fixture.js";
import { tinyParts } from "../../../packages/registry/src/tiny-bundle.fixture.js";

const signature: ModelSignature = {
  inputs: [{ name: "x", type: "float32", dims: [-1, 3] }],
  outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
  task: { kind: "classification", classes: ["dark", "light"], scores: "scores", activation: "probabilities" },
};

const preprocessing: Preprocessing = {
  inputs: { x: { from: "image", raw: { type: "uint8", dims: [3] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] } },
};

/** softmax(x · W + b), with some weights that nothing uses: so the file has several chunks. */
const model = tinyOnnx({
  inputs: [{ name: "x", type: "float32", dims: ["batch", 3] }],
  outputs: [{ name: "scores", type: "float32", dims: ["batch", 2] }],
  nodes: [
    { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] },
    { op: "Softmax", inputs: ["y"], outputs: ["scores"], ints: { axis: 1 } },
  ],
  weights: [
    { name: "w", dims: [3, 2], values: [-1, 1, -1, 1, -1, 1] },
    { name: "b", dims: [2], values: [1.5, -1.5] },
    { name: "ballast", dims: [60_000], values: Array.from({ length: 60_000 }, (_, i) => i / 60_000) },
  ],
});

const spec = buildSpec({ input: { kind: "none" }, task: "classification" }, [], ["dark", "light"]);
const hash = specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 });

/** A profile of the model's bundle, without a single prediction. */
export const emptyProfile: Profile = profileOf(spec, hash, []);

/** A profile of the model's bundle that counts so many of each class; `latencyMs` is of the last. */
export function tinyProfile(counts: { readonly dark: number; readonly light: number }): Profile {
  const of = (label: string, classIndex: number, count: number): Prediction[] =>
    Array.from({ length: count }, (_, i) => ({
      reading: { id: `${label}-${i}`, atMs: 5, inputs: { image: { type: "uint8", dims: [3], values: new Uint8Array(3).fill(10 * i) } } },
      outcome: { kind: "classification", classIndex, label, probabilities: Float32Array.of(0.25 + i / 100, 0.75 - i / 100) },
      latencyMs: 1 + i / 7,
      bundleDigest: "",
    }));
  return profileOf(spec, hash, [...of("dark", 0, counts.dark), ...of("light", 1, counts.light)]);
}

/** A bundle of a real model of four chunks. */
export function tinyModel(signer: Signer): Promise<PackedBundle> {
  const p = 1 / (1 + Math.exp(-3));
  const golden = {
    tolerance: 1e-4,
    cases: [
      {
        inputs: { x: { type: "float32", dims: [1, 3], values: Float32Array.of(0, 0, 0) } },
        outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(p, 1 - p) } },
      },
    ],
  } as const;
  const reference = encodeReferenceProfile({ spec, cohorts: [{ selector: "", profile: emptyProfile, rows: 0 }] });
  return packBundle({ ...tinyParts, signature, preprocessing, model, reference, golden }, signer, sha256);
}
