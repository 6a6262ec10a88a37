import { elementCount, isTensor, type Reading, type ReadingInput, type Tensor, type TensorType, type TensorValues } from "@kedge/sensor";
import { type InferenceCode, inferenceCodes as codes } from "./errors.js";
import type { ModelSignature, TensorSpec } from "./model-signature.js";
import type { InputPreprocessing, Preprocessing } from "./preprocessing.js";
import { applySteps, type NumberAt } from "./steps.js";

/** A reading made ready: one tensor per model input. */
export interface Preprocessed {
  readonly kind: "preprocessed";
  readonly inputs: Readonly<Record<string, Tensor>>;
}

/** Why a reading cannot be given to the model. `input` is the reading's input at fault. */
export interface InputRejected {
  readonly kind: "rejected";
  readonly code: InferenceCode;
  readonly message: string;
  readonly input: string;
}

interface Raw {
  readonly kind: "raw";
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly values: TensorValues;
}

const shapeOf = (dims: readonly number[]): string => `[${dims.map((d) => (d === -1 ? "any" : d)).join(", ")}]`;

function reject(code: InferenceCode, input: string, message: string): InputRejected {
  return { kind: "rejected", code, message, input };
}

const holders: Readonly<Record<TensorType, (values: TensorValues) => boolean>> = {
  float32: (v) => v instanceof Float32Array,
  uint8: (v) => v instanceof Uint8Array,
  bool: (v) => v instanceof Uint8Array,
  int32: (v) => v instanceof Int32Array,
  int64: (v) => v instanceof BigInt64Array,
  string: (v) => Array.isArray(v),
};

const fits = (found: readonly number[], expected: readonly number[]): boolean =>
  found.length === expected.length && expected.every((d, i) => d === -1 || d === found[i]);

function nameOf(input: ReadingInput | undefined): string {
  if (input === undefined) return "nothing";
  if (input === null) return "null";
  return isTensor(input) ? `a ${input.type} tensor of shape ${shapeOf(input.dims)}` : `the ${typeof input} ${JSON.stringify(input).slice(0, 40)}`;
}

function rawTensor(name: string, raw: NonNullable<InputPreprocessing["raw"]>, input: ReadingInput | undefined): Raw | InputRejected {
  const expected = `a ${raw.type} tensor of shape ${shapeOf(raw.dims)}`;
  const fault = (code: InferenceCode): InputRejected => reject(code, name, `input "${name}": expected ${expected}, found ${nameOf(input)}`);
  if (input === undefined || input === null) return fault(codes.missingInput);
  if (!isTensor(input) || input.type !== raw.type) return fault(codes.wrongType);
  if (!fits(input.dims, raw.dims)) return fault(codes.wrongShape);
  if (!holders[input.type](input.values)) return reject(codes.wrongType, name, `input "${name}": its values are not kept as ${input.type}`);
  const count = elementCount(input.dims);
  if (input.values.length !== count) {
    return reject(codes.wrongShape, name, `input "${name}": expected ${count} elements for shape ${shapeOf(input.dims)}, found ${input.values.length}`);
  }
  return { kind: "raw", type: input.type, dims: input.dims, values: input.values };
}

/** Numbers stay float64 until the steps are done: a large column minus its mean must not be rounded before. */
interface Columns {
  readonly kind: "columns";
  readonly numbers: readonly number[];
}

function rawColumns(names: readonly string[], type: TensorType, reading: Reading): Raw | Columns | InputRejected {
  const wanted = type === "string" ? "a string" : "a number";
  const numbers: number[] = [];
  const strings: string[] = [];
  for (const name of names) {
    const input = Object.hasOwn(reading.inputs, name) ? reading.inputs[name] : undefined;
    const message = `input "${name}": expected ${wanted}, found ${nameOf(input)}`;
    if (input === undefined || input === null) return reject(codes.missingInput, name, message);
    if (type === "string" && typeof input === "string") strings.push(input);
    else if (type !== "string" && typeof input === "number") numbers.push(input);
    else if (type !== "string" && typeof input === "boolean") numbers.push(input ? 1 : 0);
    else return reject(codes.wrongType, name, message);
  }
  return type === "string" ? { kind: "raw", type, dims: [names.length], values: strings } : { kind: "columns", numbers };
}

function numbersOf(raw: Raw | Columns): NumberAt {
  if (raw.kind === "columns") return (i) => raw.numbers[i] ?? Number.NaN;
  const values = raw.values;
  return (i) => Number(values[i]);
}

function firstNotFinite(count: number, at: NumberAt): number {
  for (let i = 0; i < count; i += 1) if (!Number.isFinite(at(i))) return i;
  return -1;
}

const integerRanges: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  bool: [0, 1],
  int32: [-2147483648, 2147483647],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function toIntegers(spec: TensorSpec, count: number, at: NumberAt): TensorValues | number {
  const [low, high] = integerRanges[spec.type] ?? [0, 0];
  const out = spec.type === "int64" ? new BigInt64Array(count) : spec.type === "int32" ? new Int32Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i += 1) {
    const v = at(i);
    if (!Number.isInteger(v) || v < low || v > high) return i;
    if (out instanceof BigInt64Array) out[i] = BigInt(v);
    else out[i] = v;
  }
  return out;
}

/** The model's shape for one reading: the first free dimension is a batch of one, a later one takes what is left. */
function modelDims(spec: TensorSpec, count: number): number[] | undefined {
  const dims = spec.dims.map((d, i) => (d === -1 && i === 0 ? 1 : d));
  const free = dims.indexOf(-1);
  if (free >= 0 && dims.indexOf(-1, free + 1) >= 0) return undefined;
  const known = dims.reduce((n, d) => (d === -1 ? n : n * d), 1);
  if (free >= 0) {
    if (known === 0 || count % known !== 0) return undefined;
    dims[free] = count / known;
    return dims;
  }
  return known === count ? dims : undefined;
}

function convert(spec: TensorSpec, rule: InputPreprocessing, raw: Raw | Columns): Tensor | InputRejected {
  const name = typeof rule.from === "string" ? rule.from : rule.from.join(", ");
  const count = raw.kind === "raw" ? raw.values.length : raw.numbers.length;
  const dims = modelDims(spec, count);
  if (dims === undefined) {
    return reject(
      codes.wrongShape,
      name,
      `input "${name}": expected what fits the model's input "${spec.name}" of shape ${shapeOf(spec.dims)}, found ${count} elements`,
    );
  }
  if (raw.kind === "raw" && (raw.type === "string") !== (spec.type === "string")) {
    return reject(codes.wrongType, name, `input "${name}": expected what becomes ${spec.type} for the model's input "${spec.name}", found ${raw.type}`);
  }
  const unchanged = raw.kind === "raw" && raw.type === spec.type && rule.steps.length === 0;
  if (unchanged && spec.type !== "float32") return { type: spec.type, dims, values: raw.values };
  const at = numbersOf(raw);
  if (spec.type !== "float32") {
    const values = toIntegers(spec, count, at);
    if (typeof values !== "number") return { type: spec.type, dims, values };
    return reject(codes.outOfRange, name, `input "${name}": expected what fits ${spec.type}, found ${at(values)} at element ${values}`);
  }
  const integral = raw.kind === "raw" && raw.type !== "float32";
  const inputFault = integral ? -1 : firstNotFinite(count, at);
  if (inputFault >= 0) return reject(codes.notFinite, name, `input "${name}": expected finite numbers, found ${at(inputFault)} at element ${inputFault}`);
  const values = new Float32Array(count);
  const columns = raw.kind === "raw" ? (raw.dims.at(-1) ?? 1) : count;
  applySteps(rule.steps, at, count, Math.max(1, columns), values);
  const outputFault = firstNotFinite(count, (i) => values[i] ?? Number.NaN);
  if (outputFault < 0) return { type: "float32", dims, values };
  return reject(
    codes.notFinite,
    name,
    `input "${name}": expected a finite number after preprocessing, found ${values[outputFault]} at element ${outputFault} (from ${at(outputFault)})`,
  );
}

/**
 * Turns a reading into the model's inputs (a batch of one), or says what is wrong with it: what was expected and what
 * was found. Never throws on a bad reading. A preprocessing that does not cover the signature is caught earlier, by
 * `checkPreprocessing`.
 */
export function preprocess(preprocessing: Preprocessing, signature: ModelSignature, reading: Reading): Preprocessed | InputRejected {
  const inputs: Record<string, Tensor> = {};
  for (const spec of signature.inputs) {
    const rule = Object.hasOwn(preprocessing.inputs, spec.name) ? preprocessing.inputs[spec.name] : undefined;
    if (rule === undefined) return reject(codes.missingInput, spec.name, `the bundle's preprocessing says nothing of the model's input "${spec.name}"`);
    const single = typeof rule.from === "string" ? rule.from : undefined;
    const found = single !== undefined && Object.hasOwn(reading.inputs, single) ? reading.inputs[single] : undefined;
    const raw =
      single !== undefined && rule.raw !== null
        ? rawTensor(single, rule.raw, found)
        : rawColumns(typeof rule.from === "string" ? [rule.from] : rule.from, spec.type, reading);
    if (raw.kind === "rejected") return raw;
    const tensor = convert(spec, rule, raw);
    if ("kind" in tensor) return tensor;
    inputs[spec.name] = tensor;
  }
  return { kind: "preprocessed", inputs };
}
