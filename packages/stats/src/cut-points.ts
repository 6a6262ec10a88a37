import { largestMagnitude } from "./moments.js";

/**
 * The bin of a value: bin i holds cuts[i−1] < value ≤ cuts[i]; the last bin is open above, so `cuts.length` cuts make `cuts.length + 1` bins.
 * `cuts` must ascend strictly. ±∞ fall into the outer bins; NaN gives the first bin, so count it before asking.
 * A halving search with one unpredictable choice a step: 5 steps for 32 bins, no allocation.
 */
export function binIndex(cuts: ArrayLike<number>, value: number): number {
  let start = 0;
  let length = cuts.length;
  while (length > 0) {
    const half = length >> 1;
    if ((cuts[start + half] as number) < value) {
      start += half + 1;
      length -= half + 1;
    } else {
      length = half;
    }
  }
  return start;
}

/** The next double below a finite value. */
export function nextBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const buffer = new DataView(new ArrayBuffer(8));
  buffer.setFloat64(0, value);
  buffer.setBigInt64(0, buffer.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return buffer.getFloat64(0);
}

interface Atom {
  readonly value: number;
  readonly count: number;
}

function atomsOf(values: ArrayLike<number>): Atom[] {
  const sorted = Float64Array.from(values)
    .filter((v) => Math.abs(v) <= largestMagnitude)
    .sort();
  const atoms: { value: number; count: number }[] = [];
  for (const signed of sorted) {
    // Adding 0 makes −0 plain 0, which is what JSON and the wire would make of it.
    const value = signed + 0;
    const last = atoms.at(-1);
    if (last !== undefined && last.value === value) last.count += 1;
    else atoms.push({ value, count: 1 });
  }
  return atoms;
}

/**
 * Cut points that part a reference sample into at most `bins` bins of nearly equal count; strictly ascending, perhaps fewer than bins − 1.
 * A value that repeats so often that it fills a bin gets a bin of its own, so that a change of its share shows. A constant sample c gives
 * [just below c, c]: three bins, of which only the middle one was seen. Values that are no usable number (as in
 * moments) are ignored; an empty sample gives no cut.
 */
export function quantileCuts(values: ArrayLike<number>, bins: number): number[] {
  const atoms = atomsOf(values);
  const [only] = atoms;
  if (only === undefined || bins < 2) return [];
  if (atoms.length === 1) return bins > 2 ? [nextBelow(only.value), only.value] : [only.value];
  let left = atoms.reduce((sum, atom) => sum + atom.count, 0);
  let open = bins;
  let inBin = 0;
  const cuts: number[] = [];
  let previous = only.value;
  for (const { value, count } of atoms) {
    // The target follows what is left, so that heavy atoms do not starve the bins after them.
    if (inBin > 0 && open > 1 && inBin + count / 2 > left / open) {
      cuts.push(previous);
      left -= inBin;
      open -= 1;
      inBin = 0;
    }
    inBin += count;
    previous = value;
  }
  return cuts;
}
