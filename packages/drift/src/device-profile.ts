import type { DeviceId, Labels } from "@kedge/core";
import type { Profile } from "@kedge/profile";

/** A device's recent past under the bundle in question. */
export interface DeviceProfile {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  /** Merged over the look-back. */
  readonly profile: Profile;
  /** The windows behind it, oldest first, for finding the onset; may be left out. */
  readonly windows?: readonly { readonly startMs: number; readonly endMs: number; readonly profile: Profile }[];
}

/** A device with the reference that its labels choose. */
export interface HeldDevice extends DeviceProfile {
  readonly reference: Profile;
}
