import type { Figure } from "../support/figure.js";

/** A table beside the figures that have bars. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
  /** Whether its numbers are of this machine, so that another run gives others. */
  readonly isOfMachine?: boolean;
}

/** What a benchmark prints. */
export type BenchResult = Readonly<Record<string, unknown>>;

/** How one benchmark's result is written into the docs. */
export interface BenchPage {
  /** Of the benchmark: `npm run bench -- NAME`. */
  readonly name: string;
  readonly title: string;
  /** How it is measured, in plain words: a paragraph. */
  readonly says: string;
  readonly figures: readonly Figure[];
  readonly tables?: (result: BenchResult) => readonly Table[];
}

/** The value at a dotted key; `undefined` where there is none. */
export function valueAt(result: BenchResult, key: string): unknown {
  let value: unknown = result;
  for (const part of key.split(".")) value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  return value;
}
