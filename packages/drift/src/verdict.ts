import type { DeviceId, Severity } from "@kedge/core";
import type { FeatureRole } from "@kedge/profile";
import type { AnomalyRule } from "@kedge/sensor";

/** Who moved: one device, the devices of a cohort (`site=oslo`), or all. */
export type Scope =
  | { readonly kind: "device"; readonly deviceId: DeviceId }
  | { readonly kind: "cohort"; readonly selector: string }
  | { readonly kind: "fleet" };

/** What kind of thing probably happened. Of cameras: `camera_moved`, `lens`, `light` and `inverted` say what became of the picture. */
export type CauseClass =
  | "population_shift"
  | "missing"
  | "wrong_type"
  | "out_of_range"
  | "new_category"
  | "clock_fault"
  | "unit_change"
  | "stuck"
  | "saturation"
  | "camera_moved"
  | "lens"
  | "light"
  | "inverted"
  | "model_change"
  | "seasonal"
  | "unknown";

/** A bin or category and its share, 0 to 1, then and now. */
export interface MovedBin {
  readonly label: string;
  readonly reference: number;
  readonly current: number;
}

/** One feature of one node held against its reference. Drifted only if evidence (p ≤ alpha) and effect (score ≥ limit) agree. */
export interface Verdict {
  readonly feature: string;
  readonly role: FeatureRole;
  readonly scope: Scope;
  /** Effect size, 0 to 1: the share of readings that would have to move (largest shift of the CDF; for categories, half the sum of share changes; for missing values, the change of their share). */
  readonly score: number;
  readonly limit: number;
  readonly pValue: number;
  /** The level that `pValue` is held against, corrected for how many comparisons this look makes. */
  readonly alpha: number;
  readonly rows: number;
  readonly referenceRows: number;
  /** 95 % band of the score for samples of these sizes. */
  readonly interval: readonly [number, number];
  readonly drifted: boolean;
  readonly causeClass: CauseClass;
  /** The rule of the bundle's schema that readings break here; absent: the verdict is on a distribution. */
  readonly rule?: AnomalyRule;
  /** The three that moved most. */
  readonly topBins: readonly MovedBin[];
}

/** What one thing that happened did: everything that moved at one scope. */
export interface Cause {
  readonly scope: Scope;
  readonly deviceIds: readonly DeviceId[];
  /** Strongest first; at least one. */
  readonly features: readonly Verdict[];
  readonly causeClass: CauseClass;
  readonly severity: Severity;
  /** Whether what the model says moved, so that new data may help; and why or why not, as a sentence. */
  readonly retrainAdvised: boolean;
  readonly reason: string;
  /** Start of the first window in which it shows, ms since 1970; null when windows were not given. */
  readonly onsetMs: number | null;
}

/** The key of a scope: equal for equal scopes. */
export function scopeKey(scope: Scope): string {
  switch (scope.kind) {
    case "device":
      return `device:${scope.deviceId}`;
    case "cohort":
      return `cohort:${scope.selector}`;
    case "fleet":
      return "fleet";
  }
}

/** The scope as people say it. */
export function scopeName(scope: Scope): string {
  switch (scope.kind) {
    case "device":
      return `device ${scope.deviceId}`;
    case "cohort":
      return `cohort ${scope.selector}`;
    case "fleet":
      return "the fleet";
  }
}
