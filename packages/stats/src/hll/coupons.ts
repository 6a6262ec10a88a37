/**
 * A coupon is what a HyperLogLog keeps of an item: the low 26 bits of one half of its hash, and above them the number of leading zeros of the
 * other half plus one (1…63). Few items are kept as coupons, without loss; many as registers.
 */
export const addressBits = 26;
export const addressMask = 0x3ffffff;

export function couponOf(hash: Uint32Array): number {
  const low = hash[2] as number;
  const high = hash[3] as number;
  const zeros = high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low);
  return ((Math.min(62, zeros) + 1) * 2 ** addressBits + ((hash[0] as number) & addressMask)) >>> 0;
}

export const leadingOf = (coupon: number): number => coupon >>> addressBits;

/**
 * Where a coupon stands, or would stand, in a table of a power of two places, 0 being free: open addressing with a stride from the coupon,
 * as DataSketches does, so that tables written out agree. The table must not be full.
 */
export function placeOf(table: Uint32Array, coupon: number): number {
  const mask = table.length - 1;
  const stride = ((coupon & addressMask) >>> Math.log2(table.length)) | 1;
  let place = coupon & mask;
  for (let tries = 0; tries < table.length; tries += 1) {
    if (table[place] === 0 || table[place] === coupon) return place;
    place = (place + stride) & mask;
  }
  return -1;
}

/** The same coupons in a table of another size. */
export function rehashed(coupons: Iterable<number>, size: number): Uint32Array {
  const table = new Uint32Array(size);
  for (const coupon of coupons) if (coupon !== 0) table[placeOf(table, coupon)] = coupon;
  return table;
}
