const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex of bytes. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += digits[byte] ?? "";
  return text;
}

/** The bytes of hex digits (an even number of them). */
export function bytesOfHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i += 1) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** The bytes of a digest; none for `null`. */
export function digestBytes(digest: string | null): Uint8Array {
  return digest === null ? new Uint8Array(0) : bytesOfHex(digest);
}
