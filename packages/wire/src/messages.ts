import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import type { Window, WindowKey } from "@kedge/profile";
import type { SampleInput, SamplingPolicy } from "@kedge/sample";

/** A window with what the wire adds: for devices without a clock, how long after the boot epoch's begin it ended (ms). */
export interface WireWindow extends Window {
  readonly uptimeMs?: number;
}

/** Everything up to and including `seq` of this boot epoch is stored, or known to be lost. Other epochs are not touched. */
export interface Ack {
  readonly bootEpoch: number;
  readonly seq: number;
  /** The collector's wall clock when it answered, for devices that have no clock of their own. */
  readonly collectorMs?: number;
}

/** Records of one boot epoch that an outbox holds without a hole: `oldestSeq` ≤ seq < `nextSeq`; both equal: none. */
export interface HeldRange {
  readonly bootEpoch: number;
  readonly oldestSeq: number;
  readonly nextSeq: number;
}

/**
 * A device is here. Sent on every connection, and again whenever the outbox has lost records. What it says is how a
 * collector knows that it need not wait for a number: what lies before `nextSeq`, in no range here, and was not
 * stored, is lost.
 */
export interface Birth {
  readonly deviceId: DeviceId;
  readonly bootEpoch: number;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly bundleDigest: Sha256 | null;
  readonly platform: string;
  /** The last range of this epoch. */
  readonly oldestSeq: number;
  readonly nextSeq: number;
  /**
   * The ranges before it, of earlier epochs and of this one, ascending; the oldest {@link wireLimits.backlog} of them.
   * When the list is full, nothing is said of what lies between its end and `oldestSeq`.
   */
  readonly backlog?: readonly HeldRange[];
  /** The device's wall clock, and milliseconds since this epoch began, both when this was sent. */
  readonly atMs?: number;
  readonly uptimeMs?: number;
}

/** A device is gone: sent by the broker as its will, or by the agent itself when it stops (`graceful`). */
export interface Death {
  readonly bootEpoch: number;
  readonly graceful?: boolean;
}

/** Where a device's update is. REJECTED is for good, FAILED may be tried again. */
export type UpdateState =
  | "IDLE"
  | "PENDING"
  | "DOWNLOADING"
  | "VERIFYING"
  | "SELF_TESTING"
  | "ACTIVATING"
  | "PROBATION"
  | "COMMITTED"
  | "REJECTED"
  | "FAILED"
  | "ROLLED_BACK";

/** Every update state, in the order of their numbers on the wire (from 1). Append only. */
export const updateStates: readonly UpdateState[] = [
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
];

/** How full the outbox is. `records` and `bytes` are not acknowledged yet; `dropped` records are lost. */
export interface OutboxReport {
  readonly records: number;
  readonly bytes: number;
  readonly dropped: number;
}

/** What a device has done since this boot epoch began. */
export interface DeviceCounters {
  readonly windows: number;
  readonly predictions: number;
  readonly errors: number;
  readonly samples: number;
}

/** Bytes that a device may put on its link, and what keeping to them has cost since the boot epoch began. */
export interface LinkBudget {
  readonly bytesPerDay: number;
  /** In the last 24 hours, at most. */
  readonly spentBytes: number;
  /** Windows merged into later ones; details and samples left out. */
  readonly mergedWindows: number;
  readonly droppedDetails: number;
  readonly droppedSamples: number;
}

/** What a device runs and how its update goes. `reason` is `room/code: words`, or empty. */
export interface ReportedState {
  readonly deviceId: DeviceId;
  readonly bootEpoch: number;
  readonly atMs: number;
  readonly runningDigest: Sha256 | null;
  readonly previousDigest: Sha256 | null;
  readonly desiredVersion: number;
  readonly update: UpdateState;
  readonly targetDigest: Sha256 | null;
  readonly reason: string;
  readonly outbox: OutboxReport;
  readonly counters: DeviceCounters;
  /** It says something at least this often while it is connected; absent: within a minute or so. */
  readonly quietMs?: number;
  /** Absent: it has none. */
  readonly budget?: LinkBudget;
}

/** One step of a device's update, kept in its outbox; the key makes it count once. */
export interface UpdateEvent {
  readonly key: WindowKey;
  readonly atMs: number;
  readonly rolloutId: string | null;
  readonly desiredVersion: number;
  readonly from: UpdateState;
  readonly to: UpdateState;
  readonly targetDigest: Sha256 | null;
  readonly reason: string;
}

/** What a device is to run. `version` only grows, also when an older bundle is wanted back. */
export interface DesiredState {
  readonly deviceId: DeviceId;
  readonly version: number;
  readonly rolloutId: string | null;
  readonly bundleDigest: Sha256;
  /** SHA-256 of the signed manifest (the envelope's bytes): the first thing to ask for. */
  readonly manifestDigest: Sha256;
  readonly issuedAtMs: number;
  /** Not to be begun after this; `null`: no limit. */
  readonly deadlineMs: number | null;
  /** What may be sampled; `null`: as the device's own configuration says. */
  readonly sampling: SamplingPolicy | null;
  /** How long a window is; `null`: as the device's own configuration says. */
  readonly windowMs: number | null;
}

/** A desired state under the director's key. `payload` is an encoded {@link DesiredState}; verify before decoding it. */
export interface SignedDesiredState {
  readonly payload: Uint8Array;
  readonly keyId: string;
  /** Ed25519 over {@link desiredSigningBytes} of the payload. */
  readonly signature: Uint8Array;
}

/** Asks for chunks `index` … `index + count − 1` of a blob. */
export interface ChunkRequest {
  readonly digest: Sha256;
  readonly index: number;
  readonly count: number;
}

/** One chunk of a blob of `total` bytes: {@link wireLimits.chunkBytes} of it, the last one what is left. */
export interface Chunk {
  readonly digest: Sha256;
  readonly index: number;
  readonly total: number;
  readonly bytes: Uint8Array;
}

/** A raw reading that a device was allowed to send, with what the model said about it. */
export interface Sample {
  readonly key: WindowKey;
  readonly atMs: number;
  readonly bundleDigest: Sha256;
  readonly inputs: readonly SampleInput[];
  readonly predictedLabel: string;
  readonly score: number;
  /** Why it was taken, see `SampleReason`. */
  readonly reason: string;
  /** SHA-256 of `contentBytes(inputs)` of @kedge/sample. */
  readonly contentSha256: Sha256;
}

/** A new device asks for a certificate. `csr` is a PKCS#10 request in DER; the device's name is the collector's choice. */
export interface EnrollRequest {
  readonly token: string;
  readonly csr: Uint8Array;
  readonly requestedId: DeviceId | null;
  readonly labels: Labels;
  readonly agentVersion: string;
  readonly platform: string;
}

/** A public key by its name; `publicKey` is SubjectPublicKeyInfo in DER. */
export interface NamedKey {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
}

/** The answer: an identity and whom to trust, or why not. Certificates in DER. */
export type EnrollResponse =
  | {
      readonly kind: "granted";
      readonly deviceId: DeviceId;
      readonly certificate: Uint8Array;
      readonly authorities: readonly Uint8Array[];
      /** Who signs desired states. */
      readonly directorKeys: readonly NamedKey[];
      /** Who signs bundles. */
      readonly targetsKeys: readonly NamedKey[];
      readonly notAfterMs: number;
    }
  | { readonly kind: "refused"; readonly code: string; readonly message: string; readonly retryAfterMs: number | null };
