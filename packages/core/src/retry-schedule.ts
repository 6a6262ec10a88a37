import type { Random } from "./random.js";

/** How long to wait between tries. */
export interface RetrySchedule {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Growth per try; 2 by default. */
  readonly factor?: number;
}

/**
 * The delay before try `attempt` (0-based) with full jitter: uniform in [0, min(maxMs, firstMs · factor^attempt)).
 * The cap applies before the jitter, so that capped devices do not retry in step.
 * Source: Brooker, "Exponential Backoff And Jitter" (AWS, 2015).
 */
export function retryDelayMs(schedule: RetrySchedule, attempt: number, random: Random): number {
  const grown = schedule.firstMs * (schedule.factor ?? 2) ** Math.min(attempt, 64);
  return random() * Math.min(schedule.maxMs, grown);
}
