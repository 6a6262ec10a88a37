import { base64Bytes, decodeBase64 } from "./base64.js";
import { type SensorCode, sensorCodes as codes } from "./errors.js";
import { elementCount, type Reading, type ReadingInput, type Tensor, type TensorType, type TensorValues } from "./reading.js";

/** Bounds on what a stranger may send as one reading. */
export interface ReadingLimits {
  readonly maxInputs: number;
  readonly maxElements: number;
}

/** 256 inputs; 16 Mi elements hold a 4K colour image with room to spare. */
export const readingLimits: ReadingLimits = { maxInputs: 256, maxElements: 16_777_216 };

/** Something that is no reading, and why. */
export interface ReadingRejected {
  readonly kind: "rejected";
  readonly code: SensorCode;
  readonly message: string;
}

/** A reading that was read. */
export interface ReadingAccepted {
  readonly kind: "reading";
  readonly reading: Reading;
}

/** A fault at a path; thrown and caught within this file only. */
class Fault {
  readonly message: string;
  constructor(path: string, expected: string, found: unknown) {
    this.message = `${path}: expected ${expected}, found ${describe(found)}`;
  }
}

function describe(found: unknown): string {
  if (found === undefined) return "nothing";
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (typeof found === "object" && found !== null) return "an object";
  return typeof found === "string" ? `"${found.slice(0, 40)}"` : String(found);
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (v: unknown): v is Fields => typeof v === "object" && v !== null && !Array.isArray(v);

function fieldsOf(path: string, v: unknown, allowed: readonly string[]): Fields {
  if (!isFields(v)) throw new Fault(path, "an object", v);
  for (const key of Object.keys(v)) if (!allowed.includes(key)) throw new Fault(`${path}.${key.slice(0, 40)}`, `one of ${allowed.join(", ")}`, v[key]);
  return v;
}

const elementBytes: Readonly<Record<TensorType, number>> = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1, string: 0 };
const whole: Readonly<Partial<Record<TensorType, readonly [number, number]>>> = { uint8: [0, 255], bool: [0, 1], int32: [-2147483648, 2147483647] };

function isType(v: unknown): v is TensorType {
  return typeof v === "string" && Object.hasOwn(elementBytes, v);
}

function dimsOf(path: string, v: unknown): number[] {
  if (!Array.isArray(v) || v.length > 8) throw new Fault(path, "a list of up to 8 sizes", v);
  return v.map((d: unknown, i) => {
    if (typeof d !== "number" || !Number.isInteger(d) || d < 0 || d > 2147483647) throw new Fault(`${path}[${i}]`, "a whole number from 0 to 2147483647", d);
    return d;
  });
}

function longOf(path: string, v: unknown): bigint {
  if (typeof v === "number" && Number.isSafeInteger(v)) return BigInt(v);
  if (typeof v === "string" && /^-?\d{1,19}$/.test(v) && BigInt.asIntN(64, BigInt(v)) === BigInt(v)) return BigInt(v);
  throw new Fault(path, "a 64-bit whole number (as a string beyond 2^53)", v);
}

function numberOf(path: string, v: unknown, type: TensorType): number {
  if (type === "bool" && typeof v === "boolean") return v ? 1 : 0;
  const range = whole[type];
  const good = typeof v === "number" && (range === undefined || (Number.isInteger(v) && v >= range[0] && v <= range[1]));
  if (!good) throw new Fault(path, range === undefined ? "a number" : `a whole number from ${range[0]} to ${range[1]}`, v);
  return v;
}

function emptyValues(type: Exclude<TensorType, "string" | "int64">, count: number): Float32Array | Uint8Array | Int32Array {
  if (type === "float32") return new Float32Array(count);
  return type === "int32" ? new Int32Array(count) : new Uint8Array(count);
}

function listed(path: string, list: readonly unknown[], type: TensorType): TensorValues {
  if (type === "string") {
    return list.map((v, i) => {
      if (typeof v !== "string") throw new Fault(`${path}[${i}]`, "a string", v);
      return v;
    });
  }
  if (type === "int64") return BigInt64Array.from(list, (v, i) => longOf(`${path}[${i}]`, v));
  const out = emptyValues(type, list.length);
  for (let i = 0; i < list.length; i += 1) out[i] = numberOf(`${path}[${i}]`, list[i], type);
  return out;
}

/** Little-endian, as every platform that runs Node is; the copy makes the bytes aligned. */
function packed(path: string, bytes: Uint8Array, type: TensorType): TensorValues {
  const { buffer } = bytes;
  if (type === "float32") return new Float32Array(buffer);
  if (type === "int32") return new Int32Array(buffer);
  if (type === "int64") return new BigInt64Array(buffer);
  if (type === "bool") {
    const wrong = bytes.findIndex((b) => b > 1);
    if (wrong >= 0) throw new Fault(`${path}[${wrong}]`, "0 or 1", bytes[wrong]);
  }
  return bytes;
}

function tensorOf(path: string, v: Fields, limits: ReadingLimits): Tensor {
  const { type, dims: rawDims, values, base64 } = fieldsOf(path, v, ["type", "dims", "values", "base64"]);
  if (!isType(type)) throw new Fault(`${path}.type`, `one of ${Object.keys(elementBytes).join(", ")}`, type);
  const dims = dimsOf(`${path}.dims`, rawDims);
  const count = elementCount(dims);
  if (count > limits.maxElements) throw new Fault(`${path}.dims`, `up to ${limits.maxElements} elements`, count);
  if (typeof base64 === "string" && values === undefined && type !== "string") {
    const wanted = count * elementBytes[type];
    const found = base64Bytes(base64);
    if (found !== wanted) throw new Fault(`${path}.base64`, `${wanted} bytes for shape [${dims.join(", ")}]`, found ?? base64);
    const bytes = decodeBase64(base64);
    if (bytes === undefined) throw new Fault(`${path}.base64`, "base64 (RFC 4648, padded)", base64);
    return { type, dims, values: packed(`${path}.base64`, bytes, type) };
  }
  if (!Array.isArray(values) || base64 !== undefined) throw new Fault(path, 'either "values" as a list or "base64"', base64 ?? values);
  if (values.length !== count) throw new Fault(`${path}.values`, `${count} elements for shape [${dims.join(", ")}]`, values);
  return { type, dims, values: listed(`${path}.values`, values, type) };
}

function inputOf(path: string, v: unknown, limits: ReadingLimits): ReadingInput {
  if (v === null || typeof v === "number" || typeof v === "boolean") return v;
  if (typeof v === "string") {
    if (v.length > 65_536) throw new Fault(path, "up to 65536 characters", v.length);
    return v;
  }
  if (!isFields(v)) throw new Fault(path, "a tensor, a number, a string, true, false or null", v);
  return tensorOf(path, v, limits);
}

/**
 * Reads a reading from parsed JSON: `{"id"?, "atMs"?, "inputs": {name: 1.5 | "text" | true | null | tensor}}`, a tensor
 * being `{"type", "dims", "values": [...]}` or `{"type", "dims", "base64": "…"}` (little-endian). `defaults` fill in for
 * an absent `id` and `atMs`. Never throws on what it is given; counts are checked before anything is allocated.
 */
export function readReading(
  value: unknown,
  defaults: { readonly id: string; readonly atMs: number },
  limits: ReadingLimits = readingLimits,
): ReadingAccepted | ReadingRejected {
  try {
    const { id = defaults.id, atMs = defaults.atMs, inputs } = fieldsOf("reading", value, ["id", "atMs", "inputs"]);
    if (typeof id !== "string" || id.length === 0 || id.length > 256) throw new Fault("reading.id", "1 to 256 characters", id);
    if (typeof atMs !== "number" || atMs < 0 || atMs > 8.64e15) throw new Fault("reading.atMs", "milliseconds since 1970", atMs);
    if (!isFields(inputs)) throw new Fault("reading.inputs", "an object", inputs);
    const entries = Object.entries(inputs);
    if (entries.length > limits.maxInputs) throw new Fault("reading.inputs", `up to ${limits.maxInputs} inputs`, entries.length);
    const named = entries.map(([name, v]) => {
      if (name.length === 0 || name.length > 256) throw new Fault("reading.inputs", "names of 1 to 256 characters", name);
      return [name, inputOf(`reading.inputs.${name.slice(0, 40)}`, v, limits)] as const;
    });
    // fromEntries defines own properties: a key named __proto__ stays a key.
    return { kind: "reading", reading: { id, atMs, inputs: Object.fromEntries(named) } };
  } catch (fault) {
    if (fault instanceof Fault) return { kind: "rejected", code: codes.badReading, message: fault.message };
    throw fault;
  }
}
