import { parseDeviceId } from "@kedge/core";
import type { WindowKey } from "@kedge/profile";
import { unencodable } from "./codec.js";
import type { Fields } from "./fields.js";
import type { Shape } from "./scan.js";

/** Fields 1 to 4 of every message that goes through an outbox. */
export const keyShape: Shape = { 1: { most: 1 }, 2: { most: 1 }, 3: { most: 1 }, 4: { most: 1 } };

interface RawKey {
  deviceId?: string | null;
  bootEpoch?: number | null;
  seq?: number | null;
}

/** A key in its wire form; throws `wire/unencodable` for what is none. */
export function keyToRaw(key: WindowKey): { deviceId: string; bootEpoch: number; seq: number } {
  if (parseDeviceId(key.deviceId) === undefined) throw unencodable(`a message of device "${key.deviceId}"`);
  if (!isOrdinal(key.bootEpoch) || !isOrdinal(key.seq)) throw unencodable(`a message of epoch ${key.bootEpoch} and number ${key.seq}`);
  return { deviceId: key.deviceId, bootEpoch: key.bootEpoch, seq: key.seq };
}

function isOrdinal(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 0xffff_ffff;
}

/** A key from its wire form; epoch and number count from 1. */
export function keyFromRaw(raw: RawKey, fields: Fields): WindowKey {
  return {
    deviceId: fields.deviceId(raw.deviceId),
    bootEpoch: fields.whole(raw.bootEpoch, "boot_epoch", { least: 1 }),
    seq: fields.whole(raw.seq, "seq", { least: 1 }),
  };
}
