import { canonicalJson, parseSha256, type Sha256Of } from "@kedge/core";
import { elementCount } from "@kedge/sensor";
import { z } from "zod";
import { retrainCodes as codes } from "./errors.js";

/** Rows of one shape with a class each. Row `i` is `values[i · size … (i + 1) · size)`; `labels[i]` indexes `classes`. */
export interface LabelledFrames {
  readonly type: "uint8" | "float32";
  readonly dims: readonly number[];
  readonly classes: readonly string[];
  readonly values: Uint8Array | Float32Array;
  readonly labels: Uint16Array;
}

/** Bytes that are no labelled frames, and why. */
export interface FramesRejected {
  readonly kind: "rejected";
  readonly code: typeof codes.badFrames;
  readonly message: string;
}

/** Frames that were read. */
export interface FramesDecoded {
  readonly kind: "decoded";
  readonly value: LabelledFrames;
}

const header = z.strictObject({
  format: z.literal("kedge-labelled-frames"),
  version: z.literal(1),
  type: z.enum(["uint8", "float32"]),
  dims: z.array(z.int().min(1).max(2147483647)).max(8),
  rows: z.int().min(0).max(16_777_216),
  classes: z.array(z.string().min(1).max(256)).min(2).max(10_000),
  sha256: z.string(),
});

/** 10,000 class names of 256 characters, each escaped, come nowhere near this. */
const maxHeaderBytes = 32 * 1024 * 1024;

/** Non-ASCII characters as \u escapes, so that the header is one byte a character on every platform. */
function asciiJson(value: Parameters<typeof canonicalJson>[0]): string {
  return canonicalJson(value).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Little-endian memory, as every platform that runs Node has, so rows are written as they are. */
function bytesOf(array: Uint8Array | Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * The file format: a line of JSON (`format, version, type, dims, rows, classes, sha256`), then the rows, then one
 * little-endian uint16 label per row. `sha256` covers all that comes after the line.
 */
export function encodeLabelledFrames(frames: LabelledFrames, sha256Of: Sha256Of): Uint8Array {
  const { type, dims, classes, values, labels } = frames;
  const body = new Uint8Array(values.byteLength + labels.byteLength);
  body.set(bytesOf(values));
  body.set(bytesOf(labels), values.byteLength);
  const line = `${asciiJson({ format: "kedge-labelled-frames", version: 1, type, dims, rows: labels.length, classes, sha256: sha256Of(body) })}\n`;
  const out = new Uint8Array(line.length + body.length);
  for (let i = 0; i < line.length; i += 1) out[i] = line.charCodeAt(i);
  out.set(body, line.length);
  return out;
}

function reject(message: string): FramesRejected {
  return { kind: "rejected", code: codes.badFrames, message };
}

function readHeader(bytes: Uint8Array): { readonly fields: z.infer<typeof header>; readonly end: number } | FramesRejected {
  const end = bytes.subarray(0, maxHeaderBytes).indexOf(10);
  if (end < 0) return reject("there is no header line");
  let line = "";
  for (let i = 0; i < end; i += 8192) line += String.fromCharCode(...bytes.subarray(i, Math.min(end, i + 8192)));
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return reject("the header line is no JSON");
  }
  const parsed = header.safeParse(json);
  if (!parsed.success) return reject(`the header line is wrong: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}`);
  return { fields: parsed.data, end };
}

/** What is wrong with frames that were put together in memory; an empty list when nothing is. */
export function checkFrames(frames: LabelledFrames): string[] {
  const faults: string[] = [];
  const wanted = elementCount(frames.dims) * frames.labels.length;
  if (frames.values.length !== wanted)
    faults.push(`${frames.labels.length} rows of [${frames.dims.join(", ")}] need ${wanted} values, found ${frames.values.length}`);
  const label = frames.labels.findIndex((l) => l >= frames.classes.length);
  if (label >= 0) faults.push(`row ${label} has label ${frames.labels[label]}, but there are ${frames.classes.length} classes`);
  const bad = frames.type === "float32" ? frames.values.findIndex((v) => !Number.isFinite(v)) : -1;
  if (bad >= 0) faults.push(`value ${bad} is ${frames.values[bad]}`);
  return faults;
}

/** Reads what {@link encodeLabelledFrames} wrote. Sizes are checked against the bytes at hand before anything is allocated. */
export function decodeLabelledFrames(bytes: Uint8Array, sha256Of: Sha256Of): FramesDecoded | FramesRejected {
  const head = readHeader(bytes);
  if ("kind" in head) return head;
  const { type, dims, rows, classes, sha256 } = head.fields;
  const rowBytes = elementCount(dims) * (type === "float32" ? 4 : 1);
  const body = bytes.subarray(head.end + 1);
  const wanted = rows * (rowBytes + 2);
  if (body.length !== wanted) return reject(`${rows} rows of ${type} [${dims.join(", ")}] need ${wanted} bytes, found ${body.length}`);
  if (sha256Of(body) !== parseSha256(sha256)) return reject("the rows are not those that were written: their digest differs");
  // Copied, so that the numbers are aligned and the file's buffer can go.
  const own = new Uint8Array(body).buffer;
  const end = rows * rowBytes;
  const values = type === "float32" ? new Float32Array(own, 0, end / 4) : new Uint8Array(own, 0, end);
  const labels = new Uint16Array(own.slice(end));
  const frames: LabelledFrames = { type, dims, classes, values, labels };
  const [fault] = checkFrames(frames);
  return fault === undefined ? { kind: "decoded", value: frames } : reject(fault);
}
