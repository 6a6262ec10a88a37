import { type DeviceId, parseDeviceId } from "@kedge/core";
import type { Window, WindowKey } from "@kedge/profile";
import { type Decoded, type Rejected, readHeading } from "@kedge/wire";
import type { IngestState } from "./ingest-state.js";
import { awaitsBirth, type PlacedWindow } from "./place-window.js";
import type { Refusal, RefusalCode } from "./refusal.js";

/** A message that is what it says and comes from whom it says. */
export interface Passed<T> {
  readonly kind: "passed";
  readonly value: T;
}

/** Turns a decoder's answer and the sender's identity into a verdict. `sender` is the device of the connection. */
export function screenMessage<T extends { readonly key: WindowKey }>(decoded: Decoded<T> | Rejected, bytes: Uint8Array, sender: DeviceId): Passed<T> | Refusal {
  if (decoded.kind === "rejected") {
    return refusal(refusalCodeOf(decoded.code), decoded.message, keyIn(bytes, sender));
  }
  const { deviceId } = decoded.value.key;
  // What another device's name stands on must not move that device's numbers.
  if (deviceId !== sender) return refusal("ingest/wrong-device", `a message of device ${deviceId} sent by ${sender}`, null);
  return { kind: "passed", value: decoded.value };
}

/** What a decoder's refusal is called here. */
export function refusalCodeOf(code: Rejected["code"]): RefusalCode {
  return rejectionCodes[code] ?? "ingest/undecodable";
}

const rejectionCodes: Readonly<Partial<Record<Rejected["code"], RefusalCode>>> = {
  "wire/oversize": "ingest/oversize",
  "wire/truncated": "ingest/truncated",
  "wire/unknown-format": "ingest/unknown-format",
};

/** The key in what cannot be read otherwise, if it is one of the sender's. */
export function keyIn(bytes: Uint8Array, sender: DeviceId): WindowKey | null {
  const { deviceId, bootEpoch, seq } = readHeading(bytes);
  return parseDeviceId(deviceId) === sender && bootEpoch >= 1 && seq >= 1 ? { deviceId: sender, bootEpoch, seq } : null;
}

/** What a collector knows that a window is held against. */
export interface WindowFacts {
  readonly nowMs: number;
  /** How far a window may end in the future: clocks differ. 5 minutes by default. */
  readonly maxFutureMs?: number;
  /** The hash of the profile spec of a bundle; `undefined` for a bundle that is not known. */
  specHashOf(bundleDigest: string): string | undefined;
}

/** What of a window is looked at. */
export interface ScreenedWindow extends Pick<Window, "key" | "endMs" | "bundleDigest"> {
  readonly profile: Pick<Window["profile"], "specHash">;
}

/** No device or collector of ours ran before 2020; what says so has no clock. */
export const firstPlausibleMs = 1_577_836_800_000;

/** Whether a window is refused for its time only, and a birth may still put it elsewhere: then it is no refusal yet. */
export function isEarly({ code }: Refusal, window: Pick<PlacedWindow, "key" | "uptimeMs">, state: IngestState): boolean {
  return (code === "ingest/past-timestamp" || code === "ingest/future-timestamp") && awaitsBirth(window, state);
}

/** Whether a window (placed already) can be compared with anything; `undefined` when it can. */
export function screenWindow(window: ScreenedWindow, facts: WindowFacts): Refusal | undefined {
  const { key, endMs, bundleDigest, profile } = window;
  const refused = (code: RefusalCode, rest: string): Refusal => refusal(code, `window ${key.bootEpoch}/${key.seq} of ${key.deviceId} ${rest}`, key);
  if (endMs > facts.nowMs + (facts.maxFutureMs ?? 300_000)) return refused("ingest/future-timestamp", `ends ${endMs - facts.nowMs} ms from now`);
  if (endMs < firstPlausibleMs)
    return refused("ingest/past-timestamp", `ends at ${endMs}: the device has no clock, and no birth of that start tells when it began`);
  const specHash = facts.specHashOf(bundleDigest);
  if (specHash === undefined) return refused("ingest/unknown-bundle", `is of bundle ${bundleDigest}, which is not registered`);
  if (specHash !== profile.specHash) return refused("ingest/unknown-spec", `has profile spec ${profile.specHash}, its bundle has ${specHash}`);
  return undefined;
}

function refusal(code: RefusalCode, message: string, key: WindowKey | null): Refusal {
  return { kind: "refused", code, message, key };
}
