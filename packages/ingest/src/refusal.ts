import type { WindowKey } from "@kedge/profile";

/** Why a message was not taken (see README.md for each). Append only: stored counters and dead letters carry them. */
export const refusalCodes = [
  "ingest/oversize",
  "ingest/undecodable",
  "ingest/unknown-format",
  "ingest/wrong-device",
  "ingest/unknown-bundle",
  "ingest/unknown-spec",
  "ingest/future-timestamp",
  "ingest/past-timestamp",
  "ingest/stale",
  "ingest/too-far-ahead",
  "ingest/too-many-epochs",
  "ingest/epoch-regressed",
  "ingest/unsealed",
  "ingest/unstorable",
  "ingest/truncated",
  "ingest/forbidden-topic",
] as const;

/** One of {@link refusalCodes}. */
export type RefusalCode = (typeof refusalCodes)[number];

/**
 * A message that was not taken. With a `key`, it is settled: keep it as a dead letter, admit the key and acknowledge
 * it, or the device would send it for ever and what comes behind it would never be acknowledged. Without a key it is
 * counted (and kept, if one likes) and nothing else: it is not the device's own, not ours to place, or comes too early
 * and will come again.
 */
export interface Refusal {
  readonly kind: "refused";
  readonly code: RefusalCode;
  readonly message: string;
  readonly key: WindowKey | null;
}

/** How many messages were refused, by reason. */
export type RefusalCounts = Readonly<Record<RefusalCode, number>>;

/** Nothing refused yet. */
export const noRefusals: RefusalCounts = Object.freeze(Object.fromEntries(refusalCodes.map((code) => [code, 0]))) as RefusalCounts;

/** Counts one more. */
export function countRefusal(counts: RefusalCounts, code: RefusalCode): RefusalCounts {
  return { ...counts, [code]: counts[code] + 1 };
}
