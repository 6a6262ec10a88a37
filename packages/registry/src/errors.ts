/** This room's error codes. The first group are values (`Untrusted`, `Rejected`, …), the second are faults (KedgeError). */
export const registryCodes = {
  /** Bytes are no manifest: not JSON, a missing or unknown field, a value out of bounds. */
  invalidManifest: "registry/invalid-manifest",
  /** The bytes are no signature envelope, or one of another kind. */
  invalidEnvelope: "registry/invalid-envelope",
  /** The manifest is of a format that this version does not know. */
  unknownFormat: "registry/unknown-format",
  /** The manifest is not in its one canonical form, so its digest would not name it. */
  notCanonical: "registry/not-canonical",
  /** No trusted key has signed. */
  unknownKey: "registry/unknown-key",
  /** A signature that names a trusted key is not that key's. */
  badSignature: "registry/bad-signature",
  /** Fewer trusted keys have signed than must. */
  tooFewSignatures: "registry/too-few-signatures",
  /** Content is not what its digest or its size says. */
  digestMismatch: "registry/digest-mismatch",
  /** The bundle is older than what may be installed. */
  belowSecurityFloor: "registry/below-security-floor",
  /** The bytes are no golden file. */
  invalidGolden: "registry/invalid-golden",
  /** A bundle directory holds what its manifest does not list, lacks what it lists, or holds links. */
  unlistedFile: "registry/unlisted-file",
  missingFile: "registry/missing-file",
  notAFile: "registry/not-a-file",

  /** A blob or bundle that is not in the store was asked for. */
  notFound: "registry/not-found",
  /** A range outside a blob was asked for. */
  badRange: "registry/bad-range",
  /** The store's directory cannot be read or written. */
  unreadable: "registry/unreadable",
  unwritable: "registry/unwritable",
  diskFull: "registry/disk-full",
  /** Where a bundle directory is to be written there is something already. */
  exists: "registry/exists",
  /** A key file is no Ed25519 key, or others may read it. */
  invalidKey: "registry/invalid-key",
  exposedKey: "registry/exposed-key",
} as const;

/** One of {@link registryCodes}. */
export type RegistryCode = (typeof registryCodes)[keyof typeof registryCodes];
