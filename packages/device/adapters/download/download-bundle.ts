import { createHash } from "node:crypto";
import type { Sha256 } from "@kedge/core";
import { type BundleManifest, registryLimits, type TrustedKey, verifyManifestBytes } from "@kedge/registry";
import { deviceCodes } from "../../src/index.js";
import { type DirectorySlots, envelopeName, filePartName } from "../directory-slots/directory-slots.js";
import { type ChunkLink, fault, type Part, type PullFault, type PullOptions, pullPart } from "./pull-part.js";
import { verifyEd25519 } from "./verify-ed25519.js";

/** What became of a download. `retryable`: the network's or the disk's fault and not the bundle's. */
export type Downloaded = { readonly kind: "downloaded"; readonly manifest: BundleManifest } | PullFault;

export interface DownloadOptions extends PullOptions {
  readonly targetsKeys: readonly TrustedKey[];
  readonly securityFloor: number;
}

/** Room to leave on the disk: the outbox and the rest of the system want to live. */
const reserveBytes = 16 * 1024 * 1024;

const sha256Of = (content: Uint8Array): Sha256 => createHash("sha256").update(content).digest("hex") as Sha256;

async function fetchPart(slots: DirectorySlots, bundle: Sha256, part: Part, link: ChunkLink, options: PullOptions): Promise<PullFault | undefined> {
  if (await slots.isWhole(bundle, part.name, part.sha256)) return undefined;
  for (let isResumed = (await slots.partialSize(bundle, part.name)) > 0; ; isResumed = false) {
    const failed = await pullPart(slots, bundle, part, link, options);
    if (failed !== undefined) return failed;
    if (await slots.isWhole(bundle, part.name, part.sha256)) return undefined;
    // A wrong part is removed, so that the next try begins anew: at once, where a power cut may have spoilt what was there before.
    await slots.dropPartial(bundle, part.name);
    if (!isResumed) break;
  }
  return fault(deviceCodes.digestMismatch, `${part.name}: what came is not what was signed`, true);
}

async function faultOfRoom(slots: DirectorySlots, bundle: Sha256, parts: readonly Part[]): Promise<PullFault | undefined> {
  let missing = 0;
  for (const part of parts) missing += Math.max(0, part.bytes - (await slots.partialSize(bundle, part.name)));
  const free = await slots.freeBytes();
  return free >= missing * 1.1 + reserveBytes
    ? undefined
    : fault(deviceCodes.noSpace, `the bundle needs ${missing} more bytes on the disk, ${free} are free and ${reserveBytes} are kept back`, true);
}

/**
 * Downloads a bundle into the slots' directory and puts it onto the shelf: first the signed manifest, which is verified before anything it
 * speaks of is asked for; then each file, capped at its signed size and checked against its signed digest.
 */
export async function downloadBundle(
  slots: DirectorySlots,
  wanted: { readonly digest: Sha256; readonly manifestDigest: Sha256 },
  link: ChunkLink,
  options: DownloadOptions,
): Promise<Downloaded> {
  const { digest } = wanted;
  await slots.dropOtherPartials(digest);
  const envelope: Part = { name: envelopeName, sha256: wanted.manifestDigest, bytes: registryLimits.envelopeBytes, isExact: false };
  const failed = await fetchPart(slots, digest, envelope, link, options);
  if (failed !== undefined) return failed;
  const bytes = (await slots.readPartial(digest, envelope.name)) ?? new Uint8Array(0);
  const { targetsKeys, securityFloor } = options;
  const verified = verifyManifestBytes(bytes, targetsKeys, { verify: verifyEd25519, sha256: sha256Of, expectedDigest: digest, securityFloor });
  if (verified.kind === "untrusted") {
    await slots.dropPartial(digest);
    return fault(verified.code, verified.message, false);
  }
  const parts = Object.values(verified.manifest.files).map((f): Part => ({ name: filePartName(f.path), sha256: f.sha256, bytes: f.bytes, isExact: true }));
  const noRoom = await faultOfRoom(slots, digest, parts);
  if (noRoom !== undefined) return noRoom;
  for (const part of parts) {
    const fetched = await fetchPart(slots, digest, part, link, options);
    if (fetched !== undefined) return fetched;
  }
  await slots.shelve(digest);
  return { kind: "downloaded", manifest: verified.manifest };
}
