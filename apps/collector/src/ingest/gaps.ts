import type { DeviceId } from "@kedge/core";
import { type IngestState, sizeOf } from "@kedge/ingest";

/** Messages that devices said they lost, and gaps that may still be filled; of some devices, or of all. */
export function gapsIn(states: ReadonlyMap<DeviceId, IngestState>, deviceIds?: readonly DeviceId[]): { readonly lost: number; readonly awaited: number } {
  let [lost, awaited] = [0, 0];
  const asked = deviceIds === undefined ? states.values() : deviceIds.flatMap((id) => states.get(id) ?? []);
  for (const state of asked) {
    lost += state.lostBefore;
    for (const epoch of state.epochs) {
      lost += sizeOf(epoch.lost);
      const last = Math.max(epoch.admitted.at(-1) ?? 0, epoch.lost.at(-1) ?? 0);
      awaited += Math.max(0, last - sizeOf(epoch.admitted) - sizeOf(epoch.lost));
    }
  }
  return { lost, awaited };
}
