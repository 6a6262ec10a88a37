import type { ProfileSpec } from "./profile.js";

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

/** The stream of readings: 1 where one gave no prediction. */
export const errorStream = "error";

/** How many false alarms are wanted, and in what fleet. */
export interface AlarmBudget {
  readonly alarmsPerFleetDay: number;
  readonly devices: number;
  /** Predictions of each device a day. */
  readonly rowsPerDay: number;
}

/** One alarm a day among a hundred devices that predict once a second: somebody can look at that. */
export const defaultAlarmBudget: AlarmBudget = { alarmsPerFleetDay: 1, devices: 100, rowsPerDay: 86_400 };

/** What an answer's certainty, and what it cost, say of a change; the class itself comes in steps that ranks see little of. */
const watchedNames: ReadonlySet<string> = new Set(["score", "entropy", "value", "anomaly_score", "latency_ms"]);
/** The error bit's share of the false alarms. Its detector has fewer than its bound, so that a large share would be lost. */
const errorShare = 0.04;

/** The streams of a spec that devices watch, and how seldom each may alarm so that all of them together keep to the budget. */
export function planWatch(spec: ProfileSpec, budget: AlarmBudget = defaultAlarmBudget): WatchPlan {
  const names = spec.features.filter((f) => f.kind === "numeric" && f.role !== "input" && watchedNames.has(f.name)).map((f) => f.name);
  const rowsPerAlarm = (budget.devices * budget.rowsPerDay) / Math.max(Number.MIN_VALUE, budget.alarmsPerFleetDay);
  const every = (share: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, rowsPerAlarm / share));
  const streams = names.map((name) => ({ name, falseAlarmEvery: every((1 - errorShare) / names.length) }));
  return { streams: [...streams, { name: errorStream, falseAlarmEvery: every(errorShare) }], ...budget };
}
