/** When an incident opens and when it ends. Times in ms. */
export interface IncidentPolicy {
  /** A cause must be seen in this many looks in a row … */
  readonly openAfterLooks: number;
  /** … and for this long, before anybody is told. Looks alone would depend on how often one looks. */
  readonly openAfterMs: number;
  /** And be gone for this many looks in a row … */
  readonly resolveAfterLooks: number;
  /** … and for this long, before it is over. */
  readonly resolveAfterMs: number;
  /** The share of its devices that must have been judged for a look to count as clean: silence is no proof. */
  readonly clearShare: number;
  /** For this long after an incident ended, nothing within its scope starts another: profiles still hold readings from before. */
  readonly cooldownMs: number;
  /** Incidents that are active at once for one model; further causes wait. */
  readonly maxActive: number;
}

/**
 * Two looks open (one false look in a thousand at α = 0.001 becomes one in a million), three end. The cooldown is the
 * look-back that collectors use by default, since a look that far back still sees what was.
 */
export const defaultIncidentPolicy: IncidentPolicy = {
  openAfterLooks: 2,
  openAfterMs: 0,
  resolveAfterLooks: 3,
  resolveAfterMs: 0,
  clearShare: 0.5,
  cooldownMs: 600_000,
  maxActive: 64,
};
