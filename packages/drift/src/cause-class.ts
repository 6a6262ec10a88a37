import type { FeatureSpec, NumericSummary } from "@kedge/profile";
import type { Comparison } from "./compare-feature.js";
import type { NodeCounts } from "./node-counts.js";
import { total } from "./feature-counts.js";
import type { CauseClass } from "./verdict.js";

/** Current moments of a numeric feature beside its reference's. */
export interface MomentsPair {
  readonly current: NumericSummary;
  readonly reference: NumericSummary;
}

const sd = (s: NumericSummary): number => Math.sqrt(s.m2 / Math.max(1, s.count - 1));

/** Ratios that units are confused by: °C/°F apart, powers of ten, 2.54, 3.6, 0.4536, and 255 for pixels. */
const unitRatios = [10, 100, 1_000, 1_000_000, 2.54, 3.6, 2.2046, 255, 60, 3_600];

function isUnitChange({ current, reference }: MomentsPair): boolean {
  const spreadThen = sd(reference);
  const spreadNow = sd(current);
  if (spreadThen === 0 || spreadNow === 0) return false;
  const ratio = spreadNow / spreadThen;
  const near = (x: number): boolean => Math.abs(ratio / x - 1) < 0.15 && Math.abs(current.mean - x * reference.mean) < 0.25 * spreadNow;
  const fahrenheit = Math.abs(ratio / 1.8 - 1) < 0.15 && Math.abs(current.mean - (1.8 * reference.mean + 32)) < 0.25 * spreadNow;
  return fahrenheit || unitRatios.some((r) => near(r) || near(1 / r));
}

/** One cell holds what it never held, and the values in it do not vary. */
function isStuck({ current, reference }: MomentsPair, comparison: Comparison): boolean {
  const first = comparison.topBins[0];
  if (first === undefined || first.current - first.reference < 0.5) return false;
  return sd(current) < 0.02 * sd(reference) || first.current > 0.98;
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
export function causeClassOf(spec: FeatureSpec, comparison: Comparison, counts: NodeCounts, moments: MomentsPair | undefined): CauseClass {
  if (comparison.isMissing) return "missing";
  if (spec.kind === "numeric" && spec.role === "input" && moments !== undefined && moments.current.count > 1 && moments.reference.count > 1) {
    if (isStuck(moments, comparison)) return "stuck";
    if (isUnitChange(moments)) return "unit_change";
    if (isSaturated(moments, counts)) return "saturation";
  }
  return "population_shift";
}
