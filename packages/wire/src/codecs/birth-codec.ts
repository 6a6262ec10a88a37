import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import type { Birth, Death, HeldRange } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";
import { cleanText, type Fields } from "./fields.js";
import { digestBytes } from "./hex.js";

const birthCodec: Codec<kedge.v1.Birth.$Properties, Birth> = {
  name: "birth",
  maxBytes: wireLimits.smallBytes,
  shape: { 1: { most: 1 }, 4: { most: wireLimits.labels, of: {} }, 10: { most: wireLimits.backlog, of: {} } },
  type: kedge.v1.Birth,
  toRaw: (birth) => ({
    format: formatVersion,
    deviceId: birth.deviceId,
    bootEpoch: birth.bootEpoch,
    labels: { ...birth.labels },
    agentVersion: cleanText(birth.agentVersion, wireLimits.name),
    bundleDigest: digestBytes(birth.bundleDigest),
    platform: cleanText(birth.platform, wireLimits.name),
    oldestSeq: birth.oldestSeq,
    nextSeq: birth.nextSeq,
    // The oldest ones stay: they are what is sent next, and the collector forgets nothing that is not listed after them.
    backlog: (birth.backlog ?? []).slice(0, wireLimits.backlog).map((range) => ({ ...range })),
    atMs: birth.atMs ?? null,
    uptimeMs: birth.uptimeMs ?? null,
  }),
  fromRaw: (raw, fields) => {
    const birth = {
      deviceId: fields.deviceId(raw.deviceId),
      ...rangeFromRaw(raw, fields),
      labels: fields.labels(raw.labels),
      agentVersion: fields.text(raw.agentVersion, "agent_version"),
      bundleDigest: fields.digestOrNull(raw.bundleDigest, "bundle_digest"),
      platform: fields.text(raw.platform, "platform"),
    };
    return {
      ...birth,
      ...backlogFromRaw(raw, birth, fields),
      ...(typeof raw.atMs === "number" ? { atMs: fields.time(raw.atMs, "at_ms") } : {}),
      ...(typeof raw.uptimeMs === "number" ? { uptimeMs: fields.amount(raw.uptimeMs, "uptime_ms") } : {}),
    };
  },
};

type RawRange = kedge.v1.HeldRange.$Properties;

function rangeFromRaw(raw: RawRange, fields: Fields): HeldRange {
  const bootEpoch = fields.whole(raw.bootEpoch, "boot_epoch", { least: 1 });
  const oldestSeq = fields.whole(raw.oldestSeq, "oldest_seq", { least: 1 });
  const nextSeq = fields.whole(raw.nextSeq, "next_seq", { least: 1 });
  fields.check(oldestSeq <= nextSeq, "next_seq lies before oldest_seq");
  return { bootEpoch, oldestSeq, nextSeq };
}

function backlogFromRaw(raw: kedge.v1.Birth.$Properties, own: HeldRange, fields: Fields): { backlog?: readonly HeldRange[] } {
  if (raw.backlog === undefined || raw.backlog === null || raw.backlog.length === 0) return {};
  const backlog = raw.backlog.map((range) => rangeFromRaw(range, fields));
  const isBefore = (a: HeldRange, b: HeldRange) => a.bootEpoch < b.bootEpoch || (a.bootEpoch === b.bootEpoch && a.nextSeq <= b.oldestSeq);
  const ascends = backlog.every((range, i) => isBefore(range, backlog[i + 1] ?? own));
  fields.check(ascends, "backlog does not ascend to the range of this boot epoch");
  return { backlog };
}

/** A birth as a device sends it. */
export function encodeBirth(birth: Birth): Uint8Array {
  return encodeAs(birthCodec, birth);
}

/** The birth in bytes from outside. */
export function decodeBirth(bytes: Uint8Array): Decoded<Birth> | Rejected {
  return decodeAs(birthCodec, bytes);
}

const deathCodec: Codec<kedge.v1.Death.$Properties, Death> = {
  name: "death",
  maxBytes: wireLimits.smallBytes,
  shape: { 1: { most: 1 } },
  type: kedge.v1.Death,
  toRaw: (death) => ({ format: formatVersion, bootEpoch: death.bootEpoch, graceful: death.graceful ?? false }),
  fromRaw: (raw, fields) => {
    const bootEpoch = fields.whole(raw.bootEpoch, "boot_epoch", { least: 1 });
    return raw.graceful === true ? { bootEpoch, graceful: true } : { bootEpoch };
  },
};

/** A death, also as the will that the broker sends. */
export function encodeDeath(death: Death): Uint8Array {
  return encodeAs(deathCodec, death);
}

/** The death in bytes from outside. */
export function decodeDeath(bytes: Uint8Array): Decoded<Death> | Rejected {
  return decodeAs(deathCodec, bytes);
}
