import { kedge } from "#gen";
import type { Decoded, Rejected } from "../decoded.js";
import type { Ack } from "../messages.js";
import { wireLimits } from "../wire-limits.js";
import { type Codec, decodeAs, encodeAs, formatVersion } from "./codec.js";

const codec: Codec<kedge.v1.Ack.$Properties, Ack> = {
  name: "ack",
  maxBytes: wireLimits.smallBytes,
  shape: { 1: { most: 1 } },
  type: kedge.v1.Ack,
  toRaw: (ack) => ({ format: formatVersion, bootEpoch: ack.bootEpoch, seq: ack.seq, collectorMs: ack.collectorMs ?? null }),
  fromRaw: (raw, fields) => {
    const ack = { bootEpoch: fields.whole(raw.bootEpoch, "boot_epoch", { least: 1 }), seq: fields.whole(raw.seq, "seq") };
    return typeof raw.collectorMs === "number" ? { ...ack, collectorMs: fields.time(raw.collectorMs, "collector_ms") } : ack;
  },
};

/** An acknowledgement as the collector sends it. */
export function encodeAck(ack: Ack): Uint8Array {
  return encodeAs(codec, ack);
}

/** The acknowledgement in bytes from outside. */
export function decodeAck(bytes: Uint8Array): Decoded<Ack> | Rejected {
  return decodeAs(codec, bytes);
}
