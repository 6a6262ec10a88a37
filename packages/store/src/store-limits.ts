/** Bounds of what the store takes and gives at once. */
export const storeLimits = {
  /** Windows that one answer holds when no limit was asked for: some 10 KiB each once decoded. Ninety days of one device, at one a minute, fit. */
  windows: 200_000,
  /** Samples that one answer holds when no limit was asked for. */
  samples: 100_000,
  /** Points of one series. */
  seriesPoints: 10_000,
  /** Windows, samples and letters that wait to be committed: at 2 KiB each about 100 MiB. */
  pending: 50_000,
  /** How many share one transaction, and so one sync: more gain little, and hold up others for longer. */
  group: 5_000,
  /** Rows deleted in one transaction, for the same reason. */
  deletions: 5_000,
  /** Dead letters kept; the oldest go first. */
  deadLetters: 10_000,
  /** Of one device: one that sends nothing else must not push out what others sent. */
  deadLettersOfDevice: 500,
  /** Bytes kept of a dead letter: enough to see what it is. */
  deadLetterBytes: 4_096,
} as const;
