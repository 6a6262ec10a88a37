/** Counts per cell (bin or category). Typed arrays and plain arrays are equally good; nothing is changed in place. */
export type Counts = ArrayLike<number>;

export function total(counts: Counts): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) sum += counts[i] as number;
  return sum;
}

/** Cells of `counts` up to the longer of both vectors; absent cells count nothing. */
export function at(counts: Counts, index: number): number {
  return counts[index] ?? 0;
}

/** How many cells hold anything in either vector. */
export function occupied(a: Counts, b: Counts): number {
  let cells = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) if (at(a, i) + at(b, i) > 0) cells += 1;
  return cells;
}
