import type { Profile, ProfileSpec } from "./profile.js";
import type { WatchPlan } from "./watch-plan.js";

/** What is normal for the devices that a selector matches. */
export interface ReferenceCohort {
  /** Label selector; empty for everyone. */
  readonly selector: string;
  readonly profile: Profile;
  readonly rows: number;
}

/** What current profiles are held against. The first entry is for everyone; the most specific entry that matches a device's labels wins. */
export interface ReferenceProfile {
  readonly spec: ProfileSpec;
  readonly cohorts: readonly ReferenceCohort[];
  /** Absent: devices watch nothing by themselves. */
  readonly watch?: WatchPlan;
}
