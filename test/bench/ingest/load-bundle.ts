import { BundleShelf, type DeviceRecord } from "@kedge/collector";
import { seededRandom, type Sha256 } from "@kedge/core";
import type { ReferenceProfile } from "@kedge/profile";
import { type BundleParts, packBundle } from "@kedge/registry";
import { createKeyPair, MemoryBundleStore, sha256, storePackedBundle } from "@kedge/registry/adapters";
import { encodeReferenceProfile } from "@kedge/wire";
import { deviceId, profileOf } from "../query/filled-store.js";
import { clock } from "./doors.js";
import { specAndHash } from "./packets.js";

const parts: Omit<BundleParts, "reference"> = {
  name: "load",
  version: "1.0.0",
  createdAtMs: 1_750_000_000_000,
  signature: {
    inputs: [{ name: "x", type: "float32", dims: [-1, 4] }],
    outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
    task: { kind: "classification", classes: ["no", "yes"], scores: "scores", activation: "probabilities" },
  },
  preprocessing: { inputs: { x: { from: "image", raw: { type: "uint8", dims: [2, 2] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] } } },
  model: Uint8Array.of(8, 7, 6, 5),
  golden: {
    tolerance: 1e-5,
    cases: [
      {
        inputs: { x: { type: "float32", dims: [1, 4], values: Float32Array.of(0, 0.1, 0.2, 1) } },
        outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(0.25, 0.75) } },
      },
    ],
  },
  metrics: { accuracy: 0.9 },
  labels: {},
};

/** A registered bundle whose reference counts as the devices do. */
export async function shelfOf(features: number, seed: number): Promise<{ readonly shelf: BundleShelf; readonly digest: Sha256 }> {
  const { spec, hash } = specAndHash(features);
  const rows = 20_000;
  const reference: ReferenceProfile = {
    spec,
    cohorts: [{ selector: "", profile: { ...profileOf(features, rows, seededRandom(seed)), specHash: hash }, rows }],
  };
  const bundles = new MemoryBundleStore(clock);
  const packed = await packBundle({ ...parts, reference: encodeReferenceProfile(reference) }, createKeyPair().signer, sha256);
  await storePackedBundle(packed, bundles);
  const shelf = new BundleShelf(bundles);
  await shelf.find(packed.digest);
  return { shelf, digest: packed.digest };
}

/** A device that runs it. */
export function memberOf(i: number, digest: Sha256): DeviceRecord {
  const id = deviceId(i);
  const reported = {
    ...{ deviceId: id, bootEpoch: 1, atMs: 1, runningDigest: digest, previousDigest: null, desiredVersion: 1, update: "IDLE" as const },
    ...{ targetDigest: null, reason: "", outbox: { records: 0, bytes: 0, dropped: 0 }, counters: { windows: 0, predictions: 0, errors: 0, samples: 0 } },
  };
  return {
    ...{ deviceId: id, labels: { site: `site-${i % 10}` }, isRetired: false, isOnline: true, agentVersion: null, platform: null, enrolledAtMs: 1 },
    ...{ lastSeenAtMs: null, certificate: { serial: "", notAfterMs: 0 }, keySha256: digest, tokenId: "", bootEpoch: 1, reported, desired: null },
  };
}
