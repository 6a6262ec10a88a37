import { isTensor, type Reading, type ReadingInput, type Tensor, type TensorType } from "@kedge/sensor";
import type { SamplingPolicy } from "./sampling-policy.js";
import { utf8Bytes, utf8Text } from "./utf8.js";

/** What a sampled input is made of: a tensor's type, or `column` for a plain value of a table. */
export type SampleInputType = TensorType | "column";

/**
 * One raw input as bytes. Numbers are little-endian in row-major order; `string` tensors are a JSON array and columns
 * a JSON value, in UTF-8. Columns have `dims: []`.
 */
export interface SampleInput {
  readonly name: string;
  readonly type: SampleInputType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

const elementBytes: Readonly<Record<Exclude<TensorType, "string">, number>> = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1 };

/** Bytes of one element of a type; `undefined` where it varies. */
export function bytesPerElement(type: SampleInputType): number | undefined {
  return type === "string" || type === "column" ? undefined : elementBytes[type];
}

/** The inputs of a reading that the policy lets out, as bytes, by name in ascending order. */
export function sampleInputs(reading: Pick<Reading, "inputs">, policy: Pick<SamplingPolicy, "inputs">): SampleInput[] {
  const allowed = policy.inputs === "all" ? undefined : new Set(policy.inputs);
  const names = Object.keys(reading.inputs).filter((name) => allowed === undefined || allowed.has(name));
  names.sort();
  return names.map((name) => toBytes(name, reading.inputs[name] ?? null));
}

/** The size of what {@link sampleInputs} would give, without making it (strings and columns are estimated from above). */
export function sampleBytes(reading: Pick<Reading, "inputs">, policy: Pick<SamplingPolicy, "inputs">): number {
  let bytes = 0;
  for (const [name, input] of Object.entries(reading.inputs)) {
    if (policy.inputs !== "all" && !policy.inputs.includes(name)) continue;
    bytes += inputBytes(input);
  }
  return bytes;
}

/** A column's value in a reading made of a sampled input, a tensor otherwise; `undefined` when the bytes do not fit. */
export function readInput(input: SampleInput): ReadingInput | undefined {
  if (input.type === "column" || input.type === "string") return readJson(input);
  const values = readNumbers(input);
  return values === undefined ? undefined : { type: input.type, dims: input.dims, values };
}

/**
 * The bytes that name a sample's content: hash them to find the same frame again (in the other half of a split, or
 * sent twice). Names and shapes are part of it, each preceded by its length, so that no two contents share a hash.
 */
export function contentBytes(inputs: readonly SampleInput[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const input of inputs) {
    const head = utf8Bytes(JSON.stringify([input.name, input.type, input.dims]));
    parts.push(lengthOf(head), head, lengthOf(input.bytes), input.bytes);
  }
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function lengthOf(part: Uint8Array): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, part.length);
  return out;
}

function inputBytes(input: ReadingInput): number {
  if (!isTensor(input)) return typeof input === "string" ? 6 * input.length + 2 : 32;
  if (input.type !== "string") return input.values.length * elementBytes[input.type];
  let bytes = 2;
  for (const text of input.values) bytes += 6 * String(text).length + 3;
  return bytes;
}

function toBytes(name: string, input: ReadingInput): SampleInput {
  if (!isTensor(input)) return { name, type: "column", dims: [], bytes: utf8Bytes(columnJson(input)) };
  if (input.type === "string") return { name, type: "string", dims: input.dims, bytes: utf8Bytes(JSON.stringify(input.values)) };
  return { name, type: input.type, dims: input.dims, bytes: numberBytes(input) };
}

/** JSON knows no NaN and no infinity; they are what a broken sensor gives, so they go out by name. */
function columnJson(value: number | string | boolean | null): string {
  if (typeof value === "number" && !Number.isFinite(value)) return JSON.stringify({ number: String(value) });
  return JSON.stringify(value);
}

function numberBytes(tensor: Tensor): Uint8Array {
  const { values } = tensor;
  if (values instanceof Uint8Array) return values.slice();
  if (values instanceof Float32Array) return written(values.length, 4, (view, i) => view.setFloat32(4 * i, values[i] ?? 0, true));
  if (values instanceof Int32Array) return written(values.length, 4, (view, i) => view.setInt32(4 * i, values[i] ?? 0, true));
  if (values instanceof BigInt64Array) return written(values.length, 8, (view, i) => view.setBigInt64(8 * i, values[i] ?? 0n, true));
  return new Uint8Array(0);
}

function written(length: number, size: number, write: (view: DataView, i: number) => void): Uint8Array {
  const out = new Uint8Array(length * size);
  const view = new DataView(out.buffer);
  for (let i = 0; i < length; i += 1) write(view, i);
  return out;
}

function readNumbers(input: SampleInput): Float32Array | Uint8Array | Int32Array | BigInt64Array | undefined {
  const size = bytesPerElement(input.type);
  let length = 1;
  for (const d of input.dims) length *= d;
  if (size === undefined || input.bytes.length !== length * size) return undefined;
  const view = new DataView(input.bytes.buffer, input.bytes.byteOffset, input.bytes.byteLength);
  if (input.type === "float32") return Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
  if (input.type === "int32") return Int32Array.from({ length }, (_, i) => view.getInt32(4 * i, true));
  if (input.type === "int64") return BigInt64Array.from({ length }, (_, i) => view.getBigInt64(8 * i, true));
  return input.bytes.slice();
}

function readJson(input: SampleInput): ReadingInput | undefined {
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(input.bytes));
  } catch {
    return undefined;
  }
  if (input.type === "column") return readColumn(value);
  if (!Array.isArray(value) || !value.every((text) => typeof text === "string")) return undefined;
  let length = 1;
  for (const d of input.dims) length *= d;
  return value.length === length ? { type: "string", dims: input.dims, values: value } : undefined;
}

function readColumn(value: unknown): number | string | boolean | null | undefined {
  if (value === null || typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  const named = typeof value === "object" ? (value as { number?: unknown }).number : undefined;
  return named === "NaN" || named === "Infinity" || named === "-Infinity" ? Number(named) : undefined;
}
