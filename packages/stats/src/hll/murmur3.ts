/** A 64-bit number is two places of a Uint32Array: low word, then high word. */
type Words = Uint32Array;

/** Appleby's constants, low and high words. */
const c1Low = 0x114253d5;
const c1High = 0x87c37b91;
const c2Low = 0x2745937f;
const c2High = 0x4cf5ad43;
const f1Low = 0xed558ccd;
const f1High = 0xff51afd7;
const f2Low = 0x1a85ec53;
const f2High = 0xc4ceb9fe;

/** Places in the working array: h1, h2, k1, k2. */
const h1 = 0;
const h2 = 2;
const k1 = 4;
const k2 = 6;

/** w[i] ← w[i] · constant mod 2^64. Of 16-bit halves every partial sum stays below 2^32. */
function multiply(w: Words, i: number, low: number, high: number): void {
  const a = w[i] as number;
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = low & 0xffff;
  const b1 = low >>> 16;
  const p00 = a0 * b0;
  const mid = a1 * b0 + (p00 >>> 16);
  const mid2 = a0 * b1 + (mid & 0xffff);
  const carry = a1 * b1 + (mid >>> 16) + (mid2 >>> 16);
  w[i + 1] = carry + Math.imul(w[i + 1] as number, low) + Math.imul(a, high);
  w[i] = (p00 & 0xffff) | (mid2 << 16);
}

/** Turns left by 1…63 places, not by 32. */
function rotateLeft(w: Words, i: number, by: number): void {
  const from = w[by < 32 ? i : i + 1] as number;
  const to = w[by < 32 ? i + 1 : i] as number;
  const rest = by & 31;
  w[i + 1] = (to << rest) | (from >>> (32 - rest));
  w[i] = (from << rest) | (to >>> (32 - rest));
}

function add(w: Words, i: number, low: number, high: number): void {
  const sum = (w[i] as number) + low;
  w[i] = sum;
  w[i + 1] = (w[i + 1] as number) + high + (sum > 0xffffffff ? 1 : 0);
}

function exclusiveOr(w: Words, i: number, j: number): void {
  w[i] = (w[i] as number) ^ (w[j] as number);
  w[i + 1] = (w[i + 1] as number) ^ (w[j + 1] as number);
}

function mixK1(w: Words): void {
  multiply(w, k1, c1Low, c1High);
  rotateLeft(w, k1, 31);
  multiply(w, k1, c2Low, c2High);
  exclusiveOr(w, h1, k1);
}

function mixK2(w: Words): void {
  multiply(w, k2, c2Low, c2High);
  rotateLeft(w, k2, 33);
  multiply(w, k2, c1Low, c1High);
  exclusiveOr(w, h2, k2);
}

/** h ← h·5 + constant, after turning it and adding the other half. */
function stir(w: Words, h: number, by: number, other: number, constant: number): void {
  rotateLeft(w, h, by);
  add(w, h, w[other] as number, w[other + 1] as number);
  multiply(w, h, 5, 0);
  add(w, h, constant, 0);
}

/** h ← h ^ (h >>> 33). */
function shiftXor(w: Words, h: number): void {
  w[h] = (w[h] as number) ^ ((w[h + 1] as number) >>> 1);
}

function finish(w: Words, h: number): void {
  shiftXor(w, h);
  multiply(w, h, f1Low, f1High);
  shiftXor(w, h);
  multiply(w, h, f2Low, f2High);
  shiftXor(w, h);
}

/**
 * MurmurHash3 x64-128 (Appleby, public domain) of some bytes: [h1 low, h1 high, h2 low, h2 high], 32 bits each. Not for secrets. The seed
 * is 32 bits; DataSketches' is 9001.
 */
export function murmur3(bytes: Uint8Array, seed = 9001): Uint32Array {
  const w = new Uint32Array(8);
  w[h1] = seed;
  w[h2] = seed;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - (bytes.length % 16);
  for (let i = 0; i < whole; i += 16) {
    for (let j = 0; j < 4; j += 1) w[k1 + j] = view.getUint32(i + 4 * j, true);
    mixK1(w);
    stir(w, h1, 27, h2, 0x52dce729);
    mixK2(w);
    stir(w, h2, 31, h1, 0x38495ab5);
  }
  w.fill(0, k1);
  for (let i = whole; i < bytes.length; i += 1) {
    const place = k1 + ((i - whole) >> 2);
    w[place] = (w[place] as number) | ((bytes[i] as number) << (8 * ((i - whole) & 3)));
  }
  if (bytes.length - whole > 8) mixK2(w);
  if (bytes.length > whole) mixK1(w);
  w[h1] = (w[h1] as number) ^ bytes.length;
  w[h2] = (w[h2] as number) ^ bytes.length;
  add(w, h1, w[h2] as number, w[h2 + 1] as number);
  add(w, h2, w[h1] as number, w[h1 + 1] as number);
  finish(w, h1);
  finish(w, h2);
  add(w, h1, w[h2] as number, w[h2 + 1] as number);
  add(w, h2, w[h1] as number, w[h1 + 1] as number);
  return w.slice(0, 4);
}
