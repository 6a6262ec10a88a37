import { type KedgeError, type Random, type RetrySchedule, retryDelayMs } from "@kedge/core";
import { wireErrors } from "../../src/index.js";

/** A broker that says that it has no room just now is there, saying so costs it next to nothing, and there will be room within minutes. */
const busyMaxMs = 30_000;

/** How long to wait after a fault before try `attempt` (0-based). */
export function nextTryMs(fault: KedgeError, attempt: number, { retry, random }: { readonly retry: RetrySchedule; readonly random: Random }): number {
  const maxMs = fault.code === wireErrors.busy ? Math.min(retry.maxMs, busyMaxMs) : retry.maxMs;
  return retryDelayMs({ ...retry, maxMs }, attempt, random);
}
