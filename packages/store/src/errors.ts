/** Codes of this room's faults. */
export const storeCodes = {
  /** The database file cannot be opened, read or written. */
  unavailable: "store/unavailable",
  /** Another process holds it. */
  locked: "store/locked",
  /** It is no database, or a damaged one. */
  corrupt: "store/corrupt",
  /** It was written by a newer Kedge. */
  newerSchema: "store/newer-schema",
} as const;
