const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex of bytes. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 1) text += digits[bytes[i] ?? 0] ?? "";
  return text;
}

/** The bytes of lower-case hex digits (an even number of them). */
export function bytesOfHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i += 1) out[i] = 16 * digitAt(text, 2 * i) + digitAt(text, 2 * i + 1);
  return out;
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

/** The bytes of a digest; none for `null`. */
export function digestBytes(digest: string | null): Uint8Array {
  return digest === null ? new Uint8Array(0) : bytesOfHex(digest);
}
