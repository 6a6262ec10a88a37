import type { DeviceId, Labels } from "@kedge/core";
import type { Profile } from "@kedge/profile";

/** Answers whose truth is known. */
export interface LabelledAnswers {
  readonly right: number;
  readonly rows: number;
}

/** A device's recent past under the bundle in question. */
export interface DeviceProfile {
  readonly deviceId: DeviceId;
  readonly labels: Labels;
  /** Merged over the look-back. */
  readonly profile: Profile;
  /** The windows behind it, oldest first, for finding the onset; may be left out. */
  readonly windows?: readonly { readonly startMs: number; readonly endMs: number; readonly profile: Profile }[];
  /** Of its answers in the look-back, those that were labelled; may be left out. */
  readonly labelled?: LabelledAnswers;
}

/** A device with the reference that its labels choose. */
export interface HeldDevice extends DeviceProfile {
  readonly reference: Profile;
}
