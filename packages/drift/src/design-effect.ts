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
  readonly pairs: number;
}

/** Before the first window. */
export const noSpread: Spread = { shares: [], rows: 0, sum: 0, pairs: 0 };

/** What is taken for the design effect before anything is known: careful, since a wrong alarm at the start costs more than a late one. */
const unknownEffect = 4;
/** Pairs that such a guess, or what is known of other devices, counts for. */
const guessPairs = 8;
/** A pair counts at most so many times what is expected: the step of a real change is no sign of rows that hang together. */
const mostPerPair = 6;
/** Pairs remembered: later ones push earlier ones out slowly, since sensors change their ways. */
const mostPairs = 500;
/** Independent differences in one pair: the shares below several cuts move together. */
const degreesPerPair = 1.5;

/** The mean design effect of one feature over devices of the same kind. */
export function pooledEffect(spreads: Iterable<Spread>): number {
  let sum = unknownEffect * guessPairs;
  let pairs = guessPairs;
  for (const spread of spreads) {
    sum += spread.sum;
    pairs += spread.pairs;
  }
  return sum / pairs;
}

/** A device's design effect, half a standard error above its estimate and never below 1; `pooled` is what devices of its kind have. */
export function designEffectOf(spread: Spread, pooled: number): number {
  const pairs = spread.pairs + guessPairs;
  const estimate = (spread.sum + guessPairs * pooled) / pairs;
  const uncertain = Math.sqrt(2 / (degreesPerPair * pairs)) / 2;
  return Math.max(1, estimate * (1 + uncertain));
}

/** The spread after one more window with these shares of `rows` rows below the cuts; `expected` are the shares that are usual. */
export function nextSpread(spread: Spread, shares: readonly number[], expected: readonly number[], rows: number, pooled: number): Spread {
  if (shares.length === 0 || spread.rows === 0) return { ...spread, shares, rows };
  let square = 0;
  shares.forEach((share, j) => {
    // Of the two shares and the usual one, what varies most: a feature that moved into a tail is not suddenly quiet.
    const middle = (share + (spread.shares[j] ?? share)) / 2;
    const p = Math.abs(middle - 0.5) < Math.abs((expected[j] ?? 0.5) - 0.5) ? middle : (expected[j] ?? 0.5);
    square += (share - (spread.shares[j] ?? share)) ** 2 / (Math.max(1e-3, p * (1 - p)) * (1 / rows + 1 / spread.rows));
  });
  const now = (spread.sum + guessPairs * pooled) / (spread.pairs + guessPairs);
  const fade = spread.pairs < mostPairs ? 1 : 1 - 1 / mostPairs;
  return { shares, rows, sum: fade * spread.sum + Math.min(square / shares.length, mostPerPair * Math.max(1, now)), pairs: fade * spread.pairs + 1 };
}
