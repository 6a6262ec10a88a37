import type { Sha256Of } from "@kedge/core";
import type { ModelSignature, Preprocessing } from "@kedge/inference";
import { type BundleParts, type PackedBundle, packBundle } from "./pack-bundle.js";
import type { Signer } from "./signer.js";

const signature: ModelSignature = {
  inputs: [{ name: "x", type: "float32", dims: [-1, 4] }],
  outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
  task: { kind: "classification", classes: ["no", "été"], scores: "scores", activation: "probabilities" },
};

const preprocessing: Preprocessing = {
  inputs: { x: { from: "image", raw: { type: "uint8", dims: [2, 2] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] } },
};

/** Parts of a bundle that makes sense, for tests; its model is no model. */
export const tinyParts: BundleParts = {
  name: "clothes",
  version: "1.0.0",
  createdAtMs: 1_750_000_000_000,
  signature,
  preprocessing,
  model: Uint8Array.of(8, 7, 6, 5),
  reference: Uint8Array.of(1, 2, 3),
  golden: {
    tolerance: 1e-5,
    cases: [
      {
        inputs: { x: { type: "float32", dims: [1, 4], values: Float32Array.of(0, 0.1, 0.2, 1) } },
        outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(0.25, 0.75) } },
      },
    ],
  },
  metrics: { accuracy: 0.875 },
  labels: { camera: "c2" },
};

/** A bundle of {@link tinyParts} with some changes. */
export function tinyBundle(signer: Signer, sha256: Sha256Of, changes: Partial<BundleParts> = {}): Promise<PackedBundle> {
  return packBundle({ ...tinyParts, ...changes }, signer, sha256);
}
