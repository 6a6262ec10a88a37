/** The UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. (A pure room has no TextEncoder.) */
export function utf8Bytes(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    if (point < 0x80) out.push(point);
    else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(out);
}

/** The text of UTF-8 bytes; what is no UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const more = lead < 0x80 ? 0 : lead >= 0xf8 ? -1 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
    const point = more < 0 ? undefined : pointAt(bytes, at, more);
    text += point === undefined ? "\ufffd" : String.fromCodePoint(point);
    at += point === undefined ? 1 : more + 1;
  }
  return text;
}

const smallest = [0, 0x80, 0x800, 0x10000] as const;

function pointAt(bytes: Uint8Array, at: number, more: number): number | undefined {
  let point = (bytes[at] ?? 0) & (more === 0 ? 0x7f : 0x3f >> more);
  for (let i = 1; i <= more; i += 1) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return undefined;
    point = (point << 6) | (next & 63);
  }
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  return point < (smallest[more] ?? 0) || point > 0x10ffff || isSurrogate ? undefined : point;
}
