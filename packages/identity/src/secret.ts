import { InvariantError, type Sha256, type Sha256Of } from "@kedge/core";

/** Unpredictable bytes (a CSPRNG); supplied by an adapter. */
export type SecretBytes = (length: number) => Uint8Array;

/** 160 bits: 32 digits of base 32, without padding; above the 128 that guessing needs to be hopeless. */
const secretBytes = 20;
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const secretPattern = /^[0-9a-hjkmnp-tv-z]{32}$/;

/** A new secret as 32 characters of Crockford's base 32, lower case: can be read aloud, and selected with a double click. */
export function newSecret(random: SecretBytes): string {
  const bytes = random(secretBytes);
  if (bytes.length !== secretBytes) throw new InvariantError(`asked for ${secretBytes} secret bytes, got ${bytes.length}`);
  let out = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += alphabet.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return out;
}

export function isSecret(text: string): boolean {
  return secretPattern.test(text);
}

/**
 * What is stored instead of a secret. A plain hash is enough: there is nothing to guess in 160 random bits, so a slow
 * password hash would only slow the broker down.
 */
export function hashSecret(secret: string, sha256: Sha256Of): Sha256 {
  const bytes = new Uint8Array(secret.length);
  for (let i = 0; i < secret.length; i += 1) bytes[i] = secret.charCodeAt(i) & 0x7f;
  return sha256(bytes);
}

/** Whether two digests are equal, in a time that does not tell where they differ. */
export function sameDigest(a: Sha256, b: Sha256): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ (b.charCodeAt(i) | 0);
  return difference === 0;
}
