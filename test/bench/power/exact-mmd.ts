import { type Random, randomInt } from "@kedge/core";

/** The permutation test with a Gaussian kernel; the kernel values of the reference's own pairs are worked out once. */
export class ExactMmd {
  readonly #reference: readonly Float64Array[];
  readonly #bandwidth: number;
  readonly #size: number;
  /** Kernel of reference and window together, the reference first: row i up to column i. */
  readonly #kernel: Float32Array;
  /** Sums of whole kernel rows, of the reference alone. */
  readonly #referenceSums: Float64Array;
  readonly #permutations: number;

  constructor(reference: readonly Float64Array[], options: { readonly bandwidth: number; readonly windowRows: number; readonly permutations: number }) {
    this.#reference = reference;
    this.#bandwidth = options.bandwidth;
    this.#permutations = options.permutations;
    this.#size = reference.length + options.windowRows;
    this.#kernel = new Float32Array(this.#size * this.#size);
    this.#referenceSums = new Float64Array(this.#size);
    for (let i = 0; i < reference.length; i += 1) this.#fillRow(i, reference, this.#referenceSums);
  }

  /** The kernel of vector `row` with all up to itself; both get it added to their sums. */
  #fillRow(row: number, vectors: readonly Float64Array[], sums: Float64Array): void {
    const x = vectors[row] as Float64Array;
    const scale = -1 / (2 * this.#bandwidth ** 2);
    for (let column = 0; column <= row; column += 1) {
      const y = vectors[column] as Float64Array;
      let square = 0;
      for (let d = 0; d < x.length; d += 1) {
        const gap = (x[d] as number) - (y[d] as number);
        square += gap * gap;
      }
      const value = Math.exp(scale * square);
      this.#kernel[row * this.#size + column] = value;
      sums[row] = (sums[row] as number) + value;
      if (column < row) sums[column] = (sums[column] as number) + value;
    }
  }

  /**
   * The permutation test of the maximum mean discrepancy between the reference and a window (Gretton et al. 2012): the p-value is exact,
   * because the labels of all rows are exchanged and the statistic worked out anew from the same kernel matrix.
   */
  pValue(window: readonly Float64Array[], random: Random): number {
    const m = this.#reference.length;
    const all = [...this.#reference, ...window];
    const sums = this.#referenceSums.slice();
    for (let i = m; i < all.length; i += 1) this.#fillRow(i, all, sums);
    const total = sums.reduce((a, b) => a + b, 0);
    const order = Int32Array.from({ length: this.#size }, (_, i) => i);
    const drawn = new Int32Array(window.length);
    for (let i = 0; i < drawn.length; i += 1) drawn[i] = m + i;
    const observed = this.#discrepancy(drawn, sums, total);
    let asFar = 0;
    for (let permutation = 0; permutation < this.#permutations; permutation += 1) {
      for (let i = 0; i < drawn.length; i += 1) {
        const j = i + randomInt(random, this.#size - i);
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
      drawn.set(order.subarray(0, drawn.length));
      // In ascending order every pair lies in the half of the kernel that is filled.
      if (this.#discrepancy(drawn.sort(), sums, total) >= observed) asFar += 1;
    }
    return (1 + asFar) / (1 + this.#permutations);
  }

  /** Squared discrepancy of the rows drawn from all others: means of the kernel within, without and between. */
  #discrepancy(drawn: Int32Array, sums: Float64Array, total: number): number {
    const [n, m] = [drawn.length, this.#size - drawn.length];
    let within = 0;
    let touching = 0;
    for (let i = 0; i < n; i += 1) {
      const from = (drawn[i] as number) * this.#size;
      touching += sums[drawn[i] as number] as number;
      within += this.#kernel[from + (drawn[i] as number)] as number;
      for (let j = 0; j < i; j += 1) within += 2 * (this.#kernel[from + (drawn[j] as number)] as number);
    }
    return within / n ** 2 + (total - 2 * touching + within) / m ** 2 - (2 * (touching - within)) / (n * m);
  }
}
