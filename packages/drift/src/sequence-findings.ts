import type { DeviceId } from "@kedge/core";
import { eBenjaminiHochberg } from "@kedge/stats";
import type { HeldDevice } from "./device-profile.js";
import { evidenceOf } from "./device-memory.js";

/** What the sequences of a fleet's devices say, by device and the feature's place. */
export interface SequenceFindings {
  readonly eValueOf: (deviceId: DeviceId, index: number) => number | null;
  /** Whether it stands among all that the fleet's sequences say at this look. */
  readonly isFound: (deviceId: DeviceId, index: number) => boolean;
}

/**
 * Which (device, feature) pairs stand: e-values of all of them through e-BH, so that of those called drifted at this look, whenever it comes,
 * `rate` are false in the mean, whatever hangs together with what (Wang & Ramdas 2022).
 */
export function sequenceFindings(devices: readonly HeldDevice[], rate: number): SequenceFindings {
  const keys: string[] = [];
  const eValues: number[] = [];
  for (const { deviceId, memory } of devices) {
    for (const feature of memory?.features ?? []) {
      keys.push(`${feature.index}/${deviceId}`);
      eValues.push(evidenceOf(feature));
    }
  }
  const { rejected } = eBenjaminiHochberg(eValues, rate);
  const byKey = new Map(keys.map((key, i) => [key, { eValue: eValues[i] ?? 1, isFound: rejected[i] === true }]));
  return {
    eValueOf: (deviceId, index) => byKey.get(`${index}/${deviceId}`)?.eValue ?? null,
    isFound: (deviceId, index) => byKey.get(`${index}/${deviceId}`)?.isFound === true,
  };
}
