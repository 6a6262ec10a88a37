/** Buckets of one factor: 12 for each doubling, so that a quantile is off by 3 % at most; from 0.1 ms to a day. */
const perDoubling = 12;
const leastMs = 0.1;
const buckets = Math.ceil(Math.log2(86_400_000 / leastMs) * perDoubling);

/** How long things took, in buckets that add up: from several processes, too. */
export class LatencyCounts {
  readonly #counts = new Float64Array(buckets + 1);
  #count = 0;

  add(ms: number): void {
    const bucket = Math.min(buckets, Math.max(0, Math.ceil(Math.log2(Math.max(ms, leastMs) / leastMs) * perDoubling)));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
  }

  /** Pairs of bucket and count, to be sent to another process. */
  pairs(): [bucket: number, count: number][] {
    return [...this.#counts].flatMap((count, bucket): [number, number][] => (count === 0 ? [] : [[bucket, count]]));
  }

  addPairs(pairs: readonly (readonly [bucket: number, count: number])[]): void {
    for (const [bucket, count] of pairs) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
      this.#count += count;
    }
  }

  /** The time that `share` of all were done within; null of none. */
  quantile(share: number): number | null {
    if (this.#count === 0) return null;
    let rest = share * this.#count;
    for (const [bucket, count] of this.#counts.entries()) {
      rest -= count;
      if (rest <= 1e-9 && count > 0) return leastMs * 2 ** (bucket / perDoubling);
    }
    return leastMs * 2 ** (buckets / perDoubling);
  }
}
