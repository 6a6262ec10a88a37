import { type Clock, KedgeError } from "@kedge/core";
import { firstPlausibleMs } from "@kedge/ingest";

/** Whether this machine's clock was ever set. By one that was not, every window would look as if it came from the future, and be given up. */
export function isClockSet(clock: Pick<Clock, "nowMs">): boolean {
  return clock.nowMs() >= firstPlausibleMs;
}

/** What is wrong with a clock that is not set. */
export function clockFault(clock: Pick<Clock, "nowMs">): string {
  return `this machine's clock says ${new Date(clock.nowMs()).toISOString()}`;
}

/** Throws `collector/clock-unset`: by a clock that is not set, certificates would be signed that nobody whose clock is right accepts. */
export function requireClock(clock: Pick<Clock, "nowMs">): void {
  if (isClockSet(clock)) return;
  throw new KedgeError("collector/clock-unset", `opening the keys: ${clockFault(clock)}`, {
    hint: "Set the clock (timedatectl set-ntp true), then start the collector again; devices keep their windows meanwhile.",
  });
}
