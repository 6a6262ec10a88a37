import type { Window } from "@kedge/profile";

/** Which of a device's windows a look is about. */
export interface LookBack {
  /** Windows that ended at or before this are too old. */
  readonly fromMs: number;
  /** Windows before a change that the device found itself are left out only when those since have so many rows. */
  readonly leastRows: number;
  /** Streams of which a change says that what came before is no longer so; a machine that runs slower says nothing of what it sees. */
  readonly tells: (stream: string) => boolean;
}

type Reported = Pick<Window, "startMs" | "endMs" | "profile" | "trigger" | "detail">;

/**
 * The windows of one device that say how it is now, oldest first as given: those of the look-back, and of these only what came since the
 * last change that the device's own detectors found. A coarse window holds an hour of good readings; with it a drift that began at its end
 * would be diluted for another hour.
 */
export function judgedWindows<W extends Reported>(windows: readonly W[], { fromMs, leastRows, tells }: LookBack): W[] {
  const recent = windows.filter((w) => w.endMs > fromMs);
  const [change] = recent.filter((w) => w.trigger === "detector" && (w.detail === undefined || w.detail.alarms.some((a) => tells(a.stream)))).slice(-1);
  if (change === undefined) return recent;
  const since = recent.filter((w) => w.endMs > change.startMs);
  return since.reduce((sum, w) => sum + w.profile.rows, 0) >= leastRows ? since : recent;
}
