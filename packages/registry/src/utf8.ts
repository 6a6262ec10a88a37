const leads = [0, 0xc0, 0xe0, 0xf0] as const;

/** The UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. (A pure room has no TextEncoder.) */
export function utf8Bytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let at = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    if (point < 0x80) out[at] = point;
    else {
      const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
      out[at] = (leads[more] ?? 0) | (point >> (6 * more));
      for (let i = more - 1; i >= 0; i -= 1) {
        at += 1;
        out[at] = 0x80 | ((point >> (6 * i)) & 63);
      }
    }
    at += 1;
  }
  return out.slice(0, at);
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

/** The text of UTF-8 bytes, or `undefined` when they are no UTF-8: signed text must have one spelling. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  const parts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const more = lead < 0x80 ? 0 : lead >= 0xf8 ? -1 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
    const point = more < 0 ? undefined : pointAt(bytes, at, more);
    if (point === undefined) return undefined;
    parts.push(String.fromCodePoint(point));
    at += more + 1;
  }
  return parts.join("");
}
