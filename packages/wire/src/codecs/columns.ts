import type { Fields } from "./fields.js";

/**
 * A column as it is written: nothing when all entries are zero, one entry when all are the same, else all of them.
 * The sign of a negative zero is kept.
 */
export function packColumn(entries: number[]): number[] {
  const first = entries[0];
  if (first === undefined) return [];
  for (let i = 1; i < entries.length; i += 1) if (!Object.is(entries[i], first)) return entries;
  return Object.is(first, 0) ? [] : [first];
}

/** Reads the entries of a column of `length` features one after the other, whatever form it was written in. */
export class ColumnReader {
  readonly #entries: readonly number[];
  readonly #step: 0 | 1;
  #at = 0;

  constructor(entries: readonly number[] | null | undefined, shape: { readonly length: number; readonly name: string }, fields: Fields) {
    const given = entries ?? [];
    const fits = given.length === 0 || given.length === 1 || given.length === shape.length;
    if (!fits) fields.fail("wire/invalid-field", `${shape.name} has ${given.length} entries for ${shape.length} features`);
    this.#entries = given.length === 0 ? [0] : given;
    this.#step = given.length > 1 ? 1 : 0;
  }

  next(): number {
    const entry = this.#entries[this.#at] ?? 0;
    this.#at += this.#step;
    return entry;
  }
}
