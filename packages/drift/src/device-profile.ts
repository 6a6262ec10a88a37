import type { DeviceId, Labels } from "@kedge/core";
import type { Profile } from "@kedge/profile";
import type { DeviceMemory } from "./device-memory.js";

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
  /** Merged over the last part of the look-back, which shows a step undiluted; may be left out. */
  readonly recent?: Profile;
  /** What is kept of it from all its windows; without it, the look stands alone and rows count as independent. */
  readonly memory?: DeviceMemory;
  /** What is usual at this time of the week, by the same spec; it then stands in the place of the training reference. */
  readonly season?: Profile;
  /** The windows behind it, oldest first, for finding the onset; may be left out. */
  readonly windows?: readonly { readonly startMs: number; readonly endMs: number; readonly profile: Profile }[];
  /** Of its answers in the look-back, those that were labelled; may be left out. */
  readonly labelled?: LabelledAnswers;
}

/** A device with what it is held against. */
export interface HeldDevice extends DeviceProfile {
  /** What is usual: the season where it is known, else the training reference. */
  readonly reference: Profile;
  /** The training reference that its labels choose. */
  readonly training: Profile;
  /** Design effects by the features' places; 1 where nothing is known. */
  readonly effects: ReadonlyMap<number, number>;
}
