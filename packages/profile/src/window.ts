import type { DeviceId, Sha256 } from "@kedge/core";
import type { Profile } from "./profile.js";

/** Names one message of a device for ever: repeats and reordering change nothing. */
export interface WindowKey {
  readonly deviceId: DeviceId;
  /** Unsigned 32-bit, one more at each start of the agent. */
  readonly bootEpoch: number;
  /** Unsigned 32-bit, from 1 in each epoch, shared by all that goes through the outbox. */
  readonly seq: number;
}

/** A change that a device found by itself in one of its streams. Means are of the stream's own unit. */
export interface StreamAlarm {
  /** A feature of the spec, or `error`: the share of readings that gave no prediction. */
  readonly stream: string;
  readonly change: "level" | "spread";
  /** Before the change, and since; `beforeRows` 0: only the reference is known, and `beforeMean` is its. */
  readonly beforeMean: number;
  readonly afterMean: number;
  readonly beforeRows: number;
  readonly afterRows: number;
}

/** The last values of a feature before its window ended: a KLL sketch of floats in DataSketches' bytes. */
export interface FeatureSketch {
  readonly feature: string;
  readonly kll: Uint8Array;
}

/** What a device adds to a window that it sends early. */
export interface WindowDetail {
  readonly alarms: readonly StreamAlarm[];
  readonly sketches: readonly FeatureSketch[];
}

/** A device's profile over a stretch of time, under one bundle. */
export interface Window {
  readonly key: WindowKey;
  readonly startMs: number;
  readonly endMs: number;
  readonly bundleDigest: Sha256;
  readonly profile: Profile;
  /** Why it was closed. */
  readonly trigger: "interval" | "detector" | "shutdown";
  readonly detail?: WindowDetail;
}
