import { normal, type Random } from "@kedge/core";

/** Vectors that a window may hold instead of independent N(0, 1) in each dimension. */
export interface VectorChange {
  readonly key: string;
  readonly says: string;
  /** Whether it is one of the four that `rffRatioMin` is the least over. */
  readonly isJudged: boolean;
  readonly draw: (dimensions: number, random: Random) => Float64Array;
}

const independent = (dimensions: number, random: Random): Float64Array => Float64Array.from({ length: dimensions }, () => normal(random));

function scaled(factor: number): VectorChange["draw"] {
  return (dimensions, random) => independent(dimensions, random).map((v) => factor * v);
}

/** Every two dimensions correlated, each still N(0, 1). */
function correlated(rho: number): VectorChange["draw"] {
  return (dimensions, random) => {
    const shared = Math.sqrt(rho) * normal(random);
    return independent(dimensions, random).map((v) => Math.sqrt(1 - rho) * v + shared);
  };
}

/** A shift of all dimensions, or of the first alone. */
function shifted(by: number, isFirstAlone: boolean): VectorChange["draw"] {
  return (dimensions, random) => independent(dimensions, random).map((v, i) => (i === 0 || !isFirstAlone ? v + by : v));
}

/** No change; the four judged; and one of them again, so small that neither test always finds it. */
export const vectorChanges: readonly VectorChange[] = [
  { key: "none", says: "no change", isJudged: false, draw: independent },
  { key: "mean", says: "all means +.05", isJudged: true, draw: shifted(0.05, false) },
  { key: "one", says: "one mean +.38", isJudged: true, draw: shifted(0.38, true) },
  { key: "scale", says: "scale 1.08", isJudged: true, draw: scaled(1.08) },
  { key: "correlation", says: "correlation .15", isJudged: true, draw: correlated(0.15) },
  { key: "scaleSmall", says: "scale 1.03", isJudged: false, draw: scaled(1.03) },
];
