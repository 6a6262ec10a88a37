const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const digits = new Map(Array.from(alphabet, (c, i) => [c, i]));

/** Padded base64 of some bytes (RFC 4648 §4). (A pure room has no Buffer.) */
export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const third = b === undefined ? "=" : alphabet.charAt((group >> 6) & 63);
    const fourth = c === undefined ? "=" : alphabet.charAt(group & 63);
    parts.push(alphabet.charAt(group >> 18) + alphabet.charAt((group >> 12) & 63) + third + fourth);
  }
  return parts.join("");
}

/**
 * The bytes of padded base64, or `undefined` when `text` is not exactly what {@link encodeBase64} gives: a second
 * spelling of the same bytes would let an envelope have two digests.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let group = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length - padding; i += 1) {
    const digit = digits.get(text.charAt(i));
    if (digit === undefined) return undefined;
    group = ((group << 6) | digit) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at] = (group >> bits) & 255;
    at += 1;
  }
  return (group & ((1 << bits) - 1)) === 0 ? out : undefined;
}
