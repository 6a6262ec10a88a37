import { largestMagnitude } from "../moments.js";

/**
 * A KLL quantile sketch: a sample in levels, an item of level h standing for 2^h values. Mutable, because it grows with every value; treat
 * it as opaque and use the functions of this folder.
 */
export interface KllSketch {
  readonly k: number;
  /** The smallest k of all sketches merged in while they were estimating: the one that sets the error. */
  minK: number;
  n: number;
  min: number;
  max: number;
  /** Level 0 in order of arrival; all others ascending. */
  levels: number[][];
  isLevelZeroSorted: boolean;
  /** Items in all levels, how many they may be, and how many each level may have: kept up to date so that adding needs no sum. */
  held: number;
  capacity: number;
  limits: readonly number[];
  /** Values left out: NaN, ±∞ and magnitudes no moment could hold. Not part of the DataSketches bytes. */
  notANumber: number;
}

/** Chance for the coin of a compaction: numbers in [0, 1). */
type Random = () => number;

export const minimumK = 8;
export const maximumK = 65_535;
/** Smallest capacity of a level; DataSketches' only supported m. */
const minimumWidth = 8;

/**
 * An empty sketch. k = 200 keeps some 400 to 600 items with a rank error of 1.33 % at 99 % confidence. Karnin, Lang & Liberty 2016. k is
 * taken into 8…65,535.
 */
export function emptyKll(k = 200): KllSketch {
  const bounded = Math.min(maximumK, Math.max(minimumK, Math.floor(k) || minimumK));
  return {
    k: bounded,
    minK: bounded,
    n: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    levels: [[]],
    isLevelZeroSorted: false,
    held: 0,
    capacity: bounded,
    limits: [bounded],
    notANumber: 0,
  };
}

/** Items that level `height` of `count` levels may hold: k·(2/3)^depth, rounded half up in exact integers, at least 8. */
export function levelCapacity(k: number, count: number, height: number): number {
  const depth = count - height - 1;
  if (depth <= 30) return Math.max(minimumWidth, thirds(k, depth));
  const half = depth >> 1;
  return Math.max(minimumWidth, thirds(thirds(k, half), depth - half));
}

function thirds(k: number, depth: number): number {
  const top = 2 * k * 2 ** depth;
  const bottom = 3 ** depth;
  // A rounded quotient could cross an integer; the remainder is exact.
  return Math.floor(((top - (top % bottom)) / bottom + 1) / 2);
}

export function totalCapacity(k: number, count: number): number {
  let sum = 0;
  for (let height = 0; height < count; height += 1) sum += levelCapacity(k, count, height);
  return sum;
}

/** Sets what follows from the number of levels. A new level is rare, and working its capacity out is not cheap. */
export function fitToLevels(sketch: KllSketch): void {
  const { k, levels } = sketch;
  sketch.limits = levels.map((_, height) => levelCapacity(k, levels.length, height));
  sketch.capacity = totalCapacity(k, levels.length);
}

/** Two ascending lists as one. */
function merged(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) out.push(((a[i] as number) < (b[j] as number) ? a[i++] : b[j++]) as number);
  while (i < a.length) out.push(a[i++] as number);
  while (j < b.length) out.push(b[j++] as number);
  return out;
}

/** Every second item of a level goes up, the others are forgotten; an odd one (of level 0 the newest) stays. */
function compact(sketch: KllSketch, height: number, random: Random): void {
  const { levels } = sketch;
  const level = levels[height] as number[];
  const stays = level.length % 2 === 1 ? [(height === 0 ? level.pop() : level.shift()) as number] : [];
  const sorted = height === 0 ? inOrder(level) : level;
  const chosen: number[] = [];
  for (let i = random() < 0.5 ? 0 : 1; i < sorted.length; i += 2) chosen.push(sorted[i] as number);
  levels[height + 1] = merged(chosen, levels[height + 1] ?? []);
  levels[height] = stays;
  sketch.held -= chosen.length;
  if (sketch.limits.length !== levels.length) fitToLevels(sketch);
}

/** Ascending. A handful, which level 0 of a long stream is, goes by insertion; a typed array sorts more of them faster than a list does. */
function inOrder(values: number[]): ArrayLike<number> {
  if (values.length > 32) return new Float64Array(values).sort();
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i] as number;
    let j = i - 1;
    for (; j >= 0 && (values[j] as number) > value; j -= 1) values[j + 1] = values[j] as number;
    values[j + 1] = value;
  }
  return values;
}

/** Takes one value in; some 200 ns, mostly the sorting of level 0 when it is full. A value that is no usable number is counted only. */
export function addToKll(sketch: KllSketch, value: number, random: Random): void {
  if (!(Math.abs(value) <= largestMagnitude)) {
    sketch.notANumber += 1;
    return;
  }
  if (value < sketch.min) sketch.min = value;
  if (value > sketch.max) sketch.max = value;
  if (sketch.held >= sketch.capacity) compact(sketch, fullLevel(sketch), random);
  (sketch.levels[0] as number[]).push(value);
  sketch.held += 1;
  sketch.n += 1;
  sketch.isLevelZeroSorted = false;
}

/** The lowest level at its capacity. */
function fullLevel({ levels, limits }: KllSketch): number {
  for (let height = 0; height < levels.length; height += 1) if ((levels[height] as number[]).length >= (limits[height] as number)) return height;
  return 0;
}

function copyOf(sketch: Readonly<KllSketch>): KllSketch {
  return { ...sketch, levels: sketch.levels.map((level) => level.slice()) };
}

/**
 * The sketch of both streams together, with a's k. Count, smallest, largest and total weight are exact; quantiles keep the error of the
 * smaller k. Nothing is lost while both are exact. Neither argument is changed.
 */
export function mergeKll(a: Readonly<KllSketch>, b: Readonly<KllSketch>, random: Random): KllSketch {
  const out = copyOf(a);
  out.notANumber = a.notANumber + b.notANumber;
  if (b.n === 0) return out;
  out.min = Math.min(a.min, b.min);
  out.max = Math.max(a.max, b.max);
  const n = a.n + b.n;
  for (const value of b.levels[0] as number[]) addToKll(out, value, random);
  for (let height = 1; height < b.levels.length; height += 1) out.levels[height] = merged(out.levels[height] ?? [], b.levels[height] as number[]);
  out.held = out.levels.reduce((sum, level) => sum + level.length, 0);
  fitToLevels(out);
  out.n = n;
  if (b.levels.length > 1) out.minK = Math.min(out.minK, b.minK);
  compress(out, random);
  return out;
}

/** Compacts from below until the whole fits; may add levels. */
function compress(sketch: KllSketch, random: Random): void {
  for (let height = 0; height < sketch.levels.length; height += 1) {
    const isFull = (sketch.levels[height] as number[]).length >= (sketch.limits[height] as number);
    if (!isFull || sketch.held < sketch.capacity) continue;
    compact(sketch, height, random);
    if (height === 0) sketch.isLevelZeroSorted = false;
  }
}
