import type { DeviceId } from "@kedge/core";
import type { DeviceProfile } from "@kedge/drift";
import { isIncompatible, mergeProfiles, type Profile, type Window } from "@kedge/profile";
import type { DeviceRecord } from "../collections.js";

/** The sum of windows of one bundle; `undefined` when there is none. */
export function sumOf(windows: readonly Window[]): Profile | undefined {
  let sum: Profile | undefined;
  for (const { profile } of windows) {
    const merged = sum === undefined ? profile : mergeProfiles(sum, profile);
    if (!isIncompatible(merged)) sum = merged;
  }
  return sum;
}

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
    const profile = sumOf(own);
    return profile === undefined ? [] : [{ deviceId, labels, profile }];
  });
}
