/** When the next reading is due. */
export interface Pace {
  readonly dueMs: number;
  readonly periodMs: number;
}

/** A source that fell behind by more than this goes on from now: a burst would not look like a sensor. */
const catchUpMs = 1000;

/** A pace of `perSecond` readings from `nowMs` on (monotonic ms). */
export function startPace(perSecond: number, nowMs: number): Pace {
  return { dueMs: nowMs, periodMs: 1000 / perSecond };
}

/** How long to wait for the reading that is due, and the pace after it. */
export function nextPace(pace: Pace, nowMs: number): { readonly waitMs: number; readonly pace: Pace } {
  const dueMs = nowMs - pace.dueMs > catchUpMs ? nowMs : pace.dueMs;
  return { waitMs: Math.max(0, dueMs - nowMs), pace: { dueMs: dueMs + pace.periodMs, periodMs: pace.periodMs } };
}
