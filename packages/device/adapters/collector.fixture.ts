import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { DeviceId, Sha256 } from "@kedge/core";
import { type BundleParts, envelopeBytes, keyIdOf, type PackedBundle, packBundle, type Signer, type TrustedKey } from "@kedge/registry";
import { type Chunk, type ChunkRequest, chunkCountOf, chunkLengthOf, type DesiredState, wireLimits } from "@kedge/wire";
import type { ChunkLink } from "./download/pull-part.js";

export const sha256 = (bytes: Uint8Array): Sha256 => createHash("sha256").update(bytes).digest("hex") as Sha256;

function keyPair(): { readonly signer: Signer; readonly trusted: TrustedKey } {
  const pair = generateKeyPairSync("ed25519");
  const publicKey = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  const keyId = keyIdOf(publicKey, sha256);
  return { signer: { keyId, sign: async (message) => new Uint8Array(sign(null, message, pair.privateKey)) }, trusted: { keyId, publicKey } };
}

export const targets = keyPair();
export const stranger = keyPair();

const noise = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 13) ^ (seed * 31));

/** A signed bundle; its model of one and a half chunks is no model. */
export function bundleOf(version: string, changes: Partial<BundleParts> = {}, signer = targets.signer): Promise<PackedBundle> {
  const parts: BundleParts = {
    name: "clothes",
    version,
    createdAtMs: 1_750_000_000_000,
    signature: {
      inputs: [{ name: "x", type: "float32", dims: [-1, 4] }],
      outputs: [{ name: "scores", type: "float32", dims: [-1, 2] }],
      task: { kind: "classification", classes: ["no", "yes"], scores: "scores", activation: "probabilities" },
    },
    preprocessing: { inputs: { x: { from: "image", raw: { type: "uint8", dims: [2, 2] }, steps: [] } } },
    model: noise(Math.floor(1.5 * wireLimits.chunkBytes), version.length + (version.codePointAt(0) ?? 0)),
    reference: noise(1_000, version.codePointAt(0) ?? 1),
    golden: {
      tolerance: 1e-5,
      cases: [
        {
          inputs: { x: { type: "float32", dims: [1, 4], values: Float32Array.of(0, 0.1, 0.2, 1) } },
          outputs: { scores: { type: "float32", dims: [1, 2], values: Float32Array.of(0.25, 0.75) } },
        },
      ],
    },
  };
  return packBundle({ ...parts, ...changes }, signer, sha256);
}

export const desire = (bundle: Pick<PackedBundle, "digest" | "envelopeSha256">, version: number, changes: Partial<DesiredState> = {}): DesiredState => ({
  deviceId: "cam-1" as DeviceId,
  version,
  rolloutId: `rol_${version}`,
  bundleDigest: bundle.digest,
  manifestDigest: bundle.envelopeSha256,
  issuedAtMs: 0,
  deadlineMs: null,
  sampling: null,
  windowMs: null,
  ...changes,
});

/** What a collector's answer becomes on its way. */
export type OnTheWay = (chunk: Chunk) => readonly Chunk[];

/** A collector as far as bundles come from it. */
export class ChunkDesk implements ChunkLink {
  readonly blobs = new Map<string, Uint8Array>();
  readonly requests: ChunkRequest[] = [];
  onTheWay: OnTheWay = (chunk) => [chunk];
  #listen: (chunk: Chunk) => void = () => {};

  constructor(...bundles: readonly PackedBundle[]) {
    for (const bundle of bundles) this.offer(bundle);
  }

  offer(bundle: PackedBundle): void {
    const envelope = envelopeBytes(bundle.envelope);
    for (const blob of [envelope, ...bundle.files.values()]) this.blobs.set(sha256(blob), blob);
  }

  onChunk(listen: (chunk: Chunk) => void): void {
    this.#listen = listen;
  }

  deliver(chunk: Chunk): void {
    this.#listen(chunk);
  }

  async request(request: ChunkRequest): Promise<void> {
    this.requests.push(request);
    const blob = this.blobs.get(request.digest);
    if (blob === undefined) return;
    const end = Math.min(request.index + request.count, chunkCountOf(blob.length));
    for (let index = request.index; index < end; index += 1) {
      const at = index * wireLimits.chunkBytes;
      const chunk = { digest: request.digest, index, total: blob.length, bytes: blob.subarray(at, at + chunkLengthOf(blob.length, index)) };
      for (const sent of this.onTheWay(chunk)) queueMicrotask(() => this.deliver(sent));
    }
  }
}
