import { rejected, type SketchDecoded, type SketchRejected } from "../decoded.js";
import { addressBits, addressMask, placeOf, leadingOf } from "./coupons.js";
import { emptyHll, type HllSketch, maximumLgK, minimumLgK, promote, sumInverses } from "./hll-sketch.js";

/** Bits a register takes when written; both hold the same. */
export type HllWidth = 4 | 8;

const family = 7;
const version = 1;
const isEmptyFlag = 4;
const isCompactFlag = 8;
const isOutOfOrderFlag = 16;
const modes = ["list", "set", "registers"] as const;
const preambles = { list: 2, set: 3, registers: 10 } as const;
const dataStart = { list: 8, set: 12, registers: 40 } as const;
/** A nibble of this value says: look among the exceptions. */
const exception = 15;
/** log2 of the smallest table of exceptions, by lgK. */
const smallestTable = [0, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13] as const;

/** The sketch in DataSketches' compact binary form, with registers of 4 or 8 bits. */
export function encodeHll(sketch: Readonly<HllSketch>, width: HllWidth = 4): Uint8Array {
  const { mode } = sketch;
  const body = mode === "registers" ? encodeRegisters(sketch, width) : encodeCoupons(sketch);
  const bytes = new Uint8Array(dataStart[mode] + body.data.length);
  const isEmpty = mode === "list" && sketch.couponCount === 0;
  bytes.set([preambles[mode], version, family, sketch.lgK, body.lgTable], 0);
  bytes[5] = isCompactFlag | (isEmpty ? isEmptyFlag : 0) | (sketch.isOutOfOrder ? isOutOfOrderFlag : 0);
  bytes[6] = body.minimum;
  bytes[7] = modes.indexOf(mode) | (width === 4 ? 0 : 8);
  const view = new DataView(bytes.buffer);
  if (mode === "set") view.setUint32(8, sketch.couponCount, true);
  if (mode === "registers") {
    view.setFloat64(8, sketch.hip, true);
    view.setFloat64(16, sketch.inverseSum, true);
    view.setFloat64(24, sketch.inverseSumTail, true);
    view.setUint32(32, body.atMinimum, true);
    view.setUint32(36, body.exceptions, true);
  }
  bytes.set(body.data, dataStart[mode]);
  return bytes;
}

interface Body {
  readonly data: Uint8Array;
  readonly lgTable: number;
  readonly minimum: number;
  readonly atMinimum: number;
  readonly exceptions: number;
}

function wordsOf(words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return new Uint8Array(view.buffer);
}

function encodeCoupons(sketch: Readonly<HllSketch>): Body {
  const data = wordsOf([...sketch.coupons].filter((coupon) => coupon !== 0));
  const minimum = sketch.mode === "list" ? sketch.couponCount : 0;
  return { data, lgTable: Math.log2(sketch.coupons.length), minimum, atMinimum: 0, exceptions: 0 };
}

function encodeRegisters(sketch: Readonly<HllSketch>, width: HllWidth): Body {
  const { registers } = sketch;
  const minimum = width === 8 ? 0 : registers.reduce((least, value) => Math.min(least, value), 63);
  const atMinimum = registers.reduce((count, value) => count + (value === minimum ? 1 : 0), 0);
  if (width === 8) return { data: registers.slice(), lgTable: 0, minimum, atMinimum, exceptions: 0 };
  const nibbles = new Uint8Array(registers.length / 2);
  const exceptions: number[] = [];
  registers.forEach((value, slot) => {
    const shifted = Math.min(exception, value - minimum);
    nibbles[slot >> 1] = (nibbles[slot >> 1] as number) | (shifted << (4 * (slot & 1)));
    if (shifted === exception) exceptions.push((value * 2 ** addressBits + slot) >>> 0);
  });
  const table = exceptionTable(exceptions, sketch.lgK);
  const data = new Uint8Array(nibbles.length + 4 * exceptions.length);
  data.set(nibbles);
  data.set(wordsOf([...table].filter((pair) => pair !== 0)), nibbles.length);
  return { data, lgTable: exceptions.length === 0 ? 0 : Math.log2(table.length), minimum, atMinimum, exceptions: exceptions.length };
}

/** Exceptions in the order of DataSketches' hash table, keyed by slot. */
function exceptionTable(pairs: readonly number[], lgK: number): Uint32Array {
  let size = 2 ** (smallestTable[lgK] ?? 2);
  while (4 * pairs.length > 3 * size) size *= 2;
  const table = new Uint32Array(size);
  for (const pair of pairs) {
    const slot = pair & (2 ** lgK - 1);
    const stride = (slot >>> Math.log2(size)) | 1;
    let place = slot & (size - 1);
    while (table[place] !== 0) place = (place + stride) & (size - 1);
    table[place] = pair;
  }
  return table;
}

/** Reads DataSketches' compact HLL bytes of 4 or 8 bits. Length and every coupon or register are checked before anything is believed. */
export function decodeHll(bytes: Uint8Array): SketchDecoded<HllSketch> {
  if (bytes.length < 8) return rejected("stats/truncated", `an HLL sketch has at least 8 bytes, here are ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [preamble, found, kind, lgK] = [view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3)];
  const [flags, count, modeByte] = [view.getUint8(5), view.getUint8(6), view.getUint8(7)];
  if (kind !== family) return rejected("stats/not-this-sketch", `expected family ${family} (HLL), found ${kind}`);
  if (found !== version) return rejected("stats/version", `HLL serial version ${found} is not known here (${version} is)`);
  if (lgK < minimumLgK || lgK > maximumLgK) return rejected("stats/corrupt", `HLL of lgK ${lgK}`);
  const mode = modes[modeByte & 3];
  const width = (modeByte >> 2) & 3;
  if (mode === undefined || preamble !== preambles[mode]) return rejected("stats/corrupt", `HLL preamble of ${preamble} words in mode ${modeByte & 3}`);
  if (width === 1) return rejected("stats/version", "an HLL sketch of 6 bits; 4 and 8 are read");
  if (width > 2) return rejected("stats/corrupt", `an HLL sketch of type ${width}`);
  // With 8 bits the two forms of registers are one, and Java does not set the flag.
  if ((flags & isCompactFlag) === 0 && !(mode === "registers" && width === 2))
    return rejected("stats/version", "an HLL sketch in updatable form; only the compact form is read");
  if (bytes.length < dataStart[mode]) return rejected("stats/truncated", "an HLL preamble cut short");
  const sketch = emptyHll(lgK);
  if (mode !== "registers") return decodeCoupons(view, sketch, mode === "list" ? count : view.getUint32(8, true), mode);
  const isOutOfOrder = (flags & isOutOfOrderFlag) !== 0;
  const hip = view.getFloat64(8, true);
  if (!isOutOfOrder && !(hip >= 0 && hip < 1e18)) return rejected("stats/corrupt", `an HLL accumulator of ${hip}`);
  // Before 2 MiB of registers are made for forty bytes that claim them.
  const least = dataStart.registers + 2 ** lgK / (width === 0 ? 2 : 1);
  if (bytes.length < least) return rejected("stats/truncated", `${2 ** lgK} HLL registers in ${bytes.length} bytes`);
  promote(sketch);
  const refusal = width === 0 ? readNibbles(view, sketch, count) : readBytes(view, sketch);
  if (refusal !== undefined) return refusal;
  sumInverses(sketch);
  sketch.isOutOfOrder = isOutOfOrder;
  sketch.hip = isOutOfOrder ? 0 : hip;
  return { kind: "decoded", value: sketch };
}

function decodeCoupons(view: DataView, sketch: HllSketch, count: number, mode: "list" | "set"): SketchDecoded<HllSketch> {
  const start = dataStart[mode];
  const most = mode === "list" ? 7 : Math.floor((3 * 2 ** (sketch.lgK - 3)) / 4);
  if (count > most || (mode === "set" && sketch.lgK < 8)) return rejected("stats/corrupt", `${count} HLL coupons in a ${mode} of lgK ${sketch.lgK}`);
  if (view.byteLength !== start + 4 * count) return rejected("stats/truncated", `${count} HLL coupons in ${view.byteLength} bytes`);
  if (mode === "set") {
    let size = 32;
    while (4 * count > 3 * size) size *= 2;
    sketch.mode = "set";
    sketch.coupons = new Uint32Array(size);
  }
  for (let i = 0; i < count; i += 1) {
    const coupon = view.getUint32(start + 4 * i, true);
    const place = mode === "list" ? sketch.coupons.findIndex((c) => c === 0 || c === coupon) : placeOf(sketch.coupons, coupon);
    if (leadingOf(coupon) === 0 || place < 0 || sketch.coupons[place] === coupon) return rejected("stats/corrupt", `the HLL coupon ${coupon}`);
    sketch.coupons[place] = coupon;
  }
  sketch.couponCount = count;
  return { kind: "decoded", value: sketch };
}

function readBytes(view: DataView, sketch: HllSketch): SketchRejected | undefined {
  const { registers } = sketch;
  if (view.byteLength !== dataStart.registers + registers.length)
    return rejected("stats/truncated", `${registers.length} HLL registers in ${view.byteLength} bytes`);
  for (let slot = 0; slot < registers.length; slot += 1) {
    const value = view.getUint8(dataStart.registers + slot);
    if (value > 63) return rejected("stats/corrupt", `an HLL register of ${value}`);
    registers[slot] = value;
  }
  return undefined;
}

function readNibbles(view: DataView, sketch: HllSketch, minimum: number): SketchRejected | undefined {
  const { registers } = sketch;
  const exceptions = view.getUint32(36, true);
  const tail = dataStart.registers + registers.length / 2;
  if (exceptions > registers.length || view.byteLength !== tail + 4 * exceptions)
    return rejected("stats/truncated", `${registers.length} HLL registers of 4 bits and ${exceptions} exceptions in ${view.byteLength} bytes`);
  let waiting = 0;
  for (let slot = 0; slot < registers.length; slot += 1) {
    const nibble = (view.getUint8(dataStart.registers + (slot >> 1)) >> (4 * (slot & 1))) & 15;
    if (nibble === exception) waiting += 1;
    if (nibble + minimum > 63) return rejected("stats/corrupt", `an HLL register of ${nibble + minimum}`);
    registers[slot] = nibble === exception ? 255 : nibble + minimum;
  }
  for (let i = 0; i < exceptions; i += 1) {
    const pair = view.getUint32(tail + 4 * i, true);
    const slot = pair & addressMask;
    if (registers[slot] !== 255 || leadingOf(pair) < minimum + exception) return rejected("stats/corrupt", `the HLL exception ${pair}`);
    registers[slot] = leadingOf(pair);
    waiting -= 1;
  }
  return waiting === 0 ? undefined : rejected("stats/corrupt", `${waiting} HLL registers without their exception`);
}
