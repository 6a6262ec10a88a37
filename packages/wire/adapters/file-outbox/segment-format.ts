import { crc32 } from "node:zlib";
import type { OutboxKey, OutboxKind } from "../../src/index.js";

/*
 * A segment is a header and records, one after the other; numbers are little-endian.
 *
 *   header: magic "KEDGEOBX", u32 format version, u32 segment number, u32 CRC-32 of the 16 bytes before
 *   record: u32 marker, u32 CRC-32 of all that follows, u32 payload length, u32 boot epoch, u32 seq, u32 kind, payload
 *
 * The CRC begins with the segment's number, so that what a file system serves from another file's old blocks is not
 * taken for ours. The marker lets a reader find the next record behind a damaged one.
 */

/** The version of this format. */
export const segmentFormat = 1;

/** Bytes before the first record. */
export const headerBytes = 20;

/** Bytes of a record before its payload. */
export const recordHeadBytes = 24;

const magic = Buffer.from("KEDGEOBX", "latin1");
const marker = Buffer.from([0xf7, 0x4b, 0x4f, 0x52]);
const kinds: readonly (OutboxKind | "ack")[] = ["window", "sample", "event", "ack"];

/** A record as it was found. An `ack` has no payload: it covers its epoch up to its number. */
export interface FoundRecord extends OutboxKey {
  readonly kind: OutboxKind | "ack";
  /** Where the record begins, and how long its payload is. */
  readonly offset: number;
  readonly length: number;
}

/** What a segment holds, and what in it is damaged. */
export interface SegmentScan {
  /** A newer program wrote it. */
  readonly isNewer: boolean;
  readonly records: readonly FoundRecord[];
  /** Where the last good record ends. */
  readonly goodEnd: number;
  readonly damagedRecords: number;
  readonly damagedBytes: number;
}

/** The first bytes of a segment. */
export function segmentHeader(number: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(segmentFormat, 8);
  header.writeUInt32LE(number, 12);
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
  return header;
}

/** A record of a segment. */
export function segmentRecord(segment: number, record: { readonly key: OutboxKey; readonly kind: OutboxKind | "ack"; readonly bytes: Uint8Array }): Buffer {
  const out = Buffer.alloc(recordHeadBytes + record.bytes.length);
  marker.copy(out);
  out.writeUInt32LE(record.bytes.length, 8);
  out.writeUInt32LE(record.key.bootEpoch, 12);
  out.writeUInt32LE(record.key.seq, 16);
  out.writeUInt32LE(kinds.indexOf(record.kind) + 1, 20);
  out.set(record.bytes, recordHeadBytes);
  out.writeUInt32LE(crc32(out.subarray(8), segment), 4);
  return out;
}

/** The record at an offset; `undefined` when what is there is none, or is damaged. */
export function recordAt(file: Buffer, offset: number, segment: number): FoundRecord | undefined {
  if (offset + recordHeadBytes > file.length || !file.subarray(offset, offset + 4).equals(marker)) return undefined;
  const length = file.readUInt32LE(offset + 8);
  const end = offset + recordHeadBytes + length;
  const kind = kinds[file.readUInt32LE(offset + 20) - 1];
  if (kind === undefined || end > file.length || crc32(file.subarray(offset + 8, end), segment) !== file.readUInt32LE(offset + 4)) return undefined;
  return { bootEpoch: file.readUInt32LE(offset + 12), seq: file.readUInt32LE(offset + 16), kind, offset, length };
}

/** Reads a whole segment: every good record, also those behind damage. */
export function scanSegment(file: Buffer, segment: number): SegmentScan {
  const header = segmentHeader(segment);
  const isIntact = file.length >= headerBytes && crc32(file.subarray(0, 16)) === file.readUInt32LE(16) && file.subarray(0, 8).equals(magic);
  const isNewer = isIntact && file.readUInt32LE(8) > segmentFormat;
  const records: FoundRecord[] = [];
  let damagedRecords = 0;
  let damagedBytes = 0;
  const damaged = (bytes: number) => {
    damagedRecords += 1;
    damagedBytes += bytes;
  };
  if (!file.subarray(0, headerBytes).equals(header)) damaged(Math.min(file.length, headerBytes));
  let offset = Math.min(file.length, headerBytes);
  while (!isNewer && offset < file.length) {
    const record = recordAt(file, offset, segment) ?? nextRecord(file, offset + 1, segment);
    if (record === undefined) {
      damaged(file.length - offset);
      break;
    }
    if (record.offset > offset) damaged(record.offset - offset);
    records.push(record);
    offset = record.offset + recordHeadBytes + record.length;
  }
  return { isNewer, records, goodEnd: offset, damagedRecords, damagedBytes };
}

function nextRecord(file: Buffer, from: number, segment: number): FoundRecord | undefined {
  for (let at = file.indexOf(marker, from); at >= 0; at = file.indexOf(marker, at + 1)) {
    const record = recordAt(file, at, segment);
    if (record !== undefined) return record;
  }
  return undefined;
}
