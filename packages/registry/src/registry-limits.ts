/** The largest that each thing may be, checked before anything is made of it. */
export const registryLimits = {
  /** A manifest as JSON; ten thousand class names and a few hundred standardised columns fit. */
  manifestBytes: 4 * 1024 ** 2,
  /** Its envelope: base64 adds a third. */
  envelopeBytes: 6 * 1024 ** 2,
  signatures: 16,
  files: 32,
  /** Bytes of one file: what a device can ask for in chunks. */
  fileBytes: 4 * 1024 ** 3 - 1,
  goldenBytes: 16 * 1024 ** 2,
  goldenCases: 256,
  metrics: 64,
  labels: 64,
  /** Steps from a bundle back to its ancestors. */
  lineageDepth: 1000,
} as const;
