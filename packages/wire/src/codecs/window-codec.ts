import type { Window } from "@kedge/profile";
import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import type { WireWindow } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import { detailFromRaw, detailShape, detailToRaw } from "./detail-codec.js";
import { digestBytes } from "./hex.js";
import { keyFromRaw, keyShape, keyToRaw } from "./key.js";
import { profileFromRaw, profileShape, profileToRaw } from "./profile-codec.js";

/** Triggers in the order of their numbers on the wire (from 1). Append only. */
export const triggersOnWire: readonly Window["trigger"][] = ["interval", "detector", "shutdown"];

const codec: Codec<kedge.v1.Window.$Properties, WireWindow> = {
  name: "window",
  maxBytes: wireLimits.windowBytes,
  shape: { ...keyShape, 9: { most: 1, of: profileShape }, 11: { most: 1, of: detailShape } },
  type: kedge.v1.Window,
  toRaw: (window) => ({
    format: formatVersion,
    ...keyToRaw(window.key),
    startMs: window.startMs,
    endMs: window.endMs,
    bundleDigest: digestBytes(window.bundleDigest),
    trigger: triggersOnWire.indexOf(window.trigger) + 1,
    profile: profileToRaw(window.profile, "short"),
    uptimeMs: window.uptimeMs ?? null,
    detail: window.detail === undefined ? null : detailToRaw(window.detail),
  }),
  fromRaw: (raw, fields) => {
    const startMs = fields.time(raw.startMs, "start_ms");
    const endMs = fields.time(raw.endMs, "end_ms");
    fields.check(startMs <= endMs, "end_ms lies before start_ms");
    const trigger = triggersOnWire[(raw.trigger ?? 0) - 1];
    fields.check(trigger !== undefined, `trigger ${raw.trigger ?? 0} is unknown`);
    const window = {
      key: keyFromRaw(raw, fields),
      startMs,
      endMs,
      bundleDigest: fields.digest(raw.bundleDigest, "bundle_digest"),
      profile: profileFromRaw(raw.profile, fields),
      trigger: trigger ?? "interval",
    };
    const uptime = typeof raw.uptimeMs === "number" ? { uptimeMs: fields.amount(raw.uptimeMs, "uptime_ms") } : {};
    const detail = raw.detail === null || raw.detail === undefined ? {} : { detail: detailFromRaw(raw.detail, fields) };
    return { ...window, ...uptime, ...detail };
  },
};

/**
 * A window as it goes into the outbox and over the link. 32 numeric features of 32 bins take less than 2,000 bytes:
 * smallest and largest values are widened to the nearest float, sums of squares rounded to one.
 */
export function encodeWindow(window: WireWindow): Uint8Array {
  return encodeAs(codec, window);
}

/** The window in bytes from outside. */
export function decodeWindow(bytes: Uint8Array): Decoded<WireWindow> | Rejected {
  return decodeAs(codec, bytes);
}
