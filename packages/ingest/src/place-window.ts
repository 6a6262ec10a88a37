import type { WireWindow } from "@kedge/wire";
import { clockToleranceMs, type IngestState } from "./ingest-state.js";

/** No window is longer. */
const longestMs = 24 * 3_600_000;

/** What of a window says where it belongs. */
export type PlacedWindow = Pick<WireWindow, "key" | "startMs" | "endMs" | "uptimeMs">;

/**
 * Puts a window where it belongs in the collector's time. Devices without a clock of their own say how long after
 * the begin of their boot epoch a window ended; when that began is known from their births. Other windows stay put.
 */
export function placeWindow<T extends PlacedWindow>(window: T, state: IngestState): T {
  const startMs = state.epochs.find((epoch) => epoch.bootEpoch === window.key.bootEpoch)?.startMs ?? null;
  if (startMs === null || window.uptimeMs === undefined) return window;
  const endMs = startMs + window.uptimeMs;
  if (Math.abs(endMs - window.endMs) <= clockToleranceMs) return window;
  const lengthMs = Math.min(longestMs, window.endMs - window.startMs);
  return { ...window, startMs: Math.max(0, endMs - lengthMs), endMs };
}

/**
 * Whether a birth that says where a window belongs may still come. It goes before the windows of its connection, but may be overtaken, or was said
 * to a collector that is no more. Once a later epoch was heard of, none will come: the device tells of its present epoch only.
 */
export function awaitsBirth({ key, uptimeMs }: Pick<PlacedWindow, "key" | "uptimeMs">, state: IngestState): boolean {
  if (uptimeMs === undefined || key.bootEpoch <= state.closedThrough) return false;
  return state.epochs.every((epoch) => {
    if (epoch.bootEpoch < key.bootEpoch) return true;
    return epoch.startMs === null && epoch.endSeq === null && epoch.isStartUntold === undefined;
  });
}
