/** What may stand in a message, by field number; fields that are not listed are skipped, as newer writers may add them. */
export interface Shape {
  readonly [field: number]: FieldShape;
}

/** The bounds of one field: how often it may come, and the message that lies in it. */
export interface FieldShape {
  readonly most: number;
  readonly of?: Shape;
}

/** What is wrong with the structure of bytes. */
export interface ScanFault {
  readonly code: "wire/truncated" | "wire/malformed" | "wire/too-many";
  readonly message: string;
}

/** Position in bytes that are walked; `end` is where the present message ends. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
}

/** A varint that does not fit: cut off, or longer than ten bytes. */
const broken = -1;

/**
 * Walks the structure of a protobuf message without allocating anything for it, so that the number of nested messages
 * is known to be in bounds before the decoder makes an object for each. `undefined` when all is well.
 * Groups (wire types 3 and 4) are refused: nothing of ours has them, and they nest without a length.
 */
export function scan(bytes: Uint8Array, shape: Shape): ScanFault | undefined {
  return walk({ bytes, at: 0, end: bytes.length }, shape);
}

function walk(cursor: Cursor, shape: Shape): ScanFault | undefined {
  const seen = new Map<number, number>();
  const { end } = cursor;
  while (cursor.at < end) {
    const tag = readVarint(cursor);
    if (tag === broken) return truncated(cursor);
    const field = Math.floor(tag / 8);
    if (field === 0) return { code: "wire/malformed", message: `field number 0 at byte ${cursor.at}` };
    const known = shape[field];
    if (known !== undefined) {
      const times = (seen.get(field) ?? 0) + 1;
      if (times > known.most) return { code: "wire/too-many", message: `field ${field} comes more than ${known.most} times` };
      seen.set(field, times);
    }
    const fault = walkField(cursor, tag % 8, known?.of);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function walkField(cursor: Cursor, wireType: number, nested: Shape | undefined): ScanFault | undefined {
  if (wireType === 0) return readVarint(cursor) === broken ? truncated(cursor) : undefined;
  if (wireType === 1) return skip(cursor, 8);
  if (wireType === 5) return skip(cursor, 4);
  if (wireType !== 2) return { code: "wire/malformed", message: `wire type ${wireType} at byte ${cursor.at}` };
  const length = readVarint(cursor);
  if (length === broken) return truncated(cursor);
  if (nested === undefined) return skip(cursor, length);
  const { end } = cursor;
  if (length > end - cursor.at) return truncated(cursor);
  cursor.end = cursor.at + length;
  const fault = walk(cursor, nested);
  cursor.end = end;
  return fault;
}

/** Steps over a field's value without looking into it. */
export function skipField(cursor: Cursor, wireType: number): ScanFault | undefined {
  return walkField(cursor, wireType, undefined);
}

function skip(cursor: Cursor, length: number): ScanFault | undefined {
  if (length > cursor.end - cursor.at) return truncated(cursor);
  cursor.at += length;
  return undefined;
}

function truncated(cursor: Cursor): ScanFault {
  return { code: "wire/truncated", message: `ends in the middle of a field at byte ${cursor.at} of ${cursor.bytes.length}` };
}

/** A varint as a number; beyond 2^53 it loses precision, which no length and no tag can have. */
export function readVarint(cursor: Cursor): number {
  const { bytes, end } = cursor;
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i += 1) {
    if (cursor.at >= end) return broken;
    const byte = bytes[cursor.at] ?? 0;
    cursor.at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
  return broken;
}

/** What every message that comes out of an outbox says in its fields 1 to 4, in every format version. */
export interface Heading {
  readonly format: number;
  readonly deviceId: string;
  readonly bootEpoch: number;
  readonly seq: number;
}

/**
 * The heading of any outbox message, also of one that is otherwise damaged or of a newer format; what is missing is 0
 * or empty. With it a collector can count, dead-letter and acknowledge what it cannot read.
 */
export function readHeading(bytes: Uint8Array): Heading {
  const cursor: Cursor = { bytes, at: 0, end: bytes.length };
  const heading = { format: 0, deviceId: "", bootEpoch: 0, seq: 0 };
  while (cursor.at < cursor.end) {
    const tag = readVarint(cursor);
    const start = cursor.at;
    if (tag === broken || walkField(cursor, tag % 8, undefined) !== undefined) break;
    if (tag === 8) heading.format = varintAt(bytes, start);
    else if (tag === 18) heading.deviceId = shortText(bytes, start);
    else if (tag === 24) heading.bootEpoch = varintAt(bytes, start);
    else if (tag === 32) heading.seq = varintAt(bytes, start);
  }
  return heading;
}

function varintAt(bytes: Uint8Array, at: number): number {
  const value = readVarint({ bytes, at, end: bytes.length });
  return value <= 0xffff_ffff ? value : 0;
}

/** A text of at most 64 ASCII characters, which is all that a device id can be. */
function shortText(bytes: Uint8Array, at: number): string {
  const cursor: Cursor = { bytes, at, end: bytes.length };
  const length = readVarint(cursor);
  if (length > 64) return "";
  let text = "";
  for (const byte of bytes.subarray(cursor.at, cursor.at + length)) text += String.fromCharCode(byte & 0x7f);
  return text;
}
