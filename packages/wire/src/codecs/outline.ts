import { readVarint, skipField } from "./scan.js";

/** One field of a message as it lies in its bytes. */
export interface OutlinePart {
  /** Where its tag begins. */
  readonly at: number;
  readonly field: number;
  /** 0: whole number, 1 and 5: fixed 8 and 4 bytes, 2: text, bytes or a message in it. */
  readonly wireType: number;
  /** Of its value. */
  readonly bytes: number;
  /** A whole number, or text where its bytes are one; null for what cannot be shown. */
  readonly value: number | string | null;
}

/** The fields of a message, by their numbers, as far as its bytes can be followed. */
export interface Outline {
  readonly parts: readonly OutlinePart[];
  /** Where it cannot be followed any further; null when it ends where its bytes do. */
  readonly brokenAt: number | null;
  /** Whether its bytes end there in the middle of a field; what else stands there is no field. */
  readonly isCut: boolean;
}

const shownParts = 200;
const shownText = 64;

/** What can be seen of any message's bytes without knowing what they should be: for people who look at one that was refused. */
export function outlineOf(bytes: Uint8Array): Outline {
  const parts: OutlinePart[] = [];
  const cursor = { bytes, at: 0, end: bytes.length };
  while (cursor.at < cursor.end) {
    const { at } = cursor;
    const tag = readVarint(cursor);
    const field = Math.floor(tag / 8);
    if (tag < 0 || field === 0) return { parts, brokenAt: at, isCut: cursor.at >= cursor.end && field !== 0 };
    const start = cursor.at;
    const fault = skipField(cursor, tag % 8);
    if (fault !== undefined) return { parts, brokenAt: at, isCut: fault.code === "wire/truncated" };
    if (parts.length < shownParts) parts.push({ at, field, wireType: tag % 8, ...shownValue(bytes.subarray(start, cursor.at), tag % 8) });
  }
  return { parts, brokenAt: null, isCut: false };
}

function shownValue(bytes: Uint8Array, wireType: number): Pick<OutlinePart, "bytes" | "value"> {
  const cursor = { bytes, at: 0, end: bytes.length };
  if (wireType === 0) return { bytes: bytes.length, value: readVarint(cursor) };
  if (wireType !== 2) return { bytes: bytes.length, value: null };
  const length = readVarint(cursor);
  const content = bytes.subarray(cursor.at);
  const isText = length <= shownText && content.every((b) => b >= 0x20 && b < 0x7f);
  return { bytes: length, value: isText ? String.fromCharCode(...content) : null };
}
