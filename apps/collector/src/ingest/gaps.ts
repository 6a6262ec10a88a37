import type { DeviceId } from "@kedge/core";
import { type IngestState, sizeOf } from "@kedge/ingest";

/** Messages that devices said they lost, and gaps that may still be filled; of one device, or of all. */
export function gapsIn(states: ReadonlyMap<DeviceId, IngestState>, deviceId?: DeviceId): { readonly lost: number; readonly awaited: number } {
  let [lost, awaited] = [0, 0];
  for (const [id, state] of states) {
    if (deviceId !== undefined && id !== deviceId) continue;
    lost += state.lostBefore;
    for (const epoch of state.epochs) {
      lost += sizeOf(epoch.lost);
      const last = Math.max(epoch.admitted.at(-1) ?? 0, epoch.lost.at(-1) ?? 0);
      awaited += Math.max(0, last - sizeOf(epoch.admitted) - sizeOf(epoch.lost));
    }
  }
  return { lost, awaited };
}
