import type { DeviceId, Labels } from "@kedge/core";
import type { AnomalyCounts, Profile, ProfileSpec } from "@kedge/profile";
import { coarseCounts } from "./coarse-cells.js";
import type { DeviceMemory } from "./device-memory.js";
import { type Picture, pictureIn } from "./picture.js";
import { sketchAt, type WatchedFeature, watchedFeatures } from "./feature-counts.js";
import type { Sketch } from "./sketch.js";

/** Answers whose truth is known. */
export interface LabelledAnswers {
  readonly right: number;
  readonly rows: number;
}

/** Of a window, what tells when something began: small, since a look-back over a fleet holds a hundred thousand of them. */
export interface WindowPart {
  readonly startMs: number;
  /** Coarse cells by the features' places. */
  readonly cells: readonly (readonly number[] | undefined)[];
  /** Of vectors, where they lie. */
  readonly sketches: readonly (Sketch | undefined)[];
  /** Of all its readings, those that broke the bundle's schema. */
  readonly readings: number;
  readonly anomalies: AnomalyCounts | undefined;
  /** Of cameras alone. */
  readonly picture: Picture | undefined;
}

/** What parts are made by: a spec, and what of it is watched. */
export interface PartPlan {
  readonly spec: ProfileSpec;
  readonly watched: readonly WatchedFeature[];
}

export function partPlanOf(spec: ProfileSpec): PartPlan {
  return { spec, watched: watchedFeatures(spec) };
}

/** A window's part. */
export function partOf({ startMs, profile }: { readonly startMs: number; readonly profile: Profile }, { spec, watched }: PartPlan): WindowPart {
  const cells: (readonly number[] | undefined)[] = [];
  const sketches: (Sketch | undefined)[] = [];
  for (const { feature, index, coarse } of watched) {
    cells[index] = coarseCounts(profile, index, coarse);
    if (feature.kind === "embedding") sketches[index] = sketchAt(profile, index);
  }
  const readings = profile.rows + profile.errors;
  return { startMs, cells, sketches, readings, anomalies: profile.anomalies, picture: pictureIn(profile, spec) };
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
  /** The same for the last part of the look-back. */
  readonly recentSeason?: Profile;
  /** The windows behind it, for finding the onset; may be left out. */
  readonly parts?: readonly WindowPart[];
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
