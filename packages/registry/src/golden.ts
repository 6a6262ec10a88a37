import { canonicalJson } from "@kedge/core";
import { elementCount, type Tensor, type TensorType, type TensorValues } from "@kedge/sensor";
import { z } from "zod";
import { decodeBase64, encodeBase64 } from "./base64.js";
import { registryCodes as codes } from "./errors.js";
import type { ManifestRejected } from "./parse-manifest.js";
import { registryLimits } from "./registry-limits.js";
import { utf8Bytes, utf8Text } from "./utf8.js";

/** Model inputs (after preprocessing), and what the model gave for them where it was made. */
export interface GoldenCase {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/**
 * What a model must still give on the device before it may run there. `tolerance` is the largest absolute difference
 * of one output element: processors differ in the last bits of a float32.
 */
export interface Golden {
  readonly tolerance: number;
  readonly cases: readonly GoldenCase[];
}

/** A golden file from outside that was understood. */
export interface GoldenParsed {
  readonly kind: "parsed";
  readonly golden: Golden;
}

const elementBytes: Readonly<Record<Exclude<TensorType, "string">, number>> = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1 };

/** Elements in little-endian, whatever the machine: a bundle made on one must be read on all. */
function valuesToBytes(values: Exclude<TensorValues, readonly string[]>): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const out = new Uint8Array(values.length * values.BYTES_PER_ELEMENT);
  const view = new DataView(out.buffer);
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i] ?? 0;
    if (typeof v === "bigint") view.setBigInt64(8 * i, v, true);
    else if (values instanceof Float32Array) view.setFloat32(4 * i, v, true);
    else view.setInt32(4 * i, v, true);
  }
  return out;
}

function bytesToValues(type: Exclude<TensorType, "string">, bytes: Uint8Array): TensorValues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length / elementBytes[type];
  if (type === "float32") return Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
  if (type === "int32") return Int32Array.from({ length }, (_, i) => view.getInt32(4 * i, true));
  if (type === "int64") return BigInt64Array.from({ length }, (_, i) => view.getBigInt64(8 * i, true));
  return bytes;
}

function isStrings(values: TensorValues): values is readonly string[] {
  return Array.isArray(values);
}

function tensorToJson(tensor: Tensor): { type: TensorType; dims: readonly number[]; base64?: string; strings?: readonly string[] } {
  const { type, dims, values } = tensor;
  return isStrings(values) ? { type, dims, strings: values } : { type, dims, base64: encodeBase64(valuesToBytes(values)) };
}

function tensorsToJson(tensors: Readonly<Record<string, Tensor>>): Record<string, ReturnType<typeof tensorToJson>> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensorToJson(tensor)]));
}

/** The golden file's bytes: canonical JSON in UTF-8, tensors in base64 (little-endian, row-major). */
export function encodeGolden(golden: Golden): Uint8Array {
  const cases = golden.cases.map((c) => ({ inputs: tensorsToJson(c.inputs), outputs: tensorsToJson(c.outputs) }));
  return utf8Bytes(canonicalJson({ formatVersion: 1, tolerance: golden.tolerance, cases }));
}

const dims = z.array(z.int().min(0).max(2147483647)).max(8);
const name = z.string().min(1).max(256);

function numbersOf(type: Exclude<TensorType, "string">, count: number, base64: string | undefined): TensorValues | string {
  const bytes = base64 === undefined ? undefined : decodeBase64(base64);
  if (bytes === undefined) return `expected base64 of ${type}`;
  const wanted = count * elementBytes[type];
  return bytes.length === wanted ? bytesToValues(type, bytes) : `expected ${wanted} bytes for ${count} elements of ${type}, found ${bytes.length}`;
}

function stringsOf(count: number, strings: readonly string[] | undefined): TensorValues | string {
  if (strings === undefined) return "expected strings";
  return strings.length === count ? strings : `expected ${count} strings, found ${strings.length}`;
}

const tensor = z
  .strictObject({
    type: z.enum(["float32", "uint8", "int32", "int64", "bool", "string"]),
    dims,
    base64: z.string().optional(),
    strings: z.array(z.string()).optional(),
  })
  .transform((raw, context): Tensor => {
    const count = elementCount(raw.dims);
    const values = raw.type === "string" ? stringsOf(count, raw.strings) : numbersOf(raw.type, count, raw.base64);
    if (typeof values !== "string") return { type: raw.type, dims: raw.dims, values };
    context.addIssue(values);
    return z.NEVER;
  });

const schema = z.strictObject({
  formatVersion: z.literal(1),
  tolerance: z.number().min(0).max(1e9),
  cases: z
    .array(z.strictObject({ inputs: z.record(name, tensor), outputs: z.record(name, tensor) }))
    .min(1)
    .max(registryLimits.goldenCases),
});

/** A golden file from outside. */
export function parseGolden(bytes: Uint8Array): GoldenParsed | ManifestRejected {
  const reject = (message: string): ManifestRejected => ({ kind: "rejected", code: codes.invalidGolden, message });
  if (bytes.length > registryLimits.goldenBytes) return reject(`the golden file has ${bytes.length} bytes; at most ${registryLimits.goldenBytes} are read`);
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(bytes) ?? "");
  } catch {
    return reject("the golden file is no JSON in UTF-8");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "parsed", golden: { tolerance: parsed.data.tolerance, cases: parsed.data.cases } };
  const faults = parsed.error.issues.slice(0, 8).map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`);
  return reject(`the golden file was refused: ${faults.join("; ")}`);
}
