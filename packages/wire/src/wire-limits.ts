/**
 * The largest that each thing may be, checked before anything is allocated for it. Message sizes fit AWS IoT's 128 KiB
 * and the default of most brokers, except samples (a camera frame) and reference profiles, which travel in bundles.
 */
export const wireLimits = {
  windowBytes: 128 * 1024,
  sampleBytes: 4 * 1024 * 1024,
  profileBytes: 1024 * 1024,
  referenceBytes: 16 * 1024 * 1024,
  /** Acks, births, reports, events, desired states, chunk requests. */
  smallBytes: 64 * 1024,
  enrollBytes: 64 * 1024,
  /** Bytes of a chunk's content; a chunk message is a little larger. */
  chunkBytes: 64 * 1024,
  chunkMessageBytes: 64 * 1024 + 256,
  /** Chunks asked for at once. */
  chunkCount: 64,
  /** Bytes of the largest blob that can be asked for. */
  blobBytes: 4 * 1024 ** 3 - 1,
  features: 1024,
  /** Bins or categories of one feature, and of all features together. */
  bins: 4096,
  binsInAll: 65_536,
  /** Side of an image's thumbnail, pixels. */
  thumbnail: 32,
  cohorts: 256,
  labels: 64,
  backlog: 64,
  sampleInputs: 64,
  dims: 8,
  /** Of a window's detail; a sketch is that of some hundred floats. */
  alarms: 8,
  sketches: 32,
  sketchBytes: 2_048,
  watchedStreams: 16,
  /** Longest that a device may announce to be quiet. */
  quietMs: 7 * 86_400_000,
  keys: 16,
  authorities: 8,
  /** Characters. */
  name: 128,
  text: 1024,
} as const;
