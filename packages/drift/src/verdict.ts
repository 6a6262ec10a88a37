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

/**
 * Against what a difference is one. `skew`: against the training reference, and so from the first windows that the devices sent under this
 * bundle. `drift`: against their own earlier windows too.
 */
export type Change = "skew" | "drift";

/** What spoke for a drift: this look by itself, or the sequence of all windows of a device up to now. */
export type EvidenceSource = "look" | "sequence";

/**
 * One feature of one node held against its reference. Drifted only if evidence and effect (score ≥ limit) agree; evidence is that this look
 * shows it (p ≤ alpha), or that the sequence of the device's windows does (its e-value is among those that the fleet's false discovery rate lets stand).
 */
export interface Verdict {
  readonly feature: string;
  readonly role: FeatureRole;
  readonly scope: Scope;
  /** Effect size, 0 to 1: the share of readings that would have to move (largest shift of the CDF; for categories, half the sum of share changes; for missing values, the change of their share). */
  readonly score: number;
  readonly limit: number;
  /** Null where a single device's effect stays below the limit: then nothing is tested. */
  readonly pValue: number | null;
  /** The level that `pValue` is held against, corrected for how many comparisons this look makes. */
  readonly alpha: number;
  readonly rows: number;
  /** How many of the rows tell as much as one independent one: rows of a sensor hang together. 1: all are independent. */
  readonly designEffect: number;
  readonly referenceRows: number;
  /** The e-value of a device's sequence; null where none is kept (cohorts, the fleet, missing values). */
  readonly eValue: number | null;
  /** What spoke for it; null where nothing did. */
  readonly evidence: EvidenceSource | null;
  readonly change: Change;
  /** The same effect against the devices' own first windows; null where these are not known. */
  readonly earlierScore: number | null;
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
  /** Whether the devices were ever as the reference says; see {@link Change}. */
  readonly change: Change;
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
