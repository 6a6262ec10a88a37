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

/** A device's profile over a stretch of time, under one bundle. */
export interface Window {
  readonly key: WindowKey;
  readonly startMs: number;
  readonly endMs: number;
  readonly bundleDigest: Sha256;
  readonly profile: Profile;
  /** Why it was closed. */
  readonly trigger: "interval" | "detector" | "shutdown";
}
