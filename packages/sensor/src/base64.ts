const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const digits = new Map(Array.from(alphabet, (c, i) => [c.charCodeAt(0), i]));

/** How many bytes a padded base64 text holds; `undefined` when its length is impossible. */
export function base64Bytes(text: string): number | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/** The bytes of padded base64 (RFC 4648 §4), or `undefined` when `text` is not that. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const length = base64Bytes(text);
  if (length === undefined) return undefined;
  const out = new Uint8Array(length);
  let o = 0;
  for (let i = 0; i < text.length; i += 4) {
    let group = 0;
    for (let k = 0; k < 4; k += 1) {
      const padded = i + k >= text.length - 2 && text[i + k] === "=" && (k === 3 || text[i + 3] === "=");
      const digit = padded ? 0 : digits.get(text.charCodeAt(i + k));
      if (digit === undefined) return undefined;
      group = group * 64 + digit;
    }
    for (let shift = 16; shift >= 0 && o < length; shift -= 8) {
      out[o] = (group >> shift) & 255;
      o += 1;
    }
  }
  return out;
}
