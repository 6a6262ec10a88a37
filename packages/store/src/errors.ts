/** Codes of this room's faults. */
export const storeCodes = {
  /** The database file cannot be opened, read or written. */
  unavailable: "store/unavailable",
  /** Another process holds it. */
  locked: "store/locked",
  /** It is no database, or a damaged one. */
  corrupt: "store/corrupt",
  /** It is a database of another program. */
  foreign: "store/foreign",
  /** It was written by a newer Kedge. */
  newerSchema: "store/newer-schema",
  /** There is no room left; what was stored is not harmed. */
  diskFull: "store/disk-full",
  /** It does not sync what it stores. */
  notDurable: "store/not-durable",
  /** It would count a point that comes twice as two. */
  keepsRepeats: "store/keeps-repeats",
  /** It was closed before. */
  closed: "store/closed",
  /** More waits to be committed than is taken; nothing of this batch was kept. */
  overloaded: "store/overloaded",
  /** The lease that it was written under has gone to somebody else; nothing of it was kept. */
  fenced: "store/fenced",
  /** A question whose answer would be too long. */
  tooLarge: "store/too-large",
} as const;

/** One of {@link storeCodes}. */
export type StoreCode = (typeof storeCodes)[keyof typeof storeCodes];
