import type { StatsCode } from "./errors.js";

/** What became of bytes: a value, or a rejection with a stable code and a sentence for people. Bytes never make anything throw. */
export type SketchDecoded<T> = { readonly kind: "decoded"; readonly value: T } | SketchRejected;

/** Why bytes, or two summaries that do not belong together, were refused. */
export interface SketchRejected {
  readonly kind: "rejected";
  readonly code: StatsCode;
  readonly message: string;
}

/** Makes a rejection. */
export function rejected(code: StatsCode, message: string): SketchRejected {
  return { kind: "rejected", code, message };
}
