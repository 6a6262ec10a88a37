import { binIndex } from "@kedge/stats";

/** Counts of values in the bins that cuts make. */
export function countsOf(cuts: readonly number[], values: ArrayLike<number>): number[] {
  const counts = new Array<number>(cuts.length + 1).fill(0);
  for (let i = 0; i < values.length; i += 1) {
    const bin = binIndex(cuts, values[i] as number);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** Named counters of alarms over trials. */
export class Tally {
  readonly #hits = new Map<string, number>();
  trials = 0;

  /** Notes what one rule said in the trial at hand. */
  note(rule: string, hasFired: boolean): void {
    this.#hits.set(rule, (this.#hits.get(rule) ?? 0) + (hasFired ? 1 : 0));
  }
  hits(rule: string): number {
    return this.#hits.get(rule) ?? 0;
  }
  /** Shares of all rules but one, by name. */
  sharesWithout(rule: string): Record<string, number> {
    return Object.fromEntries([...this.#hits].filter(([name]) => name !== rule).map(([name, hits]) => [name, Number((hits / this.trials).toFixed(4))]));
  }
}
