import { couponOf, placeOf, rehashed, leadingOf } from "./coupons.js";
import { itemBytes } from "./item-bytes.js";
import { murmur3 } from "./murmur3.js";

/**
 * A HyperLogLog of 2^lgK registers: how many different items were there? Mutable, because it grows with every item; treat it as opaque.
 * Flajolet et al. 2007, with DataSketches' coupons, hash and bytes, so that it merges with theirs.
 */
export interface HllSketch {
  readonly lgK: number;
  /** `list`: up to 8 coupons as they came; `set`: a hash table of coupons; `registers`: the array. */
  mode: "list" | "set" | "registers";
  /** Coupons, 0 for none: the list, or the hash table. Empty in mode `registers`. */
  coupons: Uint32Array;
  couponCount: number;
  registers: Uint8Array;
  /** Historic inverse probability accumulator (Cohen; Ting 2014), the better estimate while items came one by one. */
  hip: number;
  /** Σ 2^−register; exact in doubles, below 2^−31 kept apart. */
  inverseSum: number;
  inverseSumTail: number;
  /** Merged at least once as registers: the accumulator no longer holds. */
  isOutOfOrder: boolean;
}

export const minimumLgK = 4;
export const maximumLgK = 21;
const listSize = 8;
const smallestSet = 32;
/** Below this lgK a table of coupons would be larger than the registers. */
const smallestLgKWithSet = 8;

/** An empty sketch of 2^lgK registers, lgK taken into 4…21. The relative standard error is .83/√2^lgK, 1.3 % at 12, and 1.04/√2^lgK once merged. */
export function emptyHll(lgK = 12): HllSketch {
  return {
    lgK: Math.min(maximumLgK, Math.max(minimumLgK, Math.floor(lgK) || minimumLgK)),
    mode: "list",
    coupons: new Uint32Array(listSize),
    couponCount: 0,
    registers: new Uint8Array(0),
    hip: 0,
    inverseSum: 0,
    inverseSumTail: 0,
    isOutOfOrder: false,
  };
}

/** Takes one item in: a text, a number (as a double) or a bigint (as 64 bits); about a microsecond. */
export function addToHll(sketch: HllSketch, item: string | number | bigint): void {
  addCoupon(sketch, couponOf(murmur3(itemBytes(item))));
}

export function addCoupon(sketch: HllSketch, coupon: number): void {
  if (sketch.mode === "registers") raise(sketch, coupon & (2 ** sketch.lgK - 1), leadingOf(coupon));
  else keepCoupon(sketch, coupon);
}

function keepCoupon(sketch: HllSketch, coupon: number): void {
  const table = sketch.coupons;
  const place = sketch.mode === "list" ? table.findIndex((c) => c === 0 || c === coupon) : placeOf(table, coupon);
  if (place < 0 || table[place] === coupon) return;
  table[place] = coupon;
  sketch.couponCount += 1;
  if (sketch.mode === "list") {
    if (sketch.couponCount < listSize) return;
    if (sketch.lgK < smallestLgKWithSet) {
      promote(sketch);
      return;
    }
    sketch.mode = "set";
    sketch.coupons = rehashed(table, smallestSet);
  } else if (4 * sketch.couponCount > 3 * table.length) {
    if (table.length >= 2 ** (sketch.lgK - 3)) promote(sketch);
    else sketch.coupons = rehashed(table, 2 * table.length);
  }
}

/** From coupons to registers. Nothing was lost so far, so the accumulator starts from the count itself. */
export function promote(sketch: HllSketch): void {
  const { coupons } = sketch;
  const estimate = couponEstimate(sketch.couponCount);
  sketch.mode = "registers";
  sketch.registers = new Uint8Array(2 ** sketch.lgK);
  sketch.inverseSum = sketch.registers.length;
  sketch.inverseSumTail = 0;
  sketch.coupons = new Uint32Array(0);
  for (const coupon of coupons) if (coupon !== 0) raise(sketch, coupon & (sketch.registers.length - 1), leadingOf(coupon));
  sketch.couponCount = 0;
  sketch.hip = estimate;
}

/**
 * Items behind so many different coupons, as in the coupon collector's problem: K(H_K − H_(K−c)). Two items share a coupon with
 * probability 1 in K = 3·2^26.
 */
export function couponEstimate(count: number): number {
  const kinds = 3 * 2 ** 26;
  return -kinds * Math.log1p(-count / kinds) - count / (2 * (kinds - count));
}

function raise(sketch: HllSketch, slot: number, value: number): void {
  const before = sketch.registers[slot] as number;
  if (value <= before) return;
  if (!sketch.isOutOfOrder) sketch.hip += sketch.registers.length / (sketch.inverseSum + sketch.inverseSumTail);
  sketch.registers[slot] = value;
  addInverse(sketch, before, -1);
  addInverse(sketch, value, 1);
}

function addInverse(sketch: HllSketch, value: number, sign: 1 | -1): void {
  if (value < 32) sketch.inverseSum += sign * 2 ** -value;
  else sketch.inverseSumTail += sign * 2 ** -value;
}

/** Sums over the registers anew. */
export function sumInverses(sketch: HllSketch): void {
  sketch.inverseSum = 0;
  sketch.inverseSumTail = 0;
  for (const value of sketch.registers) addInverse(sketch, value, 1);
}

/** A copy with 2^lgK registers, lgK not above the sketch's own. */
function reduced(sketch: Readonly<HllSketch>, lgK: number): HllSketch {
  if (lgK === sketch.lgK) return { ...sketch, coupons: sketch.coupons.slice(), registers: sketch.registers.slice() };
  const out = emptyHll(lgK);
  if (sketch.mode !== "registers") {
    for (const coupon of sketch.coupons) if (coupon !== 0) addCoupon(out, coupon);
    return out;
  }
  out.mode = "registers";
  out.coupons = new Uint32Array(0);
  out.registers = new Uint8Array(2 ** lgK);
  out.isOutOfOrder = true;
  join(out, sketch.registers);
  return out;
}

/** registers ← the larger of both, the other's folded onto ours. */
function join(sketch: HllSketch, other: Uint8Array): void {
  const mask = sketch.registers.length - 1;
  other.forEach((value, slot) => {
    if (value > (sketch.registers[slot & mask] as number)) sketch.registers[slot & mask] = value;
  });
  sumInverses(sketch);
}

/**
 * The sketch of both sets together, of the smaller lgK. Exactly commutative, associative and idempotent in what it knows of the items;
 * neither argument is changed. Two sketches of registers lose the sharper accumulator estimate; an empty side costs nothing.
 */
export function mergeHll(a: Readonly<HllSketch>, b: Readonly<HllSketch>): HllSketch {
  const lgK = Math.min(a.lgK, b.lgK);
  const [x, y] = [reduced(a, lgK), reduced(b, lgK)];
  const [into, from] = y.mode === "registers" && x.mode !== "registers" ? [y, x] : [x, y];
  if (from.mode === "registers") {
    into.isOutOfOrder = true;
    into.hip = 0;
    join(into, from.registers);
  } else {
    for (const coupon of from.coupons) if (coupon !== 0) addCoupon(into, coupon);
  }
  return into;
}
