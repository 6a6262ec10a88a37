/** Element types of a tensor. `int64` values are a BigInt64Array; `bool` values are 0 and 1 in a Uint8Array. */
export type TensorType = "float32" | "uint8" | "int32" | "int64" | "bool" | "string";

/** What a tensor's elements are kept in. */
export type TensorValues = Float32Array | Uint8Array | Int32Array | BigInt64Array | readonly string[];

/** Numbers in row-major order: `values.length` is the product of `dims`. A scalar has `dims: []` and one value. */
export interface Tensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly values: TensorValues;
}

/** One named input of a reading: a tensor, or a plain column of a table (`null` when it is missing). */
export type ReadingInput = Tensor | number | string | boolean | null;

/** What a sensor gave: named raw inputs before preprocessing. `atMs` is when it was taken (wall clock, ms since 1970). */
export interface Reading {
  readonly id: string;
  readonly atMs: number;
  readonly inputs: Readonly<Record<string, ReadingInput>>;
}

/** Whether a reading's input is a tensor and not a plain column. */
export function isTensor(input: ReadingInput | undefined): input is Tensor {
  return typeof input === "object" && input !== null;
}

/** How many elements a shape has; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const d of dims) count *= d;
  return count;
}
