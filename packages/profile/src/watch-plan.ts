/** A stream that devices watch. */
export interface WatchedStream {
  /** A numeric output or runtime feature of the spec, or {@link errorStream}. */
  readonly name: string;
  /** Mean number of values between false alarms: what the detector's thresholds come from. */
  readonly falseAlarmEvery: number;
}

/** What devices watch by themselves. Part of the bundle, beside the reference. */
export interface WatchPlan {
  readonly streams: readonly WatchedStream[];
  /** What it was made for: false alarms a day of the whole fleet, its devices, and the predictions of each a day. */
  readonly alarmsPerFleetDay: number;
  readonly devices: number;
  readonly rowsPerDay: number;
}
