import { binomialPmf } from "../special/binomial.js";

/** P-values of a two-by-two table. */
export interface FisherResult {
  /** Sum of the tables no likelier than this one, as in R and SciPy. */
  readonly pTwoSided: number;
  /** P of this few or fewer successes on the first side. */
  readonly pLess: number;
  /** P of this many or more successes on the first side. */
  readonly pGreater: number;
  /** Sample odds ratio ad/bc; ∞ when only bc is 0, NaN when both are. */
  readonly oddsRatio: number;
}

interface Table {
  readonly low: number;
  readonly high: number;
  readonly pmf: (k: number) => number;
  /** pmf(k + 1) / pmf(k). */
  readonly ratio: (k: number) => number;
}

/** The hypergeometric law of the first cell, given the margins; Loader's form keeps its accuracy at millions of rows. */
function tableOf(a: number, b: number, c: number, d: number): Table {
  const row = a + b;
  const other = c + d;
  const column = a + c;
  const share = column / (row + other);
  const whole = binomialPmf(column, row + other, share);
  return {
    low: Math.max(0, column - other),
    high: Math.min(row, column),
    pmf: (k) => (binomialPmf(k, row, share) * binomialPmf(column - k, other, share)) / whole,
    ratio: (k) => ((row - k) * (column - k)) / ((k + 1) * (other - column + k + 1)),
  };
}

/** Σ pmf from k outward in direction `step`, stopped when what follows no longer counts. */
function tail(table: Table, k: number, step: 1 | -1): number {
  let term = table.pmf(k);
  let sum = term;
  for (let i = k; step === 1 ? i < table.high : i > table.low; i += step) {
    term = step === 1 ? term * table.ratio(i) : term / table.ratio(i - 1);
    sum += term;
    if (term < sum * 1e-18) break;
  }
  return sum;
}

/** The two-sided sum: this tail, and of the other side all that is no likelier. */
function bothTails(table: Table, k: number): number {
  const limit = table.pmf(k) * (1 + 1e-7);
  const mode = modeOf(table);
  if (table.pmf(mode) <= limit) return 1;
  const step = k < mode ? -1 : 1;
  let inside = mode;
  let outside = step === -1 ? table.high + 1 : table.low - 1;
  while (Math.abs(outside - inside) > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (table.pmf(middle) <= limit) outside = middle;
    else inside = middle;
  }
  const hasOther = outside >= table.low && outside <= table.high;
  return Math.min(1, tail(table, k, step) + (hasOther ? tail(table, outside, step === -1 ? 1 : -1) : 0));
}

/** The likeliest value: the first whose successor is less likely. */
function modeOf(table: Table): number {
  let low = table.low;
  let high = table.high;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (table.ratio(middle) < 1) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Fisher's exact test of the table [[a, b], [c, d]] (successes and failures of two sides). An empty margin gives 1 throughout. */
export function fisherExact(a: number, b: number, c: number, d: number): FisherResult {
  const oddsRatio = (a * d) / (b * c);
  if (a + b === 0 || c + d === 0 || a + c === 0 || b + d === 0) return { pTwoSided: 1, pLess: 1, pGreater: 1, oddsRatio };
  const table = tableOf(a, b, c, d);
  const less = tail(table, a, -1);
  const greater = tail(table, a, 1);
  const here = table.pmf(a);
  // The side beyond the mode is summed as a complement, because a tail sum may stop early only where terms fall.
  const pLess = a > modeOf(table) ? Math.min(1, 1 - greater + here) : less;
  const pGreater = a < modeOf(table) ? Math.min(1, 1 - less + here) : greater;
  return { pTwoSided: bothTails(table, a), pLess: Math.min(1, pLess), pGreater: Math.min(1, pGreater), oddsRatio };
}

/** The smaller of Fisher's one-sided p-values, by summing that one tail alone. 1 for an empty margin. */
export function fisherTail(a: number, b: number, c: number, d: number): number {
  if (a + b === 0 || c + d === 0 || a + c === 0 || b + d === 0) return 1;
  const isAbove = a * (c + d) >= c * (a + b);
  return Math.min(1, tail(tableOf(a, b, c, d), a, isAbove ? 1 : -1));
}
