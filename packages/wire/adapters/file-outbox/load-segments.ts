import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { KedgeError } from "@kedge/core";
import { wireErrors } from "../../src/index.js";
import { OutboxIndex } from "../outbox-index.js";
import { removeFile } from "./durable-files.js";
import { SegmentFile, segmentNumber } from "./segment-file.js";
import { headerBytes, type SegmentScan, scanSegment, segmentFormat } from "./segment-format.js";

/** Where a record lies. */
export interface Place {
  readonly segment: SegmentFile;
  readonly offset: number;
}

/** What an earlier start left in a folder. */
export interface LoadedSegments {
  readonly index: OutboxIndex<Place>;
  readonly segments: SegmentFile[];
  readonly nextSegment: number;
  /** The newest boot epoch of any record; 0 without one. */
  readonly lastEpoch: number;
  readonly damagedRecords: number;
  readonly damagedBytes: number;
}

/** A file larger than this was not written by us; what lies behind is not read. */
const maxSegmentBytes = 256 * 1024 * 1024;

/** Reads a folder's segments, whatever state a crash or a bad disk has left them in. Torn ends are cut off. */
export async function loadSegments(folder: string): Promise<LoadedSegments> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const numbers = (await readdir(folder)).map(segmentNumber).filter((number) => number !== undefined);
  numbers.sort((a, b) => a - b);
  const scans: { readonly segment: SegmentFile; readonly scan: SegmentScan }[] = [];
  for (const number of numbers) {
    const found = await loadSegment(folder, number);
    if (found !== undefined) scans.push(found);
  }
  const acked = new Map<number, number>();
  for (const { scan } of scans) {
    for (const { kind, bootEpoch, seq } of scan.records) if (kind === "ack") acked.set(bootEpoch, Math.max(seq, acked.get(bootEpoch) ?? 0));
  }
  const index = new OutboxIndex<Place>();
  let lastEpoch = 0;
  for (const { segment, scan } of scans) {
    for (const { bootEpoch, seq, kind, length, offset } of scan.records) {
      lastEpoch = Math.max(lastEpoch, bootEpoch);
      if (kind !== "ack" && seq > (acked.get(bootEpoch) ?? 0)) index.add({ bootEpoch, seq, kind, length, place: { segment, offset } });
    }
  }
  return {
    index,
    segments: scans.map(({ segment }) => segment),
    nextSegment: (numbers.at(-1) ?? 0) + 1,
    lastEpoch,
    damagedRecords: scans.reduce((sum, { scan }) => sum + scan.damagedRecords, 0),
    damagedBytes: scans.reduce((sum, { scan }) => sum + scan.damagedBytes, 0),
  };
}

async function loadSegment(folder: string, number: number): Promise<{ segment: SegmentFile; scan: SegmentScan } | undefined> {
  const segment = new SegmentFile(folder, number, headerBytes);
  const { size } = await stat(segment.path);
  if (size < headerBytes) {
    // A crash between making the file and writing its header: nothing was in it yet.
    await removeFile(segment.path);
    return undefined;
  }
  const file = size > maxSegmentBytes ? await readStart(segment) : await readFile(segment.path);
  const scan = scanSegment(file, number);
  if (scan.isNewer) {
    throw new KedgeError(wireErrors.outboxFormat, `opening the outbox ${join(folder, "…")}: segment ${number} is of a format newer than ${segmentFormat}`, {
      hint: "a newer agent wrote it: install that version again, or remove the folder and lose what was not sent",
      context: { exit: "storage", folder },
    });
  }
  segment.end = scan.goodEnd;
  if (scan.goodEnd < size) await segment.trim();
  await segment.rest();
  return { segment, scan };
}

async function readStart(segment: SegmentFile): Promise<Buffer> {
  return segment.read(0, maxSegmentBytes);
}
