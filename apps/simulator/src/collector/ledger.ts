import type { KedgeClient } from "@kedge/api";

/** What the collector has of the fleet's windows, all in all. */
export interface StoredWindows {
  readonly stored: number;
  readonly distinct: number;
  /** Of all messages of the fleet: known to be lost, and not there yet. */
  readonly lost: number;
  readonly awaited: number;
}

export async function storedWindows(client: KedgeClient, selector: string): Promise<StoredWindows> {
  const { stored, distinct, lost, awaited } = (await client.overview.counters({ selector })).windows;
  return { stored, distinct, lost, awaited };
}

/** Both sides of the account, of this run. */
export interface Ledger {
  /** In the store since the run began; and how many of them twice. */
  readonly stored: number;
  readonly twice: number;
  /** Acknowledged, and not in the store: must be none. */
  readonly missing: number;
  /** Messages that devices dropped for want of room, as the collector knows. */
  readonly lost: number;
}

/** What the collector's account says of a run in which so many windows were acknowledged. */
export function ledgerOf(before: StoredWindows, after: StoredWindows, acknowledged: number): Ledger {
  const stored = after.stored - before.stored;
  const twice = after.stored - after.distinct - (before.stored - before.distinct);
  return { stored, twice, missing: Math.max(0, acknowledged - (stored - twice)), lost: after.lost - before.lost };
}
