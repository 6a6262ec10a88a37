import { createHash } from "node:crypto";
import type { DeviceId } from "@kedge/core";

/** A machine that was switched on so recently may be one of many that were: power that is back brings a whole site. */
const justBootedMs = 180_000;

/**
 * How long a device waits before its very first try to connect. Only where its machine has just booted; an agent that is started again by hand, or
 * after a fault, is alone with that. By the id and not by chance, so that the same two devices do not meet again and again.
 */
export function firstDelayMs(deviceId: DeviceId, { splayMs, uptimeMs }: { readonly splayMs: number; readonly uptimeMs: number }): number {
  if (uptimeMs > justBootedMs) return 0;
  return Math.floor((createHash("sha256").update(deviceId).digest().readUInt32BE() / 2 ** 32) * splayMs);
}
