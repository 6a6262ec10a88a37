import { KedgeError } from "@kedge/core";
import type { RecordStore } from "../record-store.js";
import type { TimeSeriesStore } from "../time-series-store.js";

/** Both stores, as an adapter opens them. */
export interface Stores {
  readonly records: RecordStore;
  readonly series: TimeSeriesStore;
}

/** What a law is tried on: new, empty stores. */
export interface StoreFixture extends Stores {
  /** Closes the stores and opens them again; undefined where nothing outlives the process. */
  readonly reopen: (() => Promise<Stores>) | undefined;
}

/** One thing that every store must do; `check` throws when it does not. */
export interface StoreLaw {
  readonly name: string;
  check(fixture: StoreFixture): Promise<void>;
}

/** The code that some work failed with. */
export async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KedgeError) return error.code;
    return error instanceof Error ? error.name : String(error);
  }
  return "nothing failed";
}

/** Whether two plain values are the same, bit by bit (0 and -0 apart). */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (a instanceof Uint8Array !== b instanceof Uint8Array) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.length !== others.length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/** Whether two plain values are the same, but for the last bits of numbers that are no whole ones. */
export function isClose(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return Number.isInteger(a) ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length && keys.every((key) => isClose((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
