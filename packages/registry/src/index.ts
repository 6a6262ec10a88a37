export { decodeBase64, encodeBase64 } from "./base64.js";
export type { BundleFile, BundleFiles, BundleManifest, Lineage } from "./bundle-manifest.js";
export {
  type BlobContent,
  type BlobRef,
  type BundleStore,
  type ByteRange,
  blobsOf,
  compareBundles,
  type Freed,
  type PutBundle,
  type StoredBundle,
} from "./bundle-store.js";
export { compareGolden, type GoldenMatch, type GoldenMismatch } from "./compare-golden.js";
export {
  type EnvelopeSignature,
  envelopeBytes,
  envelopePayload,
  type ManifestEnvelope,
  makeEnvelope,
  manifestPayloadType,
  parseEnvelope,
  preAuthEncoding,
} from "./envelope.js";
export { type RegistryCode, registryCodes } from "./errors.js";
export { encodeGolden, type Golden, type GoldenCase, type GoldenParsed, parseGolden } from "./golden.js";
export { type Ancestor, type Ancestry, ancestryOf, noLineage } from "./lineage.js";
export { bundleManifestSchema } from "./manifest-schema.js";
export { type BundleParts, type PackedBundle, packBundle } from "./pack-bundle.js";
export { checkManifest, type ManifestParsed, type ManifestRejected, manifestBytes, manifestDigest, parseManifest } from "./parse-manifest.js";
export { registryLimits } from "./registry-limits.js";
export { belowFloor, raisedFloor } from "./security-counter.js";
export { signManifest } from "./sign-manifest.js";
export { keyIdOf, type Signer, type TrustedKey, type VerifySignature } from "./signer.js";
export { peekManifest, type Untrusted, type Verified, type VerifyOptions, verifyManifest, verifyManifestBytes } from "./verify-manifest.js";
