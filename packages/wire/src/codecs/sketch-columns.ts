import type { EmbeddingSummary } from "@kedge/profile";
import { sketchSteps } from "@kedge/profile";
import type { kedge } from "#gen";
import { unencodable } from "./codec.js";
import { ColumnReader, packColumn } from "./columns.js";
import type { Fields } from "./fields.js";

type RawSketches = Pick<kedge.v1.Profile.$Properties, "vectors" | "sketchMeans" | "sketchSums" | "spread">;

/** Whether every sum is `count` times a mean that 16 bits hold. */
function hasMeans({ sums, count }: EmbeddingSummary): boolean {
  if (count === 0) return sums.every((sum) => sum === 0);
  return sums.every((sum) => Number.isInteger(sum / count) && Math.abs(sum / count) <= sketchSteps);
}

/** The columns of embeddings; throws `wire/unencodable` for sums that no vectors have. */
export function sketchesToRaw(sketches: readonly EmbeddingSummary[]): RawSketches {
  if (sketches.length === 0) return {};
  for (const { sums, count } of sketches) {
    const odd = sums.find((sum) => !Number.isSafeInteger(sum) || Math.abs(sum) > sketchSteps * count);
    if (odd !== undefined) throw unencodable(`a sketch of ${count} vectors with the sum ${odd}`);
  }
  const all = sketches.flatMap(({ sums }) => sums);
  const spread = packColumn(sketches.flatMap((s) => s.spread ?? [0, 0]));
  const shared = { vectors: packColumn(sketches.map((s) => s.count)), spread };
  if (!sketches.every(hasMeans)) return { ...shared, sketchSums: all };
  const means = new Uint8Array(2 * all.length);
  const view = new DataView(means.buffer);
  let at = 0;
  for (const { sums, count } of sketches) {
    for (const sum of sums) {
      view.setInt16(at, count === 0 ? 0 : sum / count, true);
      at += 2;
    }
  }
  return { ...shared, sketchMeans: means };
}

/** Reads the sketches of a profile one after the other. What is out of bounds is noted in `fields`. */
export class SketchReader {
  readonly #fields: Fields;
  readonly #vectors: ColumnReader;
  readonly #spread: ColumnReader;
  readonly #means: DataView | undefined;
  readonly #sums: readonly number[];
  #at = 0;

  /** `sketches` embeddings with `size` numbers in all. */
  constructor(raw: RawSketches, { sketches, size }: { readonly sketches: number; readonly size: number }, fields: Fields) {
    this.#fields = fields;
    this.#vectors = new ColumnReader(raw.vectors, { length: sketches, name: "vectors" }, fields);
    this.#spread = new ColumnReader(raw.spread, { length: 2 * sketches, name: "spread" }, fields);
    const means = raw.sketchMeans ?? new Uint8Array(0);
    this.#sums = raw.sketchSums ?? [];
    this.#means = means.length > 0 ? new DataView(means.buffer, means.byteOffset, means.byteLength) : undefined;
    const given = this.#means === undefined ? this.#sums.length : means.length / 2;
    if (given !== size) fields.fail("wire/invalid-field", `sketches of ${given} numbers, their features have ${size}`);
    if (this.#means !== undefined && this.#sums.length > 0) fields.fail("wire/invalid-field", "sketches come in two forms at once");
  }

  next(size: number): Pick<EmbeddingSummary, "sums" | "count" | "spread"> {
    const count = this.#vectors.next();
    const sums: number[] = [];
    for (let i = 0; i < size; i += 1) {
      // Adding 0 makes −0 plain, as the sums of no vectors would have it.
      const sum = (this.#means === undefined ? (this.#sums[this.#at] ?? 0) : this.#means.getInt16(2 * this.#at, true) * count) + 0;
      this.#at += 1;
      if (!Number.isSafeInteger(sum) || Math.abs(sum) > sketchSteps * count)
        this.#fields.fail("wire/invalid-field", `a sketch of ${count} vectors has the sum ${sum}`);
      sums.push(sum);
    }
    const two = this.#spread.next();
    const three = this.#spread.next();
    const isKnown = two > 0 && three > 0 && two <= 1 && three <= 1;
    if (!isKnown && (two !== 0 || three !== 0)) this.#fields.fail("wire/invalid-field", `a spread of ${two} and ${three} is none`);
    return { sums, count, spread: isKnown ? [two, three] : null };
  }
}
