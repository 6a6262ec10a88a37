import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { KedgeError, messageOf } from "@kedge/core";
import { type Idx, parseIdx, sensorCodes as codes } from "../../src/index.js";

const unpack = promisify(gunzip);

/** Unpacked, 60,000 images of 28×28 are 47 MB; a gzip file can hold a thousand times its size. */
const defaultMaxBytes = 1024 * 1024 * 1024;

/** Reads an IDX file, gzipped or not; KedgeError `sensor/file-unreadable`. */
export async function readIdxFile(path: string, maxBytes: number = defaultMaxBytes): Promise<Idx> {
  const fault = (reason: string, cause?: unknown): KedgeError =>
    new KedgeError(codes.fileUnreadable, `reading the IDX file ${path} failed: ${reason}`, {
      hint: "name a readable file of images in the IDX format, gzipped or not",
      context: { path, exit: "config" },
      cause,
    });
  let bytes: Uint8Array;
  try {
    const stored = await readFile(path);
    const isGzip = stored[0] === 0x1f && stored[1] === 0x8b;
    bytes = isGzip ? await unpack(stored, { maxOutputLength: maxBytes }) : stored;
  } catch (cause) {
    throw fault(messageOf(cause), cause);
  }
  const idx = parseIdx(bytes);
  if (idx.kind === "rejected") throw fault(idx.message);
  return idx;
}
