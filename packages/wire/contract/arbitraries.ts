import { seededRandom } from "@kedge/core";
import type { WindowDetail, WindowKey } from "@kedge/profile";
import type { SampleInput } from "@kedge/sample";
import { addToKll, emptyKll, encodeKll } from "@kedge/stats";
import fc from "fast-check";
import type * as wire from "../src/index.js";
import { shortProfile } from "./profile-arbitraries.js";
import { bytes, deviceId, double, float, ordinal, orNull, printable, record, sha256, time, u32 } from "./value-arbitraries.js";

export { profile, referenceProfile } from "./profile-arbitraries.js";

/** Any value that a message can hold, for every message. */
export const key: fc.Arbitrary<WindowKey> = record({ deviceId, bootEpoch: ordinal, seq: ordinal });
const labels = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,10}$/), fc.stringMatching(/^[A-Za-z0-9_.-]{0,10}$/), { maxKeys: 8, noNullPrototype: true });

const sketch = record({
  feature: printable(20).map((s) => `f${s}`),
  values: fc.array(float, { maxLength: 60 }),
  seed: u32,
}).map(({ feature, values, seed }) => {
  const kll = emptyKll(8);
  const random = seededRandom(seed);
  for (const value of values) addToKll(kll, value, random);
  return { feature, kll: encodeKll(kll, "float32") };
});

const detail: fc.Arbitrary<WindowDetail> = record({
  alarms: fc.array(
    record({
      stream: printable(20).map((s) => `s${s}`),
      change: fc.constantFrom("level" as const, "spread" as const),
      beforeMean: double.map((d) => d + 0),
      afterMean: double.map((d) => d + 0),
      beforeRows: u32,
      afterRows: u32,
    }),
    { maxLength: 8 },
  ),
  sketches: fc.array(sketch, { maxLength: 4 }),
});

export const window: fc.Arbitrary<wire.WireWindow> = record(
  {
    key,
    at: fc.tuple(time, time),
    bundleDigest: sha256,
    profile: shortProfile,
    trigger: fc.constantFrom("interval" as const, "detector" as const, "shutdown" as const),
    uptimeMs: fc.double({ min: 0, max: 1e12, noNaN: true }).map((t) => t + 0),
    detail,
  },
  { requiredKeys: ["key", "at", "bundleDigest", "profile", "trigger"] },
).map(({ at: [a, b], ...rest }) => ({ ...rest, startMs: Math.min(a, b), endMs: Math.max(a, b) }));

const elementBytes = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1 } as const;

const sampleInput: fc.Arbitrary<SampleInput> = record({
  name: printable(20).map((s) => `n${s}`),
  type: fc.constantFrom("float32" as const, "uint8" as const, "int32" as const, "int64" as const, "bool" as const, "string" as const, "column" as const),
  dims: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  seed: bytes(512, 512),
}).map(({ seed, ...rest }) => {
  const size = rest.type === "string" || rest.type === "column" ? undefined : elementBytes[rest.type];
  return { ...rest, bytes: seed.slice(0, size === undefined ? 7 : rest.dims.reduce((n, d) => n * d, size)) };
});

export const sample: fc.Arbitrary<wire.Sample> = record({
  key,
  atMs: time,
  bundleDigest: sha256,
  inputs: fc.array(sampleInput, { maxLength: 4 }),
  predictedLabel: printable(30),
  score: double,
  reason: printable(60),
  contentSha256: sha256,
});

export const ack: fc.Arbitrary<wire.Ack> = record({ bootEpoch: ordinal, seq: u32, collectorMs: time }, { requiredKeys: ["bootEpoch", "seq"] });

const seqs = fc.tuple(ordinal, ordinal).map(([a, b]) => ({ oldestSeq: Math.min(a, b), nextSeq: Math.max(a, b) }));

export const birth: fc.Arbitrary<wire.Birth> = record({
  plain: record({ deviceId, labels, agentVersion: printable(20), bundleDigest: orNull(sha256), platform: printable(20) }),
  epochs: fc.uniqueArray(ordinal, { minLength: 1, maxLength: 6 }).map((a) => a.sort((x, y) => x - y)),
  ranges: fc.array(seqs, { minLength: 6, maxLength: 6 }),
  clock: record({ atMs: time, uptimeMs: fc.double({ min: 0, max: 1e12, noNaN: true }).map((t) => t + 0) }, { requiredKeys: [] }),
}).map(({ plain, epochs, ranges, clock }) => {
  const held = epochs.map((bootEpoch, i) => ({ bootEpoch, ...(ranges[i] ?? { oldestSeq: 1, nextSeq: 1 }) }));
  const own = held.at(-1) ?? { bootEpoch: 1, oldestSeq: 1, nextSeq: 1 };
  const backlog = held.slice(0, -1);
  return { ...plain, ...own, ...clock, ...(backlog.length === 0 ? {} : { backlog }) };
});

export const death: fc.Arbitrary<wire.Death> = record({ bootEpoch: ordinal, graceful: fc.constant(true) }, { requiredKeys: ["bootEpoch"] });

const updateState = fc.constantFrom<wire.UpdateState>(
  "IDLE",
  "PENDING",
  "DOWNLOADING",
  "VERIFYING",
  "SELF_TESTING",
  "ACTIVATING",
  "PROBATION",
  "COMMITTED",
  "REJECTED",
  "FAILED",
  "ROLLED_BACK",
);
const amount = fc.double({ min: 0, max: 2 ** 53, noNaN: true }).map((n) => Math.floor(n) + 0);

export const reportedState: fc.Arbitrary<wire.ReportedState> = record(
  {
    deviceId,
    bootEpoch: ordinal,
    atMs: time,
    runningDigest: orNull(sha256),
    previousDigest: orNull(sha256),
    desiredVersion: u32,
    update: updateState,
    targetDigest: orNull(sha256),
    reason: printable(80),
    outbox: record({ records: u32, bytes: amount, dropped: u32 }),
    counters: record({ windows: u32, predictions: amount, errors: u32, samples: u32 }),
    quietMs: fc.integer({ min: 1, max: 604_800_000 }),
    budget: record({ bytesPerDay: amount, spentBytes: amount, mergedWindows: u32, droppedDetails: u32, droppedSamples: u32 }),
  },
  {
    requiredKeys: [
      "deviceId",
      "bootEpoch",
      "atMs",
      "runningDigest",
      "previousDigest",
      "desiredVersion",
      "update",
      "targetDigest",
      "reason",
      "outbox",
      "counters",
    ],
  },
);

export const updateEvent: fc.Arbitrary<wire.UpdateEvent> = record({
  key,
  atMs: time,
  rolloutId: orNull(printable(20).map((s) => `r${s}`)),
  desiredVersion: u32,
  from: updateState,
  to: updateState,
  targetDigest: orNull(sha256),
  reason: printable(80),
});

const share = fc.double({ min: 0, max: 1, noNaN: true }).map((s) => s + 0);

export const desiredState: fc.Arbitrary<wire.DesiredState> = record({
  deviceId,
  version: ordinal,
  rolloutId: orNull(printable(20).map((s) => `r${s}`)),
  bundleDigest: sha256,
  manifestDigest: sha256,
  issuedAtMs: time,
  deadlineMs: orNull(time),
  sampling: orNull(
    record({
      maxPerHour: fc.nat({ max: 100_000 }),
      burst: fc.integer({ min: 1, max: 10_000 }),
      maxBytesPerDay: fc.nat({ max: 2 ** 31 - 1 }),
      maxBytesPerSample: fc.nat({ max: 4 * 1024 * 1024 }),
      lowConfidenceBelow: share,
      ordinaryShare: share,
      balanceClasses: fc.boolean(),
      inputs: fc.oneof(
        fc.constant("all" as const),
        fc.array(
          printable(10).map((s) => `i${s}`),
          { maxLength: 3 },
        ),
      ),
    }),
  ),
  windowMs: orNull(fc.integer({ min: 100, max: 86_400_000 })),
});

export const signedDesiredState: fc.Arbitrary<wire.SignedDesiredState> = record({
  payload: bytes(1, 200),
  keyId: printable(20).map((s) => `k${s}`),
  signature: bytes(64, 64),
});

export const chunkRequest: fc.Arbitrary<wire.ChunkRequest> = record({ digest: sha256, index: fc.nat({ max: 65_535 }), count: fc.integer({ min: 1, max: 64 }) });

export const chunk: fc.Arbitrary<wire.Chunk> = record({ digest: sha256, whole: fc.nat({ max: 65_534 }), tail: bytes(0, 300) }).map(
  ({ digest, whole, tail }) => ({ digest, index: tail.length === 0 ? 0 : whole, total: tail.length === 0 ? 0 : whole * 65_536 + tail.length, bytes: tail }),
);

export const enrollRequest: fc.Arbitrary<wire.EnrollRequest> = record({
  token: printable(100),
  csr: bytes(1, 300),
  requestedId: orNull(deviceId),
  labels,
  agentVersion: printable(20),
  platform: printable(20),
});

const namedKey = record({ keyId: printable(20).map((s) => `k${s}`), publicKey: bytes(1, 100) });

export const enrollResponse: fc.Arbitrary<wire.EnrollResponse> = fc.oneof(
  record({
    kind: fc.constant("granted" as const),
    deviceId,
    certificate: bytes(1, 400),
    authorities: fc.array(bytes(1, 400), { maxLength: 3 }),
    directorKeys: fc.array(namedKey, { maxLength: 3 }),
    targetsKeys: fc.array(namedKey, { maxLength: 3 }),
    notAfterMs: time,
  }),
  record({ kind: fc.constant("refused" as const), code: printable(20), message: printable(80), retryAfterMs: orNull(amount) }),
);
