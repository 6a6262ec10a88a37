import type { FeatureSpec, NumericSummary, Recipe } from "@kedge/profile";
import type { Comparison } from "./compare-feature.js";
import { total } from "./feature-counts.js";
import type { NodeCounts } from "./node-counts.js";
import type { CauseClass } from "./verdict.js";

/** Current moments of a numeric feature beside its reference's. */
export interface MomentsPair {
  readonly current: NumericSummary;
  readonly reference: NumericSummary;
}

/** What a change looks like is judged by. */
export interface ChangeSeen {
  readonly spec: FeatureSpec;
  readonly input: Recipe["input"]["kind"];
  readonly comparison: Comparison;
  readonly counts: NodeCounts;
  /** Of numbers. */
  readonly moments: MomentsPair | undefined;
}

const sd = (s: NumericSummary): number => Math.sqrt(s.m2 / Math.max(1, s.count - 1));

/** Ratios that units are confused by: °C/°F apart, powers of ten, 2.54, 3.6, 0.4536, and 255 for pixels. */
const unitRatios = [10, 100, 1_000, 1_000_000, 2.54, 3.6, 2.2046, 255, 60, 3_600];

/** Whether the values look like the reference's in another unit. */
function isUnitChange({ current, reference }: MomentsPair): boolean {
  const spreadThen = sd(reference);
  const spreadNow = sd(current);
  if (spreadThen === 0 || spreadNow === 0) return false;
  const ratio = spreadNow / spreadThen;
  const near = (x: number): boolean => Math.abs(ratio / x - 1) < 0.15 && Math.abs(current.mean - x * reference.mean) < 0.25 * spreadNow;
  const fahrenheit = Math.abs(ratio / 1.8 - 1) < 0.15 && Math.abs(current.mean - (1.8 * reference.mean + 32)) < 0.25 * spreadNow;
  return fahrenheit || unitRatios.some((r) => near(r) || near(1 / r));
}

/** The same of values of which the mean alone is known; it tells units apart only where it is far from zero. */
export function isMeanInOtherUnit(mean: number, reference: NumericSummary): boolean {
  const spread = sd(reference);
  const near = (x: number, offset = 0): boolean => Math.abs(mean - (x * reference.mean + offset)) < 0.25 * x * spread;
  if (near(1.8, 32) || near(1 / 1.8, -32 / 1.8)) return true;
  return Math.abs(reference.mean) > 2 * spread && unitRatios.some((r) => near(r) || near(1 / r));
}

/** The values do not vary any more; or half of them or more came to one inner bin, as happens while a look still holds some from before. */
function isStuck({ current, reference }: MomentsPair, counts: NodeCounts): boolean {
  if (sd(current) < 0.02 * sd(reference)) return true;
  const share = (cells: readonly number[], i: number): number => (cells[i] ?? 0) / Math.max(1, total(cells));
  const now = counts.current.cells;
  // The outer bins are open: much may come there and vary. So may it in a bin that is wide, as bins of a few whole numbers are.
  return now.some((_, i) => i > 0 && i + 1 < now.length && share(now, i) >= 0.5 && share(counts.reference.cells, i) < 0.1);
}

/** Much of it stands at one end of the range. */
function isSaturated({ current, reference }: MomentsPair, counts: NodeCounts): boolean {
  const cells = counts.current.cells;
  const n = Math.max(1, total(cells));
  const ends = [cells[0] ?? 0, cells.at(-1) ?? 0].map((c) => c / n);
  const endsThen = [counts.reference.cells[0] ?? 0, counts.reference.cells.at(-1) ?? 0].map((c) => c / Math.max(1, total(counts.reference.cells)));
  const clipped =
    (current.max === reference.max && (ends[1] ?? 0) - (endsThen[1] ?? 0) > 0.3) ||
    (current.min === reference.min && (ends[0] ?? 0) - (endsThen[0] ?? 0) > 0.3);
  return clipped && sd(current) < sd(reference);
}

/** What kind of change a feature's change looks like. A guess from shapes, told as such. */
export function causeClassOf({ spec, input, comparison, counts, moments }: ChangeSeen): CauseClass {
  if (comparison.isMissing) return "missing";
  if (spec.kind === "numeric" && spec.role === "input" && moments !== undefined && moments.current.count > 1 && moments.reference.count > 1) {
    if (isStuck(moments, counts)) return "stuck";
    // Statistics of images have no unit that someone could confuse: a light that fails scales them by any ratio.
    if (input === "tabular" && isUnitChange(moments)) return "unit_change";
    if (isSaturated(moments, counts)) return "saturation";
  }
  return "population_shift";
}
