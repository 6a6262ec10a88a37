import { createHash, createPublicKey, verify } from "node:crypto";
import { messageOf, type Random, type RetrySchedule, retryDelayMs, type Sha256 } from "@kedge/core";
import { type BundleManifest, registryLimits, type TrustedKey, verifyManifestBytes } from "@kedge/registry";
import { type Chunk, type ChunkRequest, chunkCountOf, chunkLengthOf, wireLimits } from "@kedge/wire";
import { type DeviceCode, deviceCodes } from "../../src/index.js";
import type { DirectorySlots } from "../directory-slots/directory-slots.js";

/** Asks for chunks and is told of those that come: the two `art` topics. */
export interface ChunkLink {
  request(request: ChunkRequest): Promise<void>;
  /** Replaces whoever listened before. */
  onChunk(listen: (chunk: Chunk) => void): void;
}

/** What became of a download. `retryable`: the network's fault and not the bundle's. */
export type Downloaded =
  | { readonly kind: "downloaded"; readonly manifest: BundleManifest }
  | { readonly kind: "refused"; readonly code: DeviceCode | string; readonly message: string; readonly retryable: boolean };

export interface DownloadOptions {
  readonly targetsKeys: readonly TrustedKey[];
  readonly securityFloor: number;
  readonly random: Random;
  /** Chunks under way at once; 4 by default. */
  readonly windowChunks?: number;
  /** How long to wait for a chunk before asking again; 5 s by default. */
  readonly chunkTimeoutMs?: number;
  /** Tries without a single chunk coming; 8 by default. */
  readonly maxTries?: number;
}

const retry: RetrySchedule = { firstMs: 250, maxMs: 15_000 };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Ed25519 over node:crypto; a key or signature that cannot be read is no match. */
export function verifyEd25519(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return verify(null, message, createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" }), signature);
  } catch {
    return false;
  }
}

function refuse(code: DeviceCode | string, message: string, retryable: boolean): Downloaded {
  return { kind: "refused", code, message, retryable };
}

interface Part {
  readonly name: string;
  readonly sha256: Sha256;
  /** The exact size, or the most that is taken when the size is not signed (the envelope). */
  readonly bytes: number;
  readonly isExact: boolean;
}

/** Pulls one blob, chunk by chunk in order, going on where an earlier try stopped. Never keeps a byte beyond the signed size. */
async function pull(slots: DirectorySlots, bundle: Sha256, part: Part, link: ChunkLink, options: DownloadOptions): Promise<Downloaded | undefined> {
  const { windowChunks = 4, chunkTimeoutMs = 5_000, maxTries = 8 } = options;
  const waiting = new Map<number, Chunk>();
  let total = part.isExact ? part.bytes : undefined;
  let fault: Downloaded | undefined;
  let wake: () => void = () => {};
  link.onChunk((chunk) => {
    if (chunk.digest !== part.sha256) return;
    if (chunk.total > part.bytes || (part.isExact && chunk.total !== part.bytes)) {
      fault = refuse(deviceCodes.tooManyBytes, `${part.name}: the collector speaks of ${chunk.total} bytes, signed are ${part.bytes}`, false);
    } else if (chunk.bytes.length !== chunkLengthOf(chunk.total, chunk.index)) {
      fault = refuse(deviceCodes.digestMismatch, `${part.name}: chunk ${chunk.index} has ${chunk.bytes.length} bytes`, true);
    } else {
      total ??= chunk.total;
      // At most one window of chunks is held; others were not asked for.
      if (waiting.size < windowChunks) waiting.set(chunk.index, { ...chunk, bytes: chunk.bytes.slice() });
    }
    wake();
  });
  let next = Math.floor((await slots.partialSize(bundle, part.name)) / wireLimits.chunkBytes);
  let tries = 0;
  while (fault === undefined && (total === undefined || next < chunkCountOf(total))) {
    const count = total === undefined ? 1 : Math.min(windowChunks, chunkCountOf(total) - next);
    const before = next;
    try {
      await link.request({ digest: part.sha256, index: next, count });
    } catch (error) {
      fault = tries >= maxTries ? refuse(deviceCodes.downloadStalled, messageOf(error), true) : undefined;
    }
    const deadline = performance.now() + chunkTimeoutMs;
    while (fault === undefined && next < before + count && performance.now() < deadline) {
      const chunk = waiting.get(next);
      if (chunk === undefined) {
        await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(Math.max(1, deadline - performance.now()))]);
        continue;
      }
      waiting.delete(next);
      await slots.writePartial(bundle, part.name, next * wireLimits.chunkBytes, chunk.bytes);
      next += 1;
    }
    if (next > before) tries = 0;
    else if (fault === undefined) {
      tries += 1;
      if (tries >= maxTries) fault = refuse(deviceCodes.downloadStalled, `${part.name}: no chunk came in ${tries} tries`, true);
      else await sleep(retryDelayMs(retry, tries, options.random));
    }
  }
  link.onChunk(() => {});
  return fault;
}

async function fetchPart(slots: DirectorySlots, bundle: Sha256, part: Part, link: ChunkLink, options: DownloadOptions): Promise<Downloaded | undefined> {
  if (await slots.isWhole(bundle, part.name, part.sha256)) return undefined;
  const fault = await pull(slots, bundle, part, link, options);
  if (fault !== undefined) return fault;
  return (await slots.checkPartial(bundle, part.name, part.sha256)) ? undefined : refuse(deviceCodes.digestMismatch, `${part.name}: what came is not what was signed`, true);
}

/**
 * Downloads a bundle into the slots' directory and puts it onto the shelf: first the signed manifest, which is verified before anything it
 * speaks of is asked for; then each file, capped at its signed size and checked against its signed digest.
 */
export async function downloadBundle(slots: DirectorySlots, wanted: { readonly digest: Sha256; readonly manifestDigest: Sha256 }, link: ChunkLink, options: DownloadOptions): Promise<Downloaded> {
  const envelope: Part = { name: "manifest.json", sha256: wanted.manifestDigest, bytes: registryLimits.envelopeBytes, isExact: false };
  const fault = await fetchPart(slots, wanted.digest, envelope, link, options);
  if (fault !== undefined) return fault;
  const bytes = (await slots.readPartial(wanted.digest, envelope.name)) ?? new Uint8Array(0);
  const sha256 = (content: Uint8Array): Sha256 => createHash("sha256").update(content).digest("hex") as Sha256;
  const verified = verifyManifestBytes(bytes, options.targetsKeys, { verify: verifyEd25519, sha256, expectedDigest: wanted.digest, securityFloor: options.securityFloor });
  if (verified.kind === "untrusted") {
    await slots.dropPartial(wanted.digest);
    return refuse(verified.code, verified.message, false);
  }
  const files = Object.values(verified.manifest.files);
  const needed = files.reduce((sum, f) => sum + f.bytes, 0);
  if ((await slots.freeBytes()) < needed * 1.1 + 16 * 1024 * 1024) return refuse(deviceCodes.noSpace, `the bundle needs ${needed} bytes`, true);
  for (const file of files) {
    const failed = await fetchPart(slots, wanted.digest, { name: file.path, sha256: file.sha256, bytes: file.bytes, isExact: true }, link, options);
    if (failed !== undefined) return failed;
  }
  await slots.shelve(wanted.digest);
  return { kind: "downloaded", manifest: verified.manifest };
}
