import type { DeviceId } from "@kedge/core";
import type { DeviceProfile } from "@kedge/drift";
import { sumOfProfiles, type Window } from "@kedge/profile";
import type { DeviceRecord } from "../collections.js";

/** How far back a device's windows are looked at: twice as long as it may be quiet, if that is longer, and at most two days. */
export function lookBackOf({ reported }: Pick<DeviceRecord, "reported">, lookBackMs: number): number {
  return Math.max(lookBackMs, Math.min(longestLookBackMs, 2 * (reported?.quietMs ?? 0)));
}

const longestLookBackMs = 2 * 86_400_000;

/** Each device's windows merged, beside its labels; devices without windows are left out. */
export function deviceProfiles(devices: readonly DeviceRecord[], windows: readonly Window[]): DeviceProfile[] {
  const byDevice = new Map<DeviceId, Window[]>();
  for (const window of windows) {
    const own = byDevice.get(window.key.deviceId);
    if (own === undefined) byDevice.set(window.key.deviceId, [window]);
    else own.push(window);
  }
  return devices.flatMap(({ deviceId, labels }) => {
    const own = byDevice.get(deviceId) ?? [];
    const profile = sumOfProfiles(own.map((w) => w.profile));
    return profile === undefined ? [] : [{ deviceId, labels, profile }];
  });
}
