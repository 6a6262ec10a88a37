/**
 * What a reading can break of a schema. `missing`: absent or null. `type`: another kind of value, or another element type. `shape`: a
 * tensor's dims. `not_a_number`: NaN or infinite. `unit`: beyond what the unit can be. `below`, `above`: out of range. `fraction`: where
 * only whole numbers belong. `domain`: an unknown word. `length`: a text too long. `stuck`: the same value too often in a row.
 * `order`: taken before the reading before it. `future`: taken later than now.
 */
export type AnomalyRule =
  | "missing"
  | "type"
  | "shape"
  | "not_a_number"
  | "unit"
  | "below"
  | "above"
  | "fraction"
  | "domain"
  | "length"
  | "stuck"
  | "order"
  | "future";

/** Every rule, in the order of their numbers on the wire (from 1). Append only. */
export const anomalyRules: readonly AnomalyRule[] = [
  "missing",
  "type",
  "shape",
  "not_a_number",
  "unit",
  "below",
  "above",
  "fraction",
  "domain",
  "length",
  "stuck",
  "order",
  "future",
];

/** A rule that a reading broke, and the field at which it did. */
export interface Anomaly {
  readonly field: string;
  readonly rule: AnomalyRule;
}

/** The field that a reading's own time is counted under; no field of a schema begins with `@`. */
export const timeField = "@time";
