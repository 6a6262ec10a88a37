/**
 * How much less than one row a row tells. Rows of a sensor hang together (a camera sees the same table for an hour), so that n of them tell
 * as much as n / d independent ones, d being the design effect (Kish 1965). It is estimated from how far the shares below a few cuts lie apart
 * in neighbouring windows, against what independent rows would do: half the mean square of successive differences (von Neumann 1941), which
 * a change of level shifts by one difference only. Plain numbers, so that it can be stored.
 */
export interface Spread {
  /** Shares below the cuts in the latest window, and its rows. */
  readonly shares: readonly number[];
  readonly rows: number;
  /** Sum over pairs of neighbouring windows of their squared differences, 1 each in the mean for independent rows. */
  readonly sum: number;
  /** The same of the mean of all shares, which follows the level of the values; 0 for words. */
  readonly level: number;
  readonly pairs: number;
}

/**
 * Design effects of one feature: of shares below single cuts, which bets are made on, and of the level, which tests look at too and in which rows of a
 * slow sensor hang together most (for x ← .9 x + ε some 11 and 18).
 */
export interface Effects {
  readonly cuts: number;
  readonly level: number;
}

/** The mean over devices of the same kind, and how many pairs of windows it is of. */
export interface PooledEffects extends Effects {
  readonly pairs: number;
}

/** Before the first window. */
export const noSpread: Spread = { shares: [], rows: 0, sum: 0, level: 0, pairs: 0 };

/** What is taken for the design effect before anything is known: careful, since a wrong alarm at the start costs more than a late one. */
const unknownEffect = 4;
/** While hardly anything is known of any device, a look takes so much more, which comes to a slow sensor's: its first minutes are no evidence. */
const startCare = 2.6;
/** Pairs of the whole fleet after which half of that care is left. */
const carePairs = 2;
/**
 * Pairs that such a guess, or what is known of other devices, counts for. The level is one number a pair where cuts are several, so that a device's own is
 * believed later: the larger of two noisy estimates would make every device seem slow.
 */
const guessPairs = { cuts: 8, level: 32 } as const;
/** A pair counts at most so many times what is expected: the step of a real change is no sign of rows that hang together. */
const mostPerPair = 6;
/** Pairs remembered: later ones push earlier ones out slowly, since sensors change their ways. */
const mostPairs = 500;
/** Independent differences in one pair: the shares below several cuts move together. */
const degreesPerPair = { cuts: 1.5, level: 1 } as const;

/** The mean design effects of one feature over devices of the same kind. */
export function pooledEffect(spreads: Iterable<Spread>): PooledEffects {
  let [cuts, level, pairs] = [0, 0, 0];
  for (const spread of spreads) {
    cuts += spread.sum;
    level += spread.level;
    pairs += spread.pairs;
  }
  const { cuts: guess } = guessPairs;
  return { cuts: estimate(cuts, { of: unknownEffect, pairs: guess }, pairs), level: estimate(level, { of: unknownEffect, pairs: guess }, pairs), pairs };
}

function estimate(sum: number, guess: { readonly of: number; readonly pairs: number }, pairs: number): number {
  return (sum + guess.pairs * guess.of) / (pairs + guess.pairs);
}

/** A device's design effects, half a standard error above their estimates and never below 1; `pooled` is what devices of its kind have. */
export function designEffectsOf({ sum, level, pairs }: Spread, pooled: Effects): Effects {
  const above = (kind: keyof Effects): number => 1 + Math.sqrt(2 / (degreesPerPair[kind] * (pairs + guessPairs[kind]))) / 2;
  return {
    cuts: Math.max(1, estimate(sum, { of: pooled.cuts, pairs: guessPairs.cuts }, pairs) * above("cuts")),
    level: Math.max(1, estimate(level, { of: pooled.level, pairs: guessPairs.level }, pairs) * above("level")),
  };
}

/**
 * The design effect that a look counts a device's rows by: its tests see level and single bins alike, so that the larger one counts; and more, while little
 * is known of the fleet.
 */
export function lookEffectOf(spread: Spread, pooled: PooledEffects): number {
  const { cuts, level } = designEffectsOf(spread, pooled);
  return Math.max(cuts, level) * (1 + startCare / (1 + pooled.pairs / carePairs));
}

/** What one window more is held against. */
export interface SpreadStep {
  /** The shares that are usual. */
  readonly expected: readonly number[];
  /** Whether they are those below ascending cuts, and not of words. */
  readonly isOrdered: boolean;
  readonly pooled: Effects;
}

/** The spread after one more window with these shares of `rows` rows below the cuts. */
export function nextSpread(spread: Spread, shares: readonly number[], rows: number, { expected, isOrdered, pooled }: SpreadStep): Spread {
  if (shares.length === 0 || spread.rows === 0) return { ...spread, shares, rows };
  const noise = 1 / rows + 1 / spread.rows;
  const apart = shares.map((share, j) => share - (spread.shares[j] ?? share));
  const likely = shares.map((share, j) => {
    // Of the two shares and the usual one, what varies most: a feature that moved into a tail is not suddenly quiet.
    const middle = share - (apart[j] ?? 0) / 2;
    const usual = expected[j] ?? 0.5;
    return Math.abs(middle - 0.5) < Math.abs(usual - 0.5) ? middle : usual;
  });
  const square = apart.reduce((sum, d, j) => sum + (d * d) / (Math.max(1e-3, variance(likely[j] ?? 0.5)) * noise), 0) / shares.length;
  const levelSquare = isOrdered ? apart.reduce((sum, d) => sum + d, 0) ** 2 / (sumVariance(likely) * noise) : 0;
  const fade = spread.pairs < mostPairs ? 1 : 1 - 1 / mostPairs;
  const add = (sum: number, one: number, kind: keyof Effects): number =>
    fade * sum + Math.min(one, mostPerPair * Math.max(1, estimate(sum, { of: pooled[kind], pairs: guessPairs[kind] }, spread.pairs)));
  return { shares, rows, sum: add(spread.sum, square, "cuts"), level: add(spread.level, levelSquare, "level"), pairs: fade * spread.pairs + 1 };
}

const variance = (p: number): number => p * (1 - p);

/** Of how many cuts a value is below, when the shares below them are these: Σ min(p, q) − p q over all pairs. */
function sumVariance(shares: readonly number[]): number {
  let sum = 0;
  for (const p of shares) for (const q of shares) sum += Math.min(p, q) - p * q;
  return Math.max(1e-3, sum);
}
