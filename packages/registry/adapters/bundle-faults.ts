import { KedgeError, type Sha256 } from "@kedge/core";
import { type BlobRef, type ByteRange, type ManifestRejected, registryCodes as codes } from "../src/index.js";

/** A blob or bundle that is not there. */
export function notFound(what: string, sha256: Sha256): KedgeError {
  return new KedgeError(codes.notFound, `${what} ${sha256.slice(0, 12)} is not in the registry`, {
    hint: "See `kedge model ls` for what is; push the bundle again when it should be.",
    context: { sha256, exit: "not-found" },
  });
}

/** Content that is not what it was said to be; `undefined` when it is. */
export function mismatch(found: BlobRef, expected: Partial<BlobRef>, what: string): KedgeError | undefined {
  const isSame = (expected.sha256 ?? found.sha256) === found.sha256 && (expected.bytes ?? found.bytes) === found.bytes;
  if (isSame) return undefined;
  const wanted = `${expected.sha256?.slice(0, 12) ?? "any digest"}, ${expected.bytes ?? "any number of"} bytes`;
  return new KedgeError(codes.digestMismatch, `${what}: expected ${wanted}; found ${found.sha256.slice(0, 12)}, ${found.bytes} bytes`, {
    hint: "The content was damaged or altered on the way or on the disk. Get it again from where it was packed.",
    context: { expected, found, exit: "untrusted" },
  });
}

/** An envelope or manifest that cannot be kept. */
export function refusedManifest(rejected: ManifestRejected, doing: string): KedgeError {
  return new KedgeError(rejected.code, `${doing} failed: ${rejected.message}`, {
    hint: "Pack the bundle again with this version of Kedge.",
    context: { exit: "untrusted" },
  });
}

/** Throws `registry/bad-range` unless the range lies within the blob. */
export function checkRange(range: ByteRange, blob: BlobRef): void {
  const { offset, length } = range;
  if (Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0 && offset + length <= blob.bytes) return;
  throw new KedgeError(codes.badRange, `reading ${length} bytes at ${offset} of blob ${blob.sha256.slice(0, 12)} failed: it has ${blob.bytes} bytes`, {
    context: { range, blob },
  });
}
