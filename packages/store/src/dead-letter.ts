/** A message that could not be taken, for people to look at. Of `bytes` the first {@link storeLimits.deadLetterBytes} are kept. */
export interface DeadLetter {
  readonly atMs: number;
  /** Of the connection that brought it, or the one that a message over a foreign broker names. */
  readonly deviceId: string;
  readonly leaf: string;
  readonly reason: string;
  readonly message: string;
  readonly bytes: Uint8Array;
  /** How many bytes the message had, or said that it would have. */
  readonly size: number;
}

/** A letter as it is kept. Ids grow, and none is given twice. */
export interface StoredDeadLetter extends DeadLetter {
  readonly id: number;
}

/** Which letters to list, newest first. */
export interface DeadLetterQuery {
  readonly deviceId?: string;
  readonly reason?: string;
  /** Only those that came before this one. */
  readonly beforeId?: number;
  readonly limit: number;
}

/** How many letters came for a reason, ever, and how many of them are kept: the difference went by the bound or by age. */
export interface DeadLetterTotal {
  readonly reason: string;
  readonly total: number;
  readonly kept: number;
  /** When the newest that is kept came; null when none is. */
  readonly newestMs: number | null;
}
