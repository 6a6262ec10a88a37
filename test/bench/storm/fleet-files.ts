import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DeviceId, seededRandom, type Sha256 } from "@kedge/core";
import { certificateRequest, newDeviceKey } from "@kedge/identity/adapters";
import { openAuthority } from "@kedge/identity/authority";
import type { ModelSignature, Preprocessing } from "@kedge/inference";
import { specHash } from "@kedge/profile";
import { packBundle } from "@kedge/registry";
import { createKeyPair, DirectoryBundleStore, sha256, storePackedBundle } from "@kedge/registry/adapters";
import { openSqliteStore } from "@kedge/store/adapters";
import { encodeReferenceProfile } from "@kedge/wire";
import { profileOf, specOf } from "../query/filled-store.js";

/** A device's certificate with its key. */
export interface Papers {
  readonly deviceId: DeviceId;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A fleet as a collector would know it: what devices need to come back to it. */
export interface FleetFiles {
  readonly dataDir: string;
  readonly authorityPem: string;
  readonly devices: readonly Papers[];
  readonly bundleDigest: Sha256;
  readonly specHash: string;
  /** The model's file, for who fetches chunks of it. */
  readonly modelDigest: Sha256;
}

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

const signature: ModelSignature = {
  inputs: [{ name: "x", type: "float32", dims: [-1, 4] }],
  outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
  task: { kind: "classification", classes: ["no", "yes"], scores: "scores", activation: "probabilities" },
};
const preprocessing: Preprocessing = {
  inputs: { x: { from: "image", raw: { type: "uint8", dims: [2, 2] }, steps: [{ op: "scale", by: 1 / 255, offset: 0 }] } },
};

/** A registered bundle whose windows are taken; its model is 4 MiB of noise, to be fetched and not to be run. */
async function makeBundle(dataDir: string, features: number) {
  const spec = specOf(features);
  const hash = specHash(spec, { utf8: (text) => new TextEncoder().encode(text), sha256 });
  const profile = { ...profileOf(features, 1_000, seededRandom(1)), specHash: hash };
  const golden = {
    tolerance: 1e-5,
    cases: [
      {
        inputs: { x: { type: "float32" as const, dims: [1, 4], values: Float32Array.of(0, 0.1, 0.2, 1) } },
        outputs: { scores: { type: "float32" as const, dims: [1, 2], values: Float32Array.of(0.25, 0.75) } },
      },
    ],
  };
  const reference = encodeReferenceProfile({ spec, cohorts: [{ selector: "", profile, rows: 1_000 }] });
  const parts = { name: "storm", version: "1.0.0", createdAtMs: Date.now(), signature, preprocessing, model: randomBytes(4 * 2 ** 20), reference, golden };
  const packed = await packBundle(parts, createKeyPair().signer, sha256);
  await storePackedBundle(packed, await DirectoryBundleStore.open(join(dataDir, "blobs"), clock));
  return { digest: packed.digest, hash, modelDigest: packed.manifest.files.model.sha256 };
}

/** Makes a data directory in which so many devices are enrolled, with certificates of its own authority, and a bundle is registered. */
export async function makeFleet(dataDir: string, count: number, features: number): Promise<FleetFiles> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const nowMs = Date.now();
  const authority = await openAuthority(join(dataDir, "authority"), { nowMs });
  const store = await openSqliteStore(join(dataDir, "kedge.db"), clock);
  const devices: Papers[] = [];
  const known = store.records.documents<object>({ name: "devices", statusOf: () => "member" });
  const { digest, hash, modelDigest } = await makeBundle(dataDir, features);
  for (let i = 0; i < count; i += 1) {
    const deviceId = `storm-${String(i).padStart(5, "0")}` as DeviceId;
    const key = newDeviceKey();
    const read = await authority.readRequest(certificateRequest(key, deviceId));
    if (read.kind !== "read") throw new Error(read.message);
    const { certificatePem, serial, notAfterMs } = await authority.issueDevice(read, deviceId, { nowMs });
    devices.push({ deviceId, certificatePem, privateKeyPem: key.export({ type: "pkcs8", format: "pem" }).toString() });
    const states = {
      isRetired: false,
      isOnline: false,
      agentVersion: null,
      platform: null,
      enrolledAtMs: nowMs,
      lastSeenAtMs: null,
      bootEpoch: null,
      reported: null,
    };
    const desired = { version: 1, digest, rolloutId: null };
    const certificate = { serial, notAfterMs };
    await known.insert(deviceId, {
      deviceId,
      labels: { site: `s${i % 50}` },
      ...states,
      certificate,
      keySha256: read.publicKeySha256,
      tokenId: "bench",
      desired,
    });
  }
  const registered = { digest, name: "storm", version: "1.0.0", registeredAtMs: nowMs, registeredBy: "bench", signedBy: [] };
  await store.records.documents<object>({ name: "bundles", statusOf: () => "storm" }).insert(digest, registered);
  await store.close();
  return { dataDir, authorityPem: authority.certificatePem, devices, bundleDigest: digest, specHash: hash, modelDigest };
}

/** Puts a fleet where other processes find it. */
export async function writeFleet(path: string, fleet: FleetFiles): Promise<void> {
  await writeFile(path, JSON.stringify(fleet), { mode: 0o600 });
}
