import { rejected, type SketchDecoded } from "./decoded.js";
import { largestMagnitude } from "./moments.js";
import { normalQuantile } from "./special/normal.js";

/** What makes two random feature maps the same: they agree in all of these. */
export interface RandomFeatureSpec {
  readonly seed: number;
  /** Length of the vectors. */
  readonly dimensions: number;
  /** Frequencies F; the map has 2F outputs. 64, 128, 256 take 260, 516, 1,028 bytes as int16 with their count. */
  readonly features: number;
  /** Distance at which vectors begin to differ; the median distance between reference vectors is a good choice. */
  readonly bandwidth: number;
}

/** A map φ(x) = [cos Wx, sin Wx]/√F, whose inner product approximates a Gaussian kernel of the bandwidth (Rahimi & Recht 2007). */
export interface RandomFeatures {
  readonly spec: RandomFeatureSpec;
  /** W, row after row. */
  readonly frequencies: Float64Array;
}

function gaussianRows(count: number, random: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => normalQuantile(Math.min(1 - 2 ** -33, Math.max(2 ** -33, random()))));
}

/** Turns the rows of a block into an orthogonal set of the same lengths (Gram-Schmidt). */
function orthogonalise(rows: Float64Array, first: number, count: number, size: number): void {
  for (let i = first; i < first + count; i += 1) {
    const row = rows.subarray(i * size, (i + 1) * size);
    const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    for (let j = first; j < i; j += 1) {
      const other = rows.subarray(j * size, (j + 1) * size);
      const square = other.reduce((sum, v) => sum + v * v, 0);
      const dot = row.reduce((sum, v, k) => sum + v * (other[k] as number), 0);
      if (square > 0) for (let k = 0; k < size; k += 1) row[k] = (row[k] as number) - (dot / square) * (other[k] as number);
    }
    const left = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    if (left > 0) for (let k = 0; k < size; k += 1) row[k] = ((row[k] as number) * length) / left;
  }
}

/**
 * The map of a spec; the same on every machine that has the same generator. Frequencies are orthogonal in blocks, which approximates the
 * kernel better than independent ones do (Yu et al. 2016). `seeded` makes a generator of numbers in [0, 1) from the seed.
 */
export function randomFeatures(spec: RandomFeatureSpec, seeded: (seed: number) => () => number): RandomFeatures {
  const { bandwidth, dimensions, features } = spec;
  const frequencies = gaussianRows(dimensions * features, seeded(spec.seed));
  for (let first = 0; first < features; first += dimensions) orthogonalise(frequencies, first, Math.min(dimensions, features - first), dimensions);
  for (let i = 0; i < frequencies.length; i += 1) frequencies[i] = (frequencies[i] as number) / bandwidth;
  return { spec, frequencies };
}

/** Writes φ(vector) into `out` (2F places) without allocating. False, and `out` in part written, for a vector of another length or with a NaN or ∞. */
export function mapInto(map: RandomFeatures, vector: ArrayLike<number>, out: Float64Array): boolean {
  const { dimensions, features } = map.spec;
  if (vector.length !== dimensions) return false;
  const scale = 1 / Math.sqrt(features);
  for (let f = 0; f < features; f += 1) {
    let angle = 0;
    for (let d = 0; d < dimensions; d += 1) angle += (map.frequencies[f * dimensions + d] as number) * (vector[d] as number);
    if (!(Math.abs(angle) <= largestMagnitude)) return false;
    out[f] = Math.cos(angle) * scale;
    out[features + f] = Math.sin(angle) * scale;
  }
  return true;
}

/** The sum of φ over a window: linear, so it merges, subtracts and splits exactly. Mutable. */
export interface FeatureSum {
  readonly spec: RandomFeatureSpec;
  rows: number;
  readonly sum: Float64Array;
  /** Vectors left out: of another length, or with a NaN or ∞. */
  notANumber: number;
}

/** The sum of no vectors yet. */
export function emptyFeatureSum(spec: RandomFeatureSpec): FeatureSum {
  return { spec, rows: 0, sum: new Float64Array(2 * spec.features), notANumber: 0 };
}

/** Takes one vector in; `scratch` (2F places) keeps the path free of allocation. */
export function addToFeatureSum(sum: FeatureSum, map: RandomFeatures, vector: ArrayLike<number>, scratch: Float64Array): void {
  if (!mapInto(map, vector, scratch)) {
    sum.notANumber += 1;
    return;
  }
  sum.rows += 1;
  for (let i = 0; i < scratch.length; i += 1) sum.sum[i] = (sum.sum[i] as number) + (scratch[i] as number);
}

function sameSpec(a: RandomFeatureSpec, b: RandomFeatureSpec): boolean {
  return a.seed === b.seed && a.dimensions === b.dimensions && a.features === b.features && a.bandwidth === b.bandwidth;
}

/** The sum of both windows; sums of different maps are refused by name. */
export function mergeFeatureSums(a: FeatureSum, b: FeatureSum): SketchDecoded<FeatureSum> {
  if (!sameSpec(a.spec, b.spec)) return rejected("stats/incompatible", `feature sums of two maps: ${JSON.stringify(a.spec)} and ${JSON.stringify(b.spec)}`);
  const sum = a.sum.map((v, i) => v + (b.sum[i] as number));
  return { kind: "decoded", value: { spec: a.spec, rows: a.rows + b.rows, sum, notANumber: a.notANumber + b.notANumber } };
}

/** The mean as int16, scaled so that ±1/√F is ±32,767: 4F bytes and an error of 1.5e-5/√F. */
export function quantiseFeatureSum(sum: FeatureSum): Int16Array {
  const scale = sum.rows > 0 ? (32_767 * Math.sqrt(sum.spec.features)) / sum.rows : 0;
  return Int16Array.from(sum.sum, (v) => Math.round(Math.max(-32_767, Math.min(32_767, v * scale))));
}

/** The sum behind a quantised mean of `rows` vectors. */
export function restoreFeatureSum(spec: RandomFeatureSpec, mean: Int16Array, rows: number): SketchDecoded<FeatureSum> {
  if (mean.length !== 2 * spec.features) return rejected("stats/incompatible", `${mean.length} feature means for ${spec.features} frequencies`);
  if (!(rows >= 0 && rows <= Number.MAX_SAFE_INTEGER)) return rejected("stats/corrupt", `feature means of ${rows} rows`);
  const scale = rows / (32_767 * Math.sqrt(spec.features));
  return { kind: "decoded", value: { spec, rows, sum: Float64Array.from(mean, (v) => v * scale), notANumber: 0 } };
}
