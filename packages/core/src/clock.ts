/** Time as an argument. `nowMs` is wall-clock time (ms since 1970, may jump); `monotonicMs` never goes back. */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
}
