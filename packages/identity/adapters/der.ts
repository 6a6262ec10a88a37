/** The little of ASN.1's distinguished encoding (X.690) that a certificate request takes. */

/** Tag, length and content. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, c) => sum + c.length, 0);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | lengthBytes(length).length, ...lengthBytes(length)];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const content of contents) {
    out.set(content, at);
    at += content.length;
  }
  return out;
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

export const sequence = (...members: readonly Uint8Array[]): Uint8Array => der(0x30, ...members);
export const setOf = (...members: readonly Uint8Array[]): Uint8Array => der(0x31, ...members);
export const utf8String = (text: string): Uint8Array => der(0x0c, new TextEncoder().encode(text));
/** A small non-negative integer (below 128). */
export const smallInteger = (value: number): Uint8Array => der(0x02, Uint8Array.of(value));
/** Bits in whole octets. */
export const bitString = (bytes: Uint8Array): Uint8Array => der(0x03, Uint8Array.of(0), bytes);
/** The implicit constructed tag [n] of a context. */
export const contextual = (n: number, ...contents: readonly Uint8Array[]): Uint8Array => der(0xa0 | n, ...contents);

/** An object identifier such as `1.2.840.10045.4.3.2`. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) digits.unshift((high & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return der(0x06, Uint8Array.from(bytes));
}
