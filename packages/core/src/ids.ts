declare const brand: unique symbol;

/** A device's name: `[A-Za-z0-9_-]{1,64}`. `.` and `*` are rewritten by some brokers, so they could alias another device. */
export type DeviceId = string & { readonly [brand]: "DeviceId" };

/** 64 lower-case hex digits: the SHA-256 of some bytes. */
export type Sha256 = string & { readonly [brand]: "Sha256" };

/** Computes the SHA-256 of bytes as lower-case hex; supplied by an adapter, so that pure code can name content. */
export type Sha256Of = (bytes: Uint8Array) => Sha256;

const devicePattern = /^[A-Za-z0-9_-]{1,64}$/;
const sha256Pattern = /^[0-9a-f]{64}$/;

/** The device id in `text`, or `undefined` when it is none. */
export function parseDeviceId(text: unknown): DeviceId | undefined {
  return typeof text === "string" && devicePattern.test(text) ? (text as DeviceId) : undefined;
}

/** The digest in `text`, or `undefined` when it is not 64 lower-case hex digits. */
export function parseSha256(text: unknown): Sha256 | undefined {
  return typeof text === "string" && sha256Pattern.test(text) ? (text as Sha256) : undefined;
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A short id that sorts by creation time: 9 digits of `nowMs` and 8 random ones, base 32 (Crockford, lower case).
 * `random` gives numbers in [0, 1).
 */
export function newId(prefix: string, nowMs: number, random: () => number): string {
  let time = "";
  let rest = Math.max(0, Math.floor(nowMs));
  for (let i = 0; i < 9; i += 1) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let tail = "";
  for (let i = 0; i < 8; i += 1) tail += alphabet.charAt(Math.floor(random() * 32));
  return `${prefix}_${time}${tail}`;
}
