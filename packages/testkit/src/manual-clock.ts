import type { Clock } from "@kedge/core";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Moves both times on by `byMs` (≥ 0). */
  advance(byMs: number): void;
  /** Sets the wall clock alone, forwards or back, as a user or NTP would; monotonic time is untouched. */
  setWall(nowMs: number): void;
}

export function manualClock(startMs = 0): ManualClock {
  let wallMs = startMs;
  let elapsedMs = 0;
  return {
    nowMs: () => wallMs,
    monotonicMs: () => elapsedMs,
    advance(byMs) {
      wallMs += byMs;
      elapsedMs += byMs;
    },
    setWall(nowMs) {
      wallMs = nowMs;
    },
  };
}
