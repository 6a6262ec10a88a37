/** What became of bytes: a value, or a rejection with a stable code of `errors.ts` and a sentence for people. Bytes never make anything throw. */
export type SketchDecoded<T> = { readonly kind: "decoded"; readonly value: T } | SketchRejected;

export interface SketchRejected {
  readonly kind: "rejected";
  readonly code: StatsCode;
  readonly message: string;
}

/** The codes of this room; each is explained in the README. */
export const statsCodes = ["stats/truncated", "stats/not-this-sketch", "stats/version", "stats/corrupt", "stats/too-large", "stats/incompatible"] as const;
export type StatsCode = (typeof statsCodes)[number];

export function rejected(code: StatsCode, message: string): SketchRejected {
  return { kind: "rejected", code, message };
}
