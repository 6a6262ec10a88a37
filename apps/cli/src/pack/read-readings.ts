import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { KedgeError, messageOf } from "@kedge/core";
import { idxItem, parseIdx, type Reading, type ReadingInput, readReading } from "@kedge/sensor";
import { cliCodes } from "../errors.js";
import { parseCsv } from "./csv.js";

const unpack = promisify(gunzip);
/** Unpacked, 60,000 images of 28×28 are 47 MB. */
const maxBytes = 1024 ** 3;

/** Readings from a file, and what in it was none. */
export interface ReadingsFile {
  readonly readings: readonly Reading[];
  readonly rejected: number;
  readonly firstRejection: string;
}

function fault(path: string, message: string, cause?: unknown): KedgeError {
  return new KedgeError(cliCodes.badRows, `reading the reference rows ${path} failed: ${message}`, {
    hint: "Give lines of JSON (.ndjson), a CSV file with column names (.csv), or images in the IDX format; each may be gzipped.",
    context: { exit: "usage", path },
    cause,
  });
}

/** What a CSV cell holds: a number, a boolean, nothing, or a word. */
export function cellValue(text: string): ReadingInput {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(trimmed)) return Number(trimmed);
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  return text;
}

function fromLines(text: string, most: number): ReadingsFile {
  const readings: Reading[] = [];
  let rejected = 0;
  let firstRejection = "";
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    if (readings.length >= most) break;
    const reject = (why: string): void => {
      if (rejected === 0) firstRejection = `line ${i + 1}: ${why}`;
      rejected += 1;
    };
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch (error) {
      reject(messageOf(error));
      continue;
    }
    const read = readReading(json, { id: `row-${i + 1}`, atMs: 0 });
    if (read.kind === "reading") readings.push(read.reading);
    else reject(read.message);
  }
  return { readings, rejected, firstRejection };
}

function fromCsv(text: string, path: string, most: number): ReadingsFile {
  const readings = parseCsv(text, path)
    .slice(0, most)
    .map(
      (row, i): Reading => ({ id: `row-${i + 1}`, atMs: 0, inputs: Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellValue(cell)])) }),
    );
  return { readings, rejected: 0, firstRejection: "" };
}

/** Readings of a file by what its name ends in; IDX items become the input `inputName`. At most `most`. */
export async function readReadings(path: string, options: { readonly inputName: string; readonly most: number }): Promise<ReadingsFile> {
  let bytes: Uint8Array;
  try {
    const stored = await readFile(path);
    bytes = stored[0] === 0x1f && stored[1] === 0x8b ? await unpack(stored, { maxOutputLength: maxBytes }) : stored;
  } catch (cause) {
    throw new KedgeError(cliCodes.unreadable, `reading the reference rows ${path} failed: ${messageOf(cause)}`, {
      hint: "Name a readable file: --reference FILE",
      context: { exit: "storage", path },
      cause,
    });
  }
  const name = basename(path).replace(/\.gz$/, "");
  if (/\.(ndjson|jsonl|json)$/.test(name)) return fromLines(new TextDecoder().decode(bytes), options.most);
  if (/\.csv$/.test(name)) return fromCsv(new TextDecoder().decode(bytes), path, options.most);
  const idx = parseIdx(bytes);
  if (idx.kind === "rejected") throw fault(path, idx.message);
  const count = Math.min(idx.items, options.most);
  const readings = Array.from({ length: count }, (_, i): Reading => ({ id: `item-${i}`, atMs: 0, inputs: { [options.inputName]: idxItem(idx, i) } }));
  return { readings, rejected: 0, firstRejection: "" };
}
