import type { DeviceId, Labels, Sha256 } from "@kedge/core";
import type { ReportedState, UpdateState } from "@kedge/wire";
import type { DeviceRecord } from "../collections.js";

/** A device that enrolled and has said nothing yet. */
export function deviceRecord(deviceId: string, labels: Labels = {}): DeviceRecord {
  return {
    deviceId: deviceId as DeviceId,
    labels,
    isRetired: false,
    isOnline: false,
    agentVersion: null,
    platform: null,
    enrolledAtMs: 1,
    lastSeenAtMs: null,
    certificate: { serial: `serial-${deviceId}`, notAfterMs: 2 },
    keySha256: "f".repeat(64) as Sha256,
    tokenId: "tok_1",
    bootEpoch: null,
    reported: null,
    desired: null,
  };
}

/** What a device says that it runs. */
export function report(deviceId: string, update: UpdateState, runningDigest: Sha256 | null, targetDigest: Sha256 | null = null): ReportedState {
  return {
    deviceId: deviceId as DeviceId,
    bootEpoch: 1,
    atMs: 1,
    runningDigest,
    previousDigest: null,
    desiredVersion: 1,
    update,
    targetDigest,
    reason: "",
    outbox: { records: 0, bytes: 0, dropped: 0 },
    counters: { windows: 0, predictions: 0, errors: 0, samples: 0 },
  };
}
