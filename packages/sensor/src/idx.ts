import { sensorCodes as codes } from "./errors.js";
import { elementCount, type Tensor } from "./reading.js";

/** Many tensors of one shape, as the IDX format keeps them: `items` of them, each of `dims`. */
export interface Idx {
  readonly kind: "idx";
  readonly items: number;
  readonly dims: readonly number[];
  readonly type: "uint8" | "int32" | "float32";
  readonly values: Uint8Array | Int32Array | Float32Array;
}

/** Bytes that are no IDX file, and why. */
export interface IdxRejected {
  readonly kind: "rejected";
  readonly code: typeof codes.badIdx;
  readonly message: string;
}

const types: Readonly<Record<number, { readonly type: Idx["type"]; readonly bytes: number }>> = {
  8: { type: "uint8", bytes: 1 },
  12: { type: "int32", bytes: 4 },
  13: { type: "float32", bytes: 4 },
};

function reject(message: string): IdxRejected {
  return { kind: "rejected", code: codes.badIdx, message };
}

/** The numbers are big-endian. */
function valuesOf(type: Idx["type"], bytes: Uint8Array): Idx["values"] {
  // Not slice: on a Buffer that would share its memory.
  if (type === "uint8") return new Uint8Array(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / 4;
  if (type === "int32") return Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i));
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i));
}

/** Reads an IDX file (unpacked). Source: the format's description at the MNIST database (LeCun, Cortes, Burges). */
export function parseIdx(bytes: Uint8Array): Idx | IdxRejected {
  const [zero, alsoZero, typeCode, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0 || typeCode === undefined || rank === undefined) return reject("the first two bytes are not 0: no IDX file");
  const element = types[typeCode];
  if (element === undefined) return reject(`element type 0x${typeCode.toString(16)} is none of 0x8 (uint8), 0xc (int32), 0xd (float32)`);
  if (rank < 1 || rank > 8) return reject(`${rank} dimensions: expected 1 to 8`);
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) return reject(`${bytes.length} bytes do not hold the header's ${headerBytes}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const wanted = elementCount(shape) * element.bytes;
  const found = bytes.length - headerBytes;
  if (found !== wanted) return reject(`shape [${shape.join(", ")}] of ${element.type} needs ${wanted} bytes, found ${found}`);
  const [items = 0, ...dims] = shape;
  return { kind: "idx", items, dims, type: element.type, values: valuesOf(element.type, bytes.subarray(headerBytes)) };
}

/** Item `i` as a tensor of its own memory. */
export function idxItem(idx: Idx, i: number): Tensor {
  const size = elementCount(idx.dims);
  return { type: idx.type, dims: idx.dims, values: idx.values.slice(i * size, (i + 1) * size) };
}
