/** The UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (code < 0x80) bytes[length++] = code;
    else if (code < 0x800) {
      bytes[length++] = 0xc0 | (code >> 6);
      bytes[length++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      bytes[length++] = 0xe0 | (code >> 12);
      bytes[length++] = 0x80 | ((code >> 6) & 63);
      bytes[length++] = 0x80 | (code & 63);
    } else {
      bytes[length++] = 0xf0 | (code >> 18);
      bytes[length++] = 0x80 | ((code >> 12) & 63);
      bytes[length++] = 0x80 | ((code >> 6) & 63);
      bytes[length++] = 0x80 | (code & 63);
    }
  }
  return bytes.subarray(0, length);
}

/**
 * What DataSketches hashes for an item: a text's UTF-8, a number's double (−0 as 0, every NaN as one), a bigint's 64 bits. A number and
 * the bigint of the same value are two different items.
 */
export function itemBytes(item: string | number | bigint): Uint8Array {
  if (typeof item === "string") return utf8(item);
  const view = new DataView(new ArrayBuffer(8));
  if (typeof item === "bigint") view.setBigInt64(0, BigInt.asIntN(64, item), true);
  else view.setFloat64(0, Number.isNaN(item) ? Number.NaN : item + 0, true);
  return new Uint8Array(view.buffer);
}
