import { rejected, type SketchDecoded, type SketchRejected } from "../decoded.js";
import { largestMagnitude } from "../moments.js";
import { type KllSketch, emptyKll, fitToLevels, maximumK, minimumK, totalCapacity } from "./kll-sketch.js";

/** How items are written; the bytes do not say which, so both ends must know. */
export type KllItemType = "float32" | "float64";

const family = 15;
const width = 8;
const isEmptyFlag = 1;
const isSortedFlag = 2;
const isSingleFlag = 4;
/** Preamble length in 4-byte words. */
const shortPreamble = 2;
const fullPreamble = 5;
/** 2^60 values: beyond any stream, within every integer here. */
const maxLevels = 60;

const itemBytes = (type: KllItemType): number => (type === "float32" ? 4 : 8);

function itemReader(view: DataView, type: KllItemType): (offset: number) => number {
  return type === "float32" ? (offset) => view.getFloat32(offset, true) : (offset) => view.getFloat64(offset, true);
}

/** The sketch in DataSketches' binary form (KLL, serial version 1, 2 for a single item). `notANumber` has no place there and is left out. */
export function encodeKll(sketch: Readonly<KllSketch>, type: KllItemType = "float64"): Uint8Array {
  const size = itemBytes(type);
  const count = sketch.levels.length;
  const isSingle = sketch.n === 1;
  const { held } = sketch;
  const full = sketch.n > 1;
  const bytes = new Uint8Array(full ? 4 * fullPreamble + 4 * count + (held + 2) * size : 8 + held * size);
  const view = new DataView(bytes.buffer);
  bytes[0] = full ? fullPreamble : shortPreamble;
  bytes[1] = isSingle ? 2 : 1;
  bytes[2] = family;
  bytes[3] = (sketch.n === 0 ? isEmptyFlag : 0) | (sketch.isLevelZeroSorted ? isSortedFlag : 0) | (isSingle ? isSingleFlag : 0);
  view.setUint16(4, sketch.k, true);
  bytes[6] = width;
  let offset = 8;
  const put = (value: number): void => {
    if (type === "float32") view.setFloat32(offset, value, true);
    else view.setFloat64(offset, value, true);
    offset += size;
  };
  if (full) {
    view.setBigUint64(8, BigInt(sketch.n), true);
    view.setUint16(16, sketch.minK, true);
    bytes[18] = count;
    offset = 20;
    let start = totalCapacity(sketch.k, count) - held;
    for (const level of sketch.levels) {
      view.setUint32(offset, start, true);
      offset += 4;
      start += level.length;
    }
    put(sketch.min);
    put(sketch.max);
  }
  sketch.levels.forEach((level, height) => {
    // Level 0 grows downwards in the format: the newest item stands first.
    for (let i = 0; i < level.length; i += 1) put(level[height === 0 ? level.length - 1 - i : i] as number);
  });
  return bytes;
}

/** Reads DataSketches' KLL bytes. Everything is checked before anything is built from it: length, order of levels, weights, order and range of items. */
export function decodeKll(bytes: Uint8Array, type: KllItemType = "float64"): SketchDecoded<KllSketch> {
  if (bytes.length < 8) return rejected("stats/truncated", `a KLL sketch has at least 8 bytes, here are ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [preamble, version, kind, flags] = [view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3)];
  const k = view.getUint16(4, true);
  if (kind !== family) return rejected("stats/not-this-sketch", `expected family ${family} (KLL), found ${kind}`);
  if (version !== 1 && version !== 2) return rejected("stats/version", `KLL serial version ${version} is not known here (1 and 2 are)`);
  if (view.getUint8(6) !== width || k < minimumK || k > maximumK) return rejected("stats/corrupt", `KLL of k ${k}, m ${view.getUint8(6)}`);
  const isEmpty = (flags & isEmptyFlag) !== 0;
  const isSingle = (flags & isSingleFlag) !== 0;
  if (preamble !== (isEmpty || isSingle ? shortPreamble : fullPreamble)) return rejected("stats/corrupt", `KLL preamble of ${preamble} words`);
  const sketch = emptyKll(k);
  sketch.isLevelZeroSorted = (flags & isSortedFlag) !== 0;
  if (isEmpty) return bytes.length === 8 ? { kind: "decoded", value: sketch } : rejected("stats/corrupt", "bytes after an empty KLL sketch");
  if (!isSingle) return decodeFull(view, sketch, type);
  if (bytes.length !== 8 + itemBytes(type)) return rejected("stats/truncated", `a KLL sketch of one ${type} has ${8 + itemBytes(type)} bytes`);
  const value = itemReader(view, type)(8);
  if (!(Math.abs(value) <= largestMagnitude)) return rejected("stats/corrupt", "a KLL item that is no number");
  sketch.levels = [[value]];
  sketch.held = 1;
  sketch.n = 1;
  sketch.min = value;
  sketch.max = value;
  return { kind: "decoded", value: sketch };
}

function decodeFull(view: DataView, sketch: KllSketch, type: KllItemType): SketchDecoded<KllSketch> {
  if (view.byteLength < 20) return rejected("stats/truncated", "a KLL preamble cut short");
  const n = view.getBigUint64(8, true);
  const minK = view.getUint16(16, true);
  const count = view.getUint8(18);
  if (n < 1n || n > BigInt(Number.MAX_SAFE_INTEGER)) return rejected("stats/too-large", `a KLL sketch of ${n} values`);
  if (count < 1 || count > maxLevels) return rejected("stats/corrupt", `a KLL sketch of ${count} levels`);
  if (minK < minimumK || minK > sketch.k) return rejected("stats/corrupt", `KLL of k ${sketch.k}, least k ${minK}`);
  const starts = readStarts(view, totalCapacity(sketch.k, count), count);
  if (!Array.isArray(starts)) return starts;
  const size = itemBytes(type);
  const held = (starts[count] as number) - (starts[0] as number);
  const from = 20 + 4 * count;
  if (view.byteLength !== from + (held + 2) * size)
    return rejected("stats/truncated", `a KLL sketch of ${held} ${type} items has ${from + (held + 2) * size} bytes, here are ${view.byteLength}`);
  const weight = starts.slice(1).reduce((sum, end, height) => sum + (end - (starts[height] as number)) * 2 ** height, 0);
  if (BigInt(weight) !== n) return rejected("stats/corrupt", `KLL items stand for ${weight} values, not ${n}`);
  sketch.n = weight;
  sketch.minK = minK;
  return readItems(view, sketch, starts, { from, size, read: itemReader(view, type) });
}

/** Where each level starts, and one more for the end of the last. */
function readStarts(view: DataView, capacity: number, count: number): number[] | SketchRejected {
  if (view.byteLength < 20 + 4 * count) return rejected("stats/truncated", "KLL levels cut short");
  const starts: number[] = [];
  for (let i = 0; i < count; i += 1) starts.push(view.getUint32(20 + 4 * i, true));
  starts.push(capacity);
  if (starts.some((start, i) => i > 0 && start < (starts[i - 1] as number))) return rejected("stats/corrupt", "KLL levels that overlap");
  return starts;
}

interface ItemLayout {
  readonly from: number;
  readonly size: number;
  readonly read: (offset: number) => number;
}

function readItems(view: DataView, sketch: KllSketch, starts: readonly number[], layout: ItemLayout): SketchDecoded<KllSketch> {
  const { from, size, read } = layout;
  const min = read(from);
  const max = read(from + size);
  if (!(min <= max) || !(Math.abs(min) <= largestMagnitude) || !(Math.abs(max) <= largestMagnitude))
    return rejected("stats/corrupt", `a KLL sketch from ${min} to ${max}`);
  let offset = from + 2 * size;
  const levels: number[][] = [];
  for (let height = 0; height + 1 < starts.length; height += 1) {
    const level: number[] = [];
    for (let i = starts[height] as number; i < (starts[height + 1] as number); i += 1, offset += size) {
      const value = read(offset);
      if (!(value >= min && value <= max)) return rejected("stats/corrupt", `a KLL item ${value} outside of ${min}…${max}`);
      if ((height > 0 || sketch.isLevelZeroSorted) && level.length > 0 && value < (level.at(-1) as number))
        return rejected("stats/corrupt", `KLL level ${height} out of order`);
      level.push(value);
    }
    levels.push(height === 0 ? level.reverse() : level);
  }
  if (offset !== view.byteLength) return rejected("stats/corrupt", "bytes after a KLL sketch");
  sketch.levels = levels;
  sketch.held = levels.reduce((sum, level) => sum + level.length, 0);
  fitToLevels(sketch);
  sketch.min = min;
  sketch.max = max;
  return { kind: "decoded", value: sketch };
}
