/** Who did what, when and why. `details` is JSON. */
export interface AuditFact {
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A fact in the chain: `hash` is SHA-256 over the previous hash and this fact, so that nothing can be changed or taken out unseen. */
export interface AuditEntry extends AuditFact {
  readonly seq: number;
  readonly hash: string;
}

/** An append-only log. */
export interface AuditLog {
  append(fact: AuditFact): Promise<AuditEntry>;
  list(query?: { readonly subject?: string; readonly afterSeq?: number; readonly limit?: number }): Promise<AuditEntry[]>;
  /** The first entry whose hash does not follow from what stands before it, or `undefined` when the chain holds. */
  firstBroken(): Promise<AuditEntry | undefined>;
}
