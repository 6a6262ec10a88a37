import { type Random, randomInt } from "@kedge/core";

/** No damaged message is longer than this: sizes beyond have tests of their own. */
const longest = 1 << 16;

const utf8 = new TextEncoder();

/** Texts that stand for numbers, names and structures that no sane writer sends. */
const oddTexts = [
  "NaN",
  "Infinity",
  "-0",
  "1e999",
  "-1e999",
  "9007199254740993",
  "1e-400",
  "0x10",
  "2",
  "null",
  "true",
  "[]",
  "{}",
  '""',
  '"__proto__":{},',
  '"constructor":1,',
  '"\\ud800"',
  '"\\u0000"',
  "\u2028",
  "[".repeat(2_000),
  '{"a":'.repeat(500),
] as const;

const varint = (value: number): number[] => {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
};

/** The protobuf fields at the top of a message, as stretches of its bytes; fewer where it is none. */
function fieldsOf(bytes: Uint8Array): Uint8Array[] {
  const read = (from: number): readonly [number, number] => {
    let value = 0;
    for (let i = 0; i < 8 && from + i < bytes.length; i += 1) {
      const byte = bytes[from + i] ?? 0;
      value += (byte & 127) * 128 ** i;
      if (byte < 128) return [value, from + i + 1];
    }
    return [0, bytes.length];
  };
  const fields: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [tag, body] = read(at);
    let end = bytes.length;
    if (tag % 8 === 0) end = read(body)[1];
    else if (tag % 8 === 1) end = body + 8;
    else if (tag % 8 === 5) end = body + 4;
    else if (tag % 8 === 2) {
      const [length, start] = read(body);
      end = start + length;
    }
    fields.push(bytes.subarray(at, Math.min(end, bytes.length)));
    at = Math.max(end, at + 1);
  }
  return fields;
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

function spliced(bytes: Uint8Array, at: number, drop: number, insert: ArrayLike<number> = []): Uint8Array {
  return joined([bytes.subarray(0, at), Uint8Array.from(insert), bytes.subarray(Math.min(bytes.length, at + drop))]);
}

function replaced(bytes: Uint8Array, at: number, by: (was: number) => number): Uint8Array {
  const out = bytes.slice();
  if (at < out.length) out[at] = by(out[at] ?? 0);
  return out;
}

/** Numbers that are none or too large, as eight bytes of a double. */
const oddDoubles = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, Number.MAX_VALUE, Number.MIN_VALUE, -1].map(
  (value) => new Uint8Array(new Float64Array([value]).buffer),
);

/** Ways in which bytes come to harm, by name. */
export const damages: Readonly<Record<string, Damage>> = {
  "a flipped bit": (bytes, random) => replaced(bytes, randomInt(random, bytes.length), (was) => was ^ (1 << randomInt(random, 8))),
  "another byte": (bytes, random) => replaced(bytes, randomInt(random, bytes.length), () => randomInt(random, 256)),
  "cut short": (bytes, random) => bytes.slice(0, randomInt(random, bytes.length + 1)),
  "bytes behind": (bytes, random) =>
    spliced(
      bytes,
      bytes.length,
      0,
      Array.from({ length: 1 + randomInt(random, 40) }, () => randomInt(random, 256)),
    ),
  "bytes between": (bytes, random) =>
    spliced(
      bytes,
      randomInt(random, bytes.length + 1),
      0,
      Array.from({ length: 1 + randomInt(random, 12) }, () => randomInt(random, 256)),
    ),
  "bytes missing": (bytes, random) => spliced(bytes, randomInt(random, bytes.length), 1 + randomInt(random, 8)),
  "a length that lies": (bytes, random) => spliced(bytes, randomInt(random, bytes.length), 1, varint(2 ** randomInt(random, 53))),
  "a varint without end": (bytes, random) => spliced(bytes, randomInt(random, bytes.length + 1), 0, new Uint8Array(11).fill(255)),
  "a number that is none": (bytes, random) => spliced(bytes, randomInt(random, bytes.length + 1), 8, oddDoubles[randomInt(random, oddDoubles.length)]),
  "broken UTF-8": (bytes, random) =>
    spliced(bytes, randomInt(random, bytes.length), 1, [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5]][randomInt(random, 4)]),
  "a field twice": (bytes, random) => {
    const fields = fieldsOf(bytes);
    const again = fields[randomInt(random, fields.length)] ?? new Uint8Array(0);
    return joined([...fields, ...Array.from({ length: 1 + randomInt(random, 40) }, () => again)]);
  },
  "fields in another order": (bytes, random) => {
    const fields = fieldsOf(bytes);
    const from = randomInt(random, fields.length);
    return joined([...fields.slice(from), ...fields.slice(0, from)]);
  },
  "a field missing": (bytes, random) => {
    const fields = fieldsOf(bytes);
    fields.splice(randomInt(random, fields.length), 1);
    return joined(fields);
  },
  "a message in a message": (bytes, random) => {
    let inner: Uint8Array = bytes.subarray(0, 200);
    const field = 1 + randomInt(random, 15);
    for (let depth = randomInt(random, 60); depth > 0; depth -= 1) inner = joined([Uint8Array.from([field * 8 + 2, ...varint(inner.length)]), inner]);
    return joined([bytes.subarray(0, randomInt(random, bytes.length + 1)), inner]);
  },
  "an odd text": (bytes, random) => {
    const odd = utf8.encode(oddTexts[randomInt(random, oddTexts.length)]);
    return spliced(bytes, randomInt(random, bytes.length + 1), randomInt(random, 8), odd);
  },
  "a value that is another": (bytes, random) => {
    // In JSON: what stands between a colon and the next comma or brace.
    const colons = [...bytes.keys()].filter((i) => bytes[i] === 58);
    const at = (colons[randomInt(random, Math.max(1, colons.length))] ?? 0) + 1;
    let end = at;
    while (end < bytes.length && bytes[end] !== 44 && bytes[end] !== 125 && bytes[end] !== 93) end += 1;
    return spliced(bytes, at, end - at, utf8.encode(oddTexts[randomInt(random, oddTexts.length)]));
  },
  "a space more": (bytes, random) => {
    const marks = [...bytes.keys()].filter((i) => bytes[i] === 58 || bytes[i] === 44);
    return spliced(bytes, (marks[randomInt(random, Math.max(1, marks.length))] ?? 0) + 1, 0, [32]);
  },
  "another digit": (bytes, random) => {
    const digits = [...bytes.keys()].filter((i) => (bytes[i] ?? 0) >= 48 && (bytes[i] ?? 0) < 58);
    return replaced(bytes, digits[randomInt(random, Math.max(1, digits.length))] ?? 0, () => 48 + randomInt(random, 10));
  },
  noise: (_, random) => Uint8Array.from({ length: randomInt(random, 200) }, () => randomInt(random, 256)),
};

const kinds = Object.values(damages);

/** Bytes with one to three damages. */
export function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  let out = bytes;
  for (let times = 1 + (random() < 0.5 ? 0 : randomInt(random, 3)); times > 0; times -= 1) {
    const harm = kinds[randomInt(random, kinds.length)];
    if (harm !== undefined && out.length > 0) out = harm(out, random).subarray(0, longest);
  }
  return out;
}
